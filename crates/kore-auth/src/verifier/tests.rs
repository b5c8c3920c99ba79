//! The verifier against tokens that PyJWT made (`tests/fixtures/pyjwt/make.py`).

use std::collections::HashMap;
use std::time::UNIX_EPOCH;

use super::*;
use crate::Credentials;

const PRIVATE: &str = include_str!("../../../../tests/fixtures/pyjwt/rsa.private.pem");
const PUBLIC: &str = include_str!("../../../../tests/fixtures/pyjwt/rsa.public.pem");

/// The tokens' `iat`; their `exp` is five minutes later.
const ISSUED: u64 = 1_800_000_000;

fn fixture(name: &str) -> String {
    let tokens = include_str!("../../../../tests/fixtures/pyjwt/tokens.json");
    let mut tokens: HashMap<String, String> = serde_json::from_str(tokens).expect("an object of strings");
    tokens.remove(name).expect("a fixture of that name")
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn hmac(algorithm: Algorithm) -> Verifier {
    Verifier::hmac(algorithm, &Secret::new(fixture("secret")).expect("not empty")).expect("an HMAC algorithm")
}

fn verify(name: &str) -> Result<Claims, VerifyError> {
    hmac(Algorithm::Hs256).verify(&fixture(name), at(ISSUED))
}

#[test]
fn tokens_of_all_four_algorithms_are_verified() {
    let rsa = |algorithm| Verifier::rsa_pem(algorithm, PUBLIC.as_bytes()).expect("an RSA public key");
    for (name, verifier) in [
        ("hs256", hmac(Algorithm::Hs256)),
        ("hs512", hmac(Algorithm::Hs512)),
        ("rs256", rsa(Algorithm::Rs256)),
        ("rs512", rsa(Algorithm::Rs512)),
    ] {
        let claims = verifier.verify(&fixture(name), at(ISSUED)).expect(name);
        assert_eq!((claims.sub.as_str(), claims.app_id.as_str()), ("py", "cs-py"), "{name}");
        assert_eq!(claims.exp, Some(ISSUED + 300), "{name}");
    }
}

#[test]
fn the_documented_token_has_no_end() {
    assert_eq!(verify("documented").expect("good").exp, None);
}

#[test]
fn an_end_in_fractions_of_a_second_is_read() {
    assert_eq!(verify("fraction").expect("good").exp, Some(ISSUED + 300));
}

#[test]
fn a_token_is_good_until_the_second_before_its_end() {
    let verifier = hmac(Algorithm::Hs256);
    let token = fixture("hs256");
    assert!(verifier.verify(&token, at(ISSUED + 299)).is_ok());
    assert_eq!(verifier.verify(&token, at(ISSUED + 300)), Err(VerifyError::Expired));
    let lenient = verifier.leeway(Duration::from_secs(10));
    assert!(lenient.verify(&token, at(ISSUED + 309)).is_ok());
    assert_eq!(lenient.verify(&token, at(ISSUED + 310)), Err(VerifyError::Expired));
}

#[test]
fn a_jti_may_live_an_hour_and_not_a_second_more() {
    assert_eq!(verify("jti").expect("good").jti.as_deref(), Some("one"));
    assert_eq!(verify("jti_too_long"), Err(VerifyError::JtiTooLong));
    assert_eq!(verify("jti_endless"), Err(VerifyError::JtiTooLong));
}

#[test]
fn an_app_that_enforces_jti_refuses_a_token_without() {
    let strict = hmac(Algorithm::Hs256).enforce_jti(true);
    assert_eq!(strict.verify(&fixture("hs256"), at(ISSUED)), Err(VerifyError::JtiMissing));
    assert!(strict.verify(&fixture("jti"), at(ISSUED)).is_ok());
}

#[test]
fn the_token_does_not_choose_the_algorithm() {
    assert_eq!(verify("none"), Err(VerifyError::WrongAlgorithm));
    assert_eq!(verify("hs512"), Err(VerifyError::WrongAlgorithm));
    let rsa = Verifier::rsa_pem(Algorithm::Rs256, PUBLIC.as_bytes()).expect("an RSA public key");
    assert_eq!(rsa.verify(&fixture("confused"), at(ISSUED)), Err(VerifyError::WrongAlgorithm));
}

#[test]
fn what_is_wrong_is_told_apart() {
    let verifier = hmac(Algorithm::Hs256);
    assert_eq!(verify("no_app"), Err(VerifyError::WrongClaims));
    assert_eq!(verifier.verify("not a token", at(ISSUED)), Err(VerifyError::NotAJwt));
    let other = Verifier::hmac(Algorithm::Hs256, &Secret::new("another").expect("not empty")).expect("HS256");
    assert_eq!(other.verify(&fixture("hs256"), at(ISSUED)), Err(VerifyError::WrongSignature));
}

#[test]
fn parts_that_are_no_objects_and_critical_extensions_are_refused() {
    let key = jsonwebtoken::EncodingKey::from_secret(fixture("secret").as_bytes());
    let signed = |header: &str, payload: &str| {
        let jws =
            crate::jws::sign(header.as_bytes(), payload.as_bytes(), Algorithm::Hs256, &key).expect("signs");
        hmac(Algorithm::Hs256).verify(&jws, at(ISSUED))
    };
    let (header, payload) = (r#"{"alg":"HS256"}"#, r#"{"sub":"a","appId":"cs-1"}"#);
    assert!(signed(header, payload).is_ok());
    assert_eq!(signed(r#"["HS256",null]"#, payload), Err(VerifyError::NotAJwt));
    assert_eq!(signed(header, r#"["a","cs-1"]"#), Err(VerifyError::WrongClaims));
    let critical = r#"{"alg":"HS256","crit":["exp"]}"#;
    assert_eq!(signed(critical, payload), Err(VerifyError::UnknownExtension));
}

#[test]
fn what_is_signed_here_is_verified_here() {
    let id = kore_types::ClientId::new("cs-1").expect("valid");
    let pem = Secret::new(PRIVATE).expect("not empty");
    let claims = Claims::new("me", "cs-1").issued_at(at(ISSUED)).expires_at(at(ISSUED + 1));
    for algorithm in [Algorithm::Rs256, Algorithm::Rs512] {
        let token =
            Credentials::rsa_pem(id.clone(), algorithm, &pem).expect("a key").sign(&claims).expect("signs");
        let verifier = Verifier::rsa_pem(algorithm, PUBLIC.as_bytes()).expect("a key");
        assert_eq!(verifier.verify(token.expose(), at(ISSUED)), Ok(claims.clone()), "{algorithm}");
    }
}

#[test]
fn a_key_of_another_kind_is_refused_without_showing_it() {
    let id = kore_types::ClientId::new("cs-1").expect("valid");
    let secret = Secret::new("hunter2").expect("not empty");
    for error in [
        Credentials::hmac(id.clone(), Algorithm::Rs256, secret.clone()).expect_err("RS256 wants RSA"),
        Credentials::rsa_pem(id.clone(), Algorithm::Hs256, &secret).expect_err("HS256 wants a secret"),
        Credentials::rsa_pem(id, Algorithm::Rs256, &secret).expect_err("not PEM"),
        Verifier::hmac(Algorithm::Rs512, &secret).expect_err("RS512 wants RSA"),
        Verifier::rsa_pem(Algorithm::Rs512, b"hunter2").expect_err("not PEM"),
    ] {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("RSA"), "{shown}");
    }
}
