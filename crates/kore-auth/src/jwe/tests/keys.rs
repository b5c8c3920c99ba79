//! What is a key and what is none.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};

use super::*;

fn jwk() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/rfc7516/a1.public.json")).expect("JSON")
}

fn with(name: &str, value: Value) -> String {
    let mut jwk = jwk();
    jwk[name] = value;
    jwk.to_string()
}

/// A number with that many bits, all set.
fn bits(bits: usize) -> Value {
    let mut bytes = vec![0xff; bits / 8];
    if !bits.is_multiple_of(8) {
        bytes.insert(0, (1 << (bits % 8)) - 1);
    }
    BASE64URL.encode(bytes).into()
}

#[test]
fn the_jwk_of_the_console_is_read_in_any_order_with_members_that_do_not_count() {
    let plain = PublicJwk::parse(jwk().to_string()).expect("a key");
    assert_eq!(plain.kid(), None);
    let named = format!("\u{feff} {}\r\n", with("kid", json!("de668337-5978944f9630")));
    assert_eq!(PublicJwk::parse(named).expect("a key").kid(), Some("de668337-5978944f9630"));
    for (name, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["wrapKey"])),
        ("alg", json!("RSA-OAEP")),
        ("x5t", json!("a")),
        ("ext", json!(true)),
    ] {
        let read = PublicJwk::parse(with(name, value)).expect(name);
        assert_eq!((&read.n, &read.e), (&plain.n, &plain.e), "{name}");
    }
    // Zeros in front and padding behind, which some programs write.
    let mut n = vec![0];
    n.extend_from_slice(&plain.n);
    let padded = base64::engine::general_purpose::URL_SAFE.encode(n);
    assert!(padded.ends_with('='), "{padded}");
    assert_eq!(PublicJwk::parse(with("n", padded.into())).expect("a key"), plain);
}

#[test]
fn what_is_no_public_rsa_key_for_encryption_is_told_and_not_shown() {
    let secret = "hunter2".repeat(8);
    let n = jwk()["n"].as_str().expect("text").to_owned();
    for (text, says) in [
        (String::new(), "found nothing"),
        ("-----BEGIN PUBLIC KEY-----".to_owned(), "found PEM"),
        (format!("\"{secret}\""), "found something that is no JSON object"),
        (format!("{{\"kty\":\"RSA\",{secret}"), "found JSON of another form (line 1, column 14)"),
        (format!("{{\"n\":\"{n}\",\"n\":\"{n}\"}}"), "found JSON of another form"),
        ("{}".to_owned(), "found no kty"),
        (json!({"keys": [jwk()]}).to_string(), "found a set of keys: take one out of it"),
        (with("kty", json!("EC")), "found a key of kty \"EC\""),
        (with("d", json!(secret)), "found a private key"),
        (with("use", json!("sig")), "found a key for another use than enc: \"sig\""),
        (with("key_ops", json!(["verify"])), "found a key whose key_ops have neither wrapKey nor encrypt"),
        (with("alg", json!("RSA-OAEP-256")), "found a key for another alg: \"RSA-OAEP-256\""),
        (with("kid", json!("k".repeat(257))), "found a kid of more than 256 bytes"),
        (with("n", Value::Null), "found no n"),
        (with("n", json!("+/")), "found a n that is not base64url"),
        (with("n", json!("AAAA")), "found a n that is zero"),
        (with("n", bits(512)), "found a key of 512 bits: it must have 2048 to 8192"),
        (with("n", bits(2047)), "found a key of 2047 bits"),
        (with("n", bits(8193)), "found a key of 8193 bits"),
        (with("n", bits(32_768)), "found a key of 32768 bits"),
        (with("n", bits(1 << 20)), "found "),
        (with("e", json!("AQ")), "found an exponent or a modulus that no RSA key has"),
        (with("e", json!("Ag")), "found an exponent or a modulus that no RSA key has"),
        (with("e", bits(64)), "found an exponent or a modulus that no RSA key has"),
    ] {
        let error = PublicJwk::parse(&text).expect_err(says).to_string();
        assert!(error.starts_with("expected an RSA public key as a JWK, such as {"), "{error}");
        assert!(error.contains(says) && !error.contains("hunter"), "{says}: {error}");
    }
}

#[test]
fn a_jwk_that_names_its_algorithm_is_used_with_no_other() {
    let jwk = PublicJwk::parse(with("alg", json!("RSA1_5"))).expect("a key");
    let encrypter = Encrypter::new(&jwk).expect("it encrypts");
    assert_eq!(encrypter.key_encryption(), KeyEncryption::Rsa1_5);
    let error =
        encrypter.algorithms(KeyEncryption::RsaOaep, ContentEncryption::A128Gcm).expect_err("another");
    assert_eq!(error.to_string(), "the JWK is for RSA1_5 alone, found RSA-OAEP");
}

/// An element of DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}

#[test]
fn private_keys_of_another_size_or_form_are_refused_and_not_shown() {
    let numbers = |bits: usize| {
        let number = |bits: usize| der(2, &[&[0][..], &vec![0xff; bits / 8]].concat());
        let half = number(bits / 2);
        let parts = [der(2, &[0]), number(bits), der(2, &[1, 0, 1]), number(bits)];
        der(0x30, &[parts.concat(), [&*half; 5].concat()].concat())
    };
    let pem = |der: &[u8]| {
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", STANDARD.encode(der))
    };
    let public = include_str!("../../../tests/fixtures/pyjwt/rsa.public.pem");
    for text in [pem(&numbers(512)), pem(&numbers(32_768)), pem(b""), public.to_owned(), "hunter2".to_owned()]
    {
        let secret = Secret::new(text).expect("not empty");
        let error = Decrypter::rsa_pem(&secret).expect_err("no such key").to_string();
        assert!(error.starts_with("expected an RSA private key"), "{error}");
        let error = Decrypter::rsa_pkcs8(&secret).expect_err("no such key").to_string();
        assert!(error.starts_with("expected an RSA private key") && !error.contains("hunter"), "{error}");
    }
}

#[test]
fn the_jwk_of_a_server_is_that_of_its_private_key() {
    let server = pem(include_str!("../../../tests/fixtures/rfc7516/a1.private.pem"));
    let mut expected = jwk();
    assert_eq!(serde_json::from_str::<Value>(&server.public_jwk()).expect("JSON"), expected);
    expected["kid"] = json!("k-1");
    let server = server.kid("k-1").kid("1");
    assert_eq!(serde_json::from_str::<Value>(&server.public_jwk()).expect("JSON"), expected);
}
