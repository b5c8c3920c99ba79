//! Encrypted tokens against the RFCs and jwcrypto, and what is refused.

mod keys;
mod refusals;

use std::collections::HashMap;

use super::*;
use crate::{Secret, VerifyError};

fn pem(text: &str) -> Decrypter {
    Decrypter::rsa_pem(&Secret::new(text).expect("not empty")).expect("an RSA key")
}

/// The server of the tests, with the key that jwcrypto has encrypted to.
fn server() -> Decrypter {
    pem(include_str!("../../tests/fixtures/pyjwt/rsa.private.pem"))
}

fn encrypter() -> Encrypter {
    let jwk = PublicJwk::parse(server().kid("k-1").public_jwk()).expect("a public key");
    Encrypter::new(&jwk).expect("it encrypts")
}

fn pairs() -> impl Iterator<Item = (KeyEncryption, ContentEncryption)> {
    KeyEncryption::ALL.into_iter().flat_map(|alg| ContentEncryption::ALL.map(|enc| (alg, enc)))
}

fn jwcrypto(name: &str) -> String {
    let tokens = include_str!("../../tests/fixtures/jwcrypto/tokens.json");
    let mut tokens: HashMap<String, String> = serde_json::from_str(tokens).expect("an object of strings");
    tokens.remove(name).unwrap_or_else(|| panic!("no fixture {name}"))
}

#[test]
fn the_vectors_of_rfc_7516_are_decrypted() {
    let a1 = pem(include_str!("../../tests/fixtures/rfc7516/a1.private.pem"));
    let token = include_str!("../../tests/fixtures/rfc7516/a1.jwe").trim();
    let content = a1.decrypt(token).expect("RSA-OAEP and A256GCM");
    assert_eq!(content.expose(), "The true sign of intelligence is not knowledge but imagination.");

    let a2 = pem(include_str!("../../tests/fixtures/rfc7516/a2.private.pem"));
    let token = include_str!("../../tests/fixtures/rfc7516/a2.jwe").trim();
    let content = a2.decrypt(token).expect("RSA1_5 and A128CBC-HS256");
    assert_eq!(content.expose(), "Live long and prosper.");
}

#[test]
fn tokens_of_jwcrypto_are_decrypted_if_the_platform_documents_their_algorithms() {
    let signed = include_str!("../../tests/fixtures/pyjwt/tokens.json");
    for (alg, enc) in pairs() {
        let content = server().kid("k-1").decrypt(&jwcrypto(&format!("{alg} {enc}"))).expect("decrypts");
        assert!(signed.contains(content.expose()), "{alg} {enc}");
    }
    for name in ["RSA-OAEP-256", "A256CBC-HS512", "zip"] {
        assert_eq!(server().decrypt(&jwcrypto(name)), Err(VerifyError::CannotDecrypt), "{name}");
    }
}

#[test]
fn all_pairs_are_encrypted_and_decrypted_again() {
    for (alg, enc) in pairs() {
        let encrypter = encrypter().algorithms(alg, enc).expect("the key is for both");
        assert_eq!((encrypter.key_encryption(), encrypter.content_encryption()), (alg, enc));
        for content in ["", "a", "sixteen bytes 16", &"long ".repeat(1000)] {
            let key = vec![9; enc.key_len()];
            let token = encrypter.encrypt(content.as_bytes(), &key).expect("encrypts");
            assert_eq!(server().decrypt(token.expose()).expect("decrypts").expose(), content, "{alg} {enc}");
            let other = encrypter.encrypt(content.as_bytes(), &key).expect("encrypts");
            assert_ne!(token, other, "the IV and the padding are drawn for each");
        }
    }
}

fn header(token: &crate::Token) -> String {
    let parts = compact::Parts::split(token.expose()).expect("five parts");
    String::from_utf8(parts.header).expect("UTF-8")
}

#[test]
fn the_header_is_that_of_the_documented_sample() {
    let token = |encrypter: &Encrypter| encrypter.encrypt(b"a.b.c", &[1; 32]).expect("encrypts");
    let documented = r#"{"alg":"RSA-OAEP","enc":"A128CBC-HS256","kid":"k-1","typ":"JWT"}"#;
    assert_eq!(header(&token(&encrypter())), documented);

    let encrypter = encrypter().kid("k-2").cty(true);
    let encrypter = encrypter.algorithms(KeyEncryption::Rsa1_5, ContentEncryption::A256Gcm).expect("both");
    let said = r#"{"alg":"RSA1_5","enc":"A256GCM","kid":"k-2","typ":"JWT","cty":"JWT"}"#;
    assert_eq!(header(&token(&encrypter)), said);

    let nameless = PublicJwk::parse(server().public_jwk()).expect("a public key");
    let nameless = Encrypter::new(&nameless).expect("it encrypts");
    assert_eq!(header(&token(&nameless)), r#"{"alg":"RSA-OAEP","enc":"A128CBC-HS256","typ":"JWT"}"#);
}

#[test]
fn a_content_key_of_another_length_is_refused() {
    for len in [0, 16, 31, 33, 64] {
        let error = encrypter().encrypt(b"a", &vec![0; len]).expect_err("another length").to_string();
        let says = format!("A128CBC-HS256 takes a content key of 32 bytes, found one of {len}");
        assert_eq!(error, says);
    }
}

#[test]
fn no_debug_shows_a_key() {
    let jwk = PublicJwk::parse(server().kid("k-1").public_jwk()).expect("a public key");
    let shown = format!("{jwk:?} {:?} {:?}", encrypter(), server().kid("k-1"));
    assert_eq!(
        shown,
        "PublicJwk { kid: Some(\"k-1\"), .. } \
         Encrypter { alg: RsaOaep, enc: A128CbcHs256, kid: Some(\"k-1\"), content: SignedJwt, .. } \
         Decrypter { kids: [\"k-1\"], .. }"
    );
}
