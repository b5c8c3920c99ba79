//! Encrypted tokens that a server refuses: each with the same error, and with no more work than one
//! decryption.

use super::*;

/// A valid token with this header.
fn with_header(header: &str) -> String {
    sealed(header, &[5; 32], |_| {})
}

/// A token with this header and content key, changed after it was encrypted.
fn sealed(header: &str, content_key: &[u8], change: impl FnOnce(&mut Sealed)) -> String {
    let jwk = PublicJwk::parse(server().public_jwk()).expect("a public key");
    let key = PublicKey::new(&jwk.n, &jwk.e).expect("it encrypts");
    let header = compact::encode_header(header.as_bytes());
    let algorithms = (KeyEncryption::Rsa1_5, ContentEncryption::A128CbcHs256);
    let mut sealed = key.seal(algorithms, content_key, header.as_bytes(), b"a.b.c").expect("encrypts");
    change(&mut sealed);
    compact::join(header, &sealed)
}

const HEADER: &str = r#"{"alg":"RSA1_5","enc":"A128CBC-HS256"}"#;

#[track_caller]
fn assert_refused(server: &Decrypter, token: &str) {
    assert_eq!(server.decrypt(token), Err(VerifyError::CannotDecrypt));
}

#[test]
fn a_header_that_says_anything_else_is_refused() {
    assert_eq!(server().decrypt(&with_header(HEADER)).expect("good").expose(), "a.b.c");
    let member = |member: &str| format!("{},{member}}}", &HEADER[..HEADER.len() - 1]);
    let known = ["\"cty\":\"JWT\"", "\"typ\":\"x\"", "\"kid\":null", "\"x\":[]"];
    for known in known.map(member) {
        assert!(server().decrypt(&with_header(&known)).is_ok(), "{known}");
    }
    for header in [
        r#"{"alg":"RSA-OAEP","enc":"A128CBC-HS256"}"#.to_owned(),
        r#"{"alg":"RSA1_5","enc":"A256GCM"}"#.to_owned(),
        r#"{"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}"#.to_owned(),
        r#"{"alg":"rsa1_5","enc":"A128CBC-HS256"}"#.to_owned(),
        r#"{"alg":"dir","enc":"A128CBC-HS256"}"#.to_owned(),
        r#"{"alg":"none","enc":"A128CBC-HS256"}"#.to_owned(),
        r#"{"alg":"RSA1_5","enc":"A256CBC-HS512"}"#.to_owned(),
        r#"{"alg":"RSA1_5"}"#.to_owned(),
        r#"{"enc":"A128CBC-HS256"}"#.to_owned(),
        r#"["RSA1_5","A128CBC-HS256",null,false,false]"#.to_owned(),
        "{}".to_owned(),
        String::new(),
        member("\"zip\":\"DEF\""),
        member("\"zip\":null"),
        member("\"crit\":[\"exp\"]"),
        member("\"crit\":null"),
        member("\"alg\":\"RSA1_5\""),
        member("\"kid\":1"),
        member(&format!("\"x\":\"{}\"", "x".repeat(4096))),
        member(&format!("\"x\":\"{}\"", "x".repeat(1024 * 1024))),
        member(&format!("\"x\":{}", "[".repeat(2000))),
    ] {
        assert_refused(&server(), &with_header(&header));
    }
}

#[test]
fn a_token_for_another_key_is_refused() {
    let other = pem(include_str!("../../../tests/fixtures/rfc7516/a1.private.pem"));
    for (alg, enc) in pairs() {
        assert_refused(&other, &jwcrypto(&format!("{alg} {enc}")));
    }
}

#[test]
fn a_kid_must_match_if_the_server_has_one() {
    let named = with_header(r#"{"alg":"RSA1_5","enc":"A128CBC-HS256","kid":"k-1"}"#);
    for server in [server(), server().kid("k-1"), server().kid("1").kid("k-1")] {
        assert!(server.decrypt(&named).is_ok());
    }
    assert_refused(&server().kid("k-2"), &named);
    assert_refused(&server().kid("k-1"), &with_header(HEADER));
}

/// A token with one of its parts changed.
fn changed(token: &str, part: usize, change: impl FnOnce(&str) -> String) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts[part] = change(&parts[part]);
    parts.join(".")
}

#[test]
fn every_part_counts_to_its_last_bit() {
    for (alg, enc) in pairs() {
        let good = jwcrypto(&format!("{alg} {enc}"));
        for part in 0..5 {
            for change in [
                |_: &str| String::new(),
                |text: &str| text[1..].to_owned(),
                |text: &str| text[..text.len() - 4].to_owned(),
                |text: &str| text[..text.len() / 2].to_owned(),
                |text: &str| format!("{text}AAAA"),
                |text: &str| format!("{text}="),
                |text: &str| format!("{text}\n"),
                |text: &str| {
                    // The first character always stands for six bits of the value.
                    let first = if text.starts_with('A') { "B" } else { "A" };
                    format!("{first}{}", &text[1..])
                },
                |text: &str| {
                    // The same value in another spelling, or another value.
                    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                    let last = text.bytes().last().expect("not empty");
                    let at = alphabet.iter().position(|byte| *byte == last).expect("base64url");
                    format!("{}{}", &text[..text.len() - 1], char::from(alphabet[at ^ 1]))
                },
            ] {
                assert_refused(&server(), &changed(&good, part, change));
            }
        }
    }
}

#[test]
fn what_is_not_five_parts_is_refused() {
    let good = with_header(HEADER);
    for text in ["", ".", "....", "a.b.c", "a.b.c.d", "a.b.c.d.e", "a.b.c.d.e.f"] {
        assert_refused(&server(), text);
    }
    for text in [format!("{good}."), format!(".{good}"), format!("Bearer {good}"), ".".repeat(1 << 20)] {
        assert_refused(&server(), &text);
    }
    assert_refused(&server(), &changed(&good, 3, |_| "A".repeat(1 << 20)));
}

#[test]
fn a_key_part_of_any_size_is_refused() {
    for bits in [0, 8, 512, 2040, 2056, 32_768] {
        assert_refused(
            &server(),
            &sealed(HEADER, &[5; 32], |sealed| sealed.encrypted_key = vec![1; bits / 8]),
        );
    }
}

#[test]
fn a_bad_content_key_gives_way_to_one_that_nobody_knows() {
    let jwk = PublicJwk::parse(server().public_jwk()).expect("a public key");
    let key = PublicKey::new(&jwk.n, &jwk.e).expect("it encrypts");
    // Of another length, or no key of RSA's at all: were what is left of it used, zeros for one, these
    // would be decrypted.
    for guess in [[0; 32], [5; 32]] {
        for len in [0, 16, 31] {
            let short = key
                .seal((KeyEncryption::Rsa1_5, ContentEncryption::A128Gcm), &guess[..16], b"", b"")
                .expect("encrypts");
            let token = sealed(HEADER, &guess, |sealed| sealed.encrypted_key = short.encrypted_key);
            assert_refused(&server(), &token);
            let token = sealed(HEADER, &guess, |sealed| sealed.encrypted_key = vec![len; 256]);
            assert_refused(&server(), &token);
        }
    }
}

#[test]
fn content_that_is_no_text_is_refused() {
    let token = encrypter().encrypt(b"\xff\xfe", &[1; 32]).expect("encrypts");
    assert_refused(&server(), token.expose());
}
