//! A128CBC-HS256 against RFC 7518, appendix B.1, in both directions.

use super::*;

const CONTENT: &[u8] =
    b"A cipher system must not be required to be secret, and it must be able to fall into \
    the hands of the enemy without inconvenience";
const AAD: &[u8] = b"The second principle of Auguste Kerckhoffs";
const IV: &str = "1af38c2dc2b96ffdd86694092341bc04";
const CIPHERTEXT: &str = "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9\
    a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f399a221489f16362c7032336\
    09d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b\
    384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade5\
    4b8851ffb598f7f80074b9473c82e2db";
const TAG: &str = "652c3fa36b0a7c5b3219fab3a30bc1c4";

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|digits| str::from_utf8(digits).expect("ASCII"));
    digits.map(|digits| u8::from_str_radix(digits, 16).expect("hexadecimal digits")).collect()
}

#[test]
fn the_vector_of_rfc_7518_is_encrypted_and_decrypted() {
    let key: Vec<u8> = (0..32).collect();
    let iv = FixedLength::try_from(&*bytes(IV)).expect("16 bytes");
    let sealed = seal_cbc(&key, iv, AAD, CONTENT).expect("encrypts");
    assert_eq!((&sealed.iv, &sealed.ciphertext, &sealed.tag), (&bytes(IV), &bytes(CIPHERTEXT), &bytes(TAG)));
    assert_eq!(&**open_cbc(&key, sealed, AAD).expect("decrypts"), CONTENT);
}

#[test]
fn lengths_of_der_are_read_in_all_forms_and_cut_ones_are_none() {
    assert_eq!(element(2, &[2, 1, 7, 9]), Some((&[7][..], &[9][..])));
    assert_eq!(element(2, &[2, 0x82, 0, 1, 7]), Some((&[7][..], &[][..])));
    for cut in [&[][..], &[2], &[2, 1], &[2, 0x82, 1], &[2, 0xff, 1], &[3, 1, 7]] {
        assert_eq!(element(2, cut), None, "{cut:?}");
    }
}
