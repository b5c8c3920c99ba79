//! The verifier against tokens that PyJWT made (`tests/fixtures/pyjwt/make.py`).

use std::collections::HashMap;
use std::time::UNIX_EPOCH;

use super::*;
use crate::Credentials;
use crate::provider::PROVIDERS;

const PRIVATE: &str = include_str!("../../tests/fixtures/pyjwt/rsa.private.pem");
const PUBLIC: &str = include_str!("../../tests/fixtures/pyjwt/rsa.public.pem");

/// The tokens' `iat`; their `exp` is five minutes later.
const ISSUED: u64 = 1_800_000_000;

fn fixture(name: &str) -> String {
    let tokens = include_str!("../../tests/fixtures/pyjwt/tokens.json");
    let mut tokens: HashMap<String, String> = serde_json::from_str(tokens).expect("an object of strings");
    tokens.remove(name).expect("a fixture of that name")
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn hmac(algorithm: Algorithm) -> Verifier {
    Verifier::hmac(algorithm, &Secret::new(fixture("secret")).expect("not empty")).expect("an HMAC algorithm")
}

/// What every provider says, which must be the same.
fn said(verifier: &Verifier, token: &str, now: SystemTime) -> Result<Claims, VerifyError> {
    let over = |provider| Verifier { provider, ..verifier.clone() }.verify(token, now);
    let mut said: Vec<_> = PROVIDERS.iter().map(over).collect();
    said.dedup();
    assert_eq!(said.len(), 1, "the providers do not agree: {said:?}");
    said.remove(0)
}

fn verify(name: &str) -> Result<Claims, VerifyError> {
    said(&hmac(Algorithm::Hs256), &fixture(name), at(ISSUED))
}

/// What is said of a header and a payload that are signed with the secret of the fixtures.
fn verify_signed(verifier: &Verifier, header: &str, payload: &str) -> Result<Claims, VerifyError> {
    let key = jsonwebtoken::EncodingKey::from_secret(fixture("secret").as_bytes());
    let input = crate::jws::input(header.as_bytes(), payload.as_bytes());
    let signer = provider::chosen().expect("a provider").signer;
    let signature = signer(Algorithm::Hs256, &key).try_sign(input.as_bytes()).expect("signs");
    said(verifier, &crate::jws::finish(input, &signature), at(ISSUED))
}

const HEADER: &str = r#"{"alg":"HS256"}"#;
const PAYLOAD: &str = r#"{"sub":"a","appId":"cs-1"}"#;

#[test]
fn tokens_of_all_four_algorithms_are_verified() {
    let rsa = |algorithm| Verifier::rsa_pem(algorithm, PUBLIC.as_bytes()).expect("an RSA public key");
    for (name, verifier) in [
        ("hs256", hmac(Algorithm::Hs256)),
        ("hs512", hmac(Algorithm::Hs512)),
        ("rs256", rsa(Algorithm::Rs256)),
        ("rs512", rsa(Algorithm::Rs512)),
    ] {
        let claims = said(&verifier, &fixture(name), at(ISSUED)).expect(name);
        assert_eq!((claims.sub.as_str(), claims.app_id.as_str()), ("py", "cs-py"), "{name}");
        assert_eq!(claims.exp, Some(ISSUED + 300), "{name}");
    }
}

#[test]
fn the_documented_token_without_exp_is_accepted() {
    assert_eq!(verify("documented").expect("good").exp, None);
}

#[test]
fn an_exp_in_fractions_of_a_second_is_read() {
    assert_eq!(verify("fraction").expect("good").exp, Some(ISSUED + 300));
}

#[test]
fn a_token_is_valid_until_the_second_before_its_exp() {
    let verifier = hmac(Algorithm::Hs256);
    let token = fixture("hs256");
    assert!(said(&verifier, &token, at(ISSUED + 299)).is_ok());
    assert_eq!(said(&verifier, &token, at(ISSUED + 300)), Err(VerifyError::Expired));
    let lenient = verifier.leeway(Duration::from_secs(10));
    assert!(said(&lenient, &token, at(ISSUED + 309)).is_ok());
    assert_eq!(said(&lenient, &token, at(ISSUED + 310)), Err(VerifyError::Expired));
}

#[test]
fn a_token_with_a_jti_may_last_an_hour_and_not_a_second_more() {
    assert_eq!(verify("jti").expect("good").jti.as_deref(), Some("one"));
    assert_eq!(verify("jti_too_long"), Err(VerifyError::JtiTooLong));
    assert_eq!(verify("jti_endless"), Err(VerifyError::JtiTooLong));
}

#[test]
fn an_app_that_enforces_jti_refuses_a_token_without_one() {
    let strict = hmac(Algorithm::Hs256).enforce_jti(true);
    assert_eq!(said(&strict, &fixture("hs256"), at(ISSUED)), Err(VerifyError::JtiMissing));
    assert!(said(&strict, &fixture("jti"), at(ISSUED)).is_ok());
}

#[test]
fn the_token_does_not_choose_the_algorithm() {
    assert_eq!(verify("none"), Err(VerifyError::WrongAlgorithm));
    assert_eq!(verify("hs512"), Err(VerifyError::WrongAlgorithm));
    let rsa = Verifier::rsa_pem(Algorithm::Rs256, PUBLIC.as_bytes()).expect("an RSA public key");
    assert_eq!(said(&rsa, &fixture("confused"), at(ISSUED)), Err(VerifyError::WrongAlgorithm));
}

#[test]
fn each_fault_has_its_own_error() {
    let verifier = hmac(Algorithm::Hs256);
    assert_eq!(verify("no_app"), Err(VerifyError::WrongClaims));
    assert_eq!(said(&verifier, "not a token", at(ISSUED)), Err(VerifyError::NotAJwt));
    let other = Verifier::hmac(Algorithm::Hs256, &Secret::new("another").expect("not empty")).expect("HS256");
    assert_eq!(said(&other, &fixture("hs256"), at(ISSUED)), Err(VerifyError::WrongSignature));
}

#[test]
fn parts_that_are_no_json_objects_are_refused() {
    let signed = |header, payload| verify_signed(&hmac(Algorithm::Hs256), header, payload);
    assert!(signed(HEADER, PAYLOAD).is_ok());
    assert_eq!(signed(r#"["HS256",null]"#, PAYLOAD), Err(VerifyError::NotAJwt));
    assert_eq!(signed(HEADER, r#"["a","cs-1"]"#), Err(VerifyError::WrongClaims));
}

#[test]
fn a_header_with_any_crit_is_refused() {
    for crit in ["null", r#"["exp"]"#, "[]", "false", "0", r#""""#, "{}", r#"[null]"#] {
        for name in ["crit", r"cr\u0069t"] {
            let header = format!(r#"{{"alg":"HS256","{name}":{crit}}}"#);
            let said = verify_signed(&hmac(Algorithm::Hs256), &header, PAYLOAD);
            assert_eq!(said, Err(VerifyError::UnknownExtension), "{header}");
        }
    }
    let twice = r#"{"alg":"HS256","crit":null,"crit":null}"#;
    assert!(verify_signed(&hmac(Algorithm::Hs256), twice, PAYLOAD).is_err());
}

#[test]
fn a_token_before_its_nbf_is_refused_except_within_the_leeway() {
    let begins = |nbf: String, leeway: u64| {
        let verifier = hmac(Algorithm::Hs256).leeway(Duration::from_secs(leeway));
        verify_signed(&verifier, HEADER, &format!(r#"{{"sub":"a","appId":"cs-1","nbf":{nbf}}}"#)).map(drop)
    };
    let in_seconds = |seconds: u64| (ISSUED + seconds).to_string();
    assert_eq!(begins(in_seconds(0), 0), Ok(()));
    assert_eq!(begins(in_seconds(1), 0), Err(VerifyError::NotYetValid));
    assert_eq!(begins(in_seconds(10), 10), Ok(()));
    assert_eq!(begins(in_seconds(11), 10), Err(VerifyError::NotYetValid));
    assert_eq!(begins(format!("{ISSUED}.5"), 0), Ok(()), "whole seconds count, as for exp");
    assert_eq!(begins(format!("{}.5", ISSUED + 1), 0), Err(VerifyError::NotYetValid));
    assert_eq!(begins("1e300".to_owned(), 10), Err(VerifyError::NotYetValid));
    assert_eq!(begins(u64::MAX.to_string(), 10), Err(VerifyError::NotYetValid));
    for other in [r#""soon""#, "true", "-1", "[]"] {
        assert_eq!(begins(other.to_owned(), 0), Err(VerifyError::WrongClaims), "{other}");
    }
    assert_eq!(begins("null".to_owned(), 0), Ok(()), "as if there were none");
}

#[test]
fn only_a_servers_rule_checks_aud_iss_and_iat() {
    let payload =
        |aud: &str, iat: u64| format!(r#"{{"sub":"a","appId":"cs-1","iss":"else","aud":{aud},"iat":{iat}}}"#);
    let tomorrow = ISSUED + 24 * 3600;
    let plain = hmac(Algorithm::Hs256);
    assert!(verify_signed(&plain, HEADER, &payload(r#""other""#, tomorrow)).is_ok());

    let strict = plain.check_claims(|claims, now| {
        let issued = claims.get("iat").and_then(Value::as_u64);
        claims.get("aud").is_some_and(|aud| aud == "here") && issued.is_some_and(|iat| iat <= seconds(now))
    });
    let strict = |aud, iat| verify_signed(&strict, HEADER, &payload(aud, iat)).map(drop);
    assert_eq!(strict(r#""here""#, ISSUED), Ok(()));
    assert_eq!(strict(r#""other""#, ISSUED), Err(VerifyError::ClaimsRefused));
    assert_eq!(strict(r#"["here"]"#, ISSUED), Err(VerifyError::ClaimsRefused));
    assert_eq!(strict(r#""here""#, tomorrow), Err(VerifyError::ClaimsRefused));
    assert_eq!(VerifyError::ClaimsRefused.refusal(), TokenRefusal::InvalidSdkCredentials);
}

#[test]
fn a_token_signed_here_is_verified_here() {
    let id = kore_types::ClientId::new("cs-1").expect("valid");
    let pem = Secret::new(PRIVATE).expect("not empty");
    let claims = Claims::new("me", "cs-1").issued_at(at(ISSUED)).expires_at(at(ISSUED + 1));
    for algorithm in [Algorithm::Rs256, Algorithm::Rs512] {
        let token =
            Credentials::rsa_pem(id.clone(), algorithm, &pem).expect("a key").sign(&claims).expect("signs");
        let verifier = Verifier::rsa_pem(algorithm, PUBLIC.as_bytes()).expect("a key");
        assert_eq!(said(&verifier, token.expose(), at(ISSUED)), Ok(claims.clone()), "{algorithm}");
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
