//! When a token is renewed, and what is in it.

use std::time::UNIX_EPOCH;

use kore_types::ClientId;

use super::*;
use crate::{Secret, unverified_claims};

const T0: Duration = Duration::from_secs(1_800_000_000);

fn credentials() -> Credentials {
    Credentials::new(ClientId::new("cs-1").expect("valid"), Secret::new("s").expect("not empty"))
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + T0 + Duration::from_secs(seconds)
}

fn no_jti() -> String {
    unreachable!("no jti is wanted")
}

#[test]
fn no_clock_value_causes_a_panic() {
    let years = |n| Duration::from_secs(365 * 86_400) * n;
    let mut last = UNIX_EPOCH;
    let mut first = UNIX_EPOCH;
    for exponent in (0..64).rev() {
        let time = Duration::from_secs(1 << exponent);
        last = last.checked_add(time).unwrap_or(last);
        first = first.checked_sub(time).unwrap_or(first);
    }
    for now in [first, UNIX_EPOCH - years(100), UNIX_EPOCH, UNIX_EPOCH + years(8030), last] {
        for mut source in
            [TokenSource::kept(credentials(), "me"), TokenSource::per_request(credentials(), "me")]
        {
            assert!(source.token(now, || "1".to_owned()).is_ok(), "{now:?}");
            source.token(now, || "2".to_owned()).expect("a second one");
        }
    }
}

#[test]
fn a_token_is_kept_until_a_fifth_of_its_life_is_left() {
    let mut source = TokenSource::kept(credentials(), "me").lifetime(Duration::from_secs(100));
    let first = source.token(at(0), no_jti).expect("signs");
    assert!(!first.is_kept);
    let same = source.token(at(79), no_jti).expect("signs");
    assert!(same.is_kept && same.token == first.token);
    let next = source.token(at(80), no_jti).expect("signs");
    assert!(!next.is_kept && next.token != first.token);
}

#[test]
fn a_clock_set_back_signs_anew() {
    let mut source = TokenSource::kept(credentials(), "me");
    source.token(at(1000), no_jti).expect("signs");
    assert!(!source.token(at(10), no_jti).expect("signs").is_kept);
}

#[test]
fn a_refused_token_is_forgotten_but_not_a_newer_one() {
    let mut source = TokenSource::kept(credentials(), "me");
    let old = source.token(at(0), no_jti).expect("signs").token;
    source.forget(&old);
    let new = source.token(at(1), no_jti).expect("signs");
    assert!(!new.is_kept && new.token != old);
    source.forget(&old);
    assert!(source.token(at(2), no_jti).expect("signs").is_kept);
}

#[test]
fn each_request_has_its_own_jti_and_at_most_an_hour() {
    let mut source = TokenSource::per_request(credentials(), "me").lifetime(Duration::from_secs(9999));
    for jti in ["a", "b"] {
        let issued = source.token(at(0), || jti.to_owned()).expect("signs");
        let claims = unverified_claims(issued.token.expose()).expect("a JWT");
        assert_eq!(claims.jti.as_deref(), Some(jti));
        assert_eq!(claims.exp, Some(T0.as_secs() + 3600));
        assert_eq!(claims.iat, Some(T0.as_secs() - 60));
        assert!(!issued.is_kept);
    }
}

#[test]
fn a_lifetime_is_clamped_to_its_range() {
    for (asked, given) in [(Duration::ZERO, 1), (Duration::MAX, MAX_LIFETIME.as_secs())] {
        let issued = TokenSource::kept(credentials(), "me").lifetime(asked).token(at(0), no_jti);
        let claims = unverified_claims(issued.expect("signs").token.expose()).expect("a JWT");
        assert_eq!(claims.exp, Some(T0.as_secs() + given));
    }
}

#[test]
fn every_signed_token_expires() {
    let issued = TokenSource::kept(credentials(), "me").token(at(0), no_jti).expect("signs");
    let claims = unverified_claims(issued.token.expose()).expect("a JWT");
    assert_eq!(claims.exp, Some(T0.as_secs() + DEFAULT_LIFETIME.as_secs()));
    assert_eq!((claims.sub.as_str(), claims.app_id.as_str(), claims.jti), ("me", "cs-1", None));
}

#[test]
fn a_fixed_token_is_used_as_it_is() {
    let mut source = TokenSource::fixed(Token::new("a.b.c"));
    let issued = source.token(at(0), no_jti).expect("nothing to sign");
    assert_eq!(issued.token.expose(), "a.b.c");
    source.forget(&issued.token);
    assert_eq!(source.token(at(1), no_jti).expect("nothing to sign").token.expose(), "a.b.c");
}

#[test]
fn no_debug_shows_a_secret() {
    let secret = Secret::new("hunter2").expect("not empty");
    let credentials = Credentials::new(ClientId::new("cs-1").expect("valid"), secret.clone());
    let mut source = TokenSource::kept(credentials.clone(), "me");
    let issued = source.token(at(0), no_jti).expect("signs");
    let verifier = crate::Verifier::hmac(crate::Algorithm::Hs256, &secret).expect("HS256 takes a secret");
    let shown = format!("{secret:?} {credentials:?} {source:?} {issued:?} {verifier:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("eyJ"), "{shown}");
    // Nor the bytes, as a derived Debug of a Vec<u8> would.
    assert!(!shown.contains("104, 117, 110"), "{shown}");
}

#[cfg(feature = "aws-lc-rs")]
mod encrypted {
    //! Tokens that are encrypted too.

    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::{BlockingSigner, Decrypter, JweContent, PublicJwk, SignerError};

    fn server() -> Decrypter {
        let pem = include_str!("../../tests/fixtures/pyjwt/rsa.private.pem");
        Decrypter::rsa_pem(&Secret::new(pem).expect("not empty")).expect("an RSA key")
    }

    fn encrypter() -> Encrypter {
        Encrypter::new(&PublicJwk::parse(server().public_jwk()).expect("a key")).expect("it encrypts")
    }

    fn inside(issued: &Issued) -> String {
        server().decrypt(issued.token.expose()).expect("encrypted").expose().to_owned()
    }

    #[test]
    fn a_signed_token_is_encrypted_and_kept_so() {
        let drawn = Arc::new(AtomicU8::new(0));
        let counter = drawn.clone();
        let draw = move |key: &mut [u8]| key.fill(counter.fetch_add(1, Ordering::Relaxed));
        let mut source = TokenSource::kept(credentials(), "me").encrypted(encrypter(), draw);
        let first = source.token(at(0), no_jti).expect("signs");
        assert_eq!(unverified_claims(&inside(&first)).expect("a signed JWT").sub, "me");
        let same = source.token(at(1), no_jti).expect("signs");
        assert!(same.is_kept && same.token == first.token);
        assert_eq!(drawn.load(Ordering::Relaxed), 1);
        source.forget(&first.token);
        assert!(source.token(at(1), no_jti).expect("signs").token != first.token);
        assert_eq!(drawn.load(Ordering::Relaxed), 2, "each token has a content key of its own");
    }

    #[test]
    fn a_token_for_each_request_has_its_jti_inside() {
        let mut source =
            TokenSource::per_request(credentials(), "me").encrypted(encrypter(), |key| key.fill(1));
        let issued = source.token(at(0), || "once".to_owned()).expect("signs");
        let claims = unverified_claims(&inside(&issued)).expect("a signed JWT");
        assert_eq!(claims.jti.as_deref(), Some("once"));
    }

    #[test]
    fn claims_alone_are_encrypted_without_asking_the_signer() {
        struct Never;
        impl BlockingSigner for Never {
            fn algorithm(&self) -> crate::Algorithm {
                crate::Algorithm::Rs256
            }

            fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
                unreachable!("nothing is signed")
            }
        }
        let credentials = Credentials::with_blocking_signer(ClientId::new("cs-1").expect("valid"), Never);
        let mut source = TokenSource::kept(credentials, "me")
            .encrypted(encrypter().content(JweContent::Claims), |key| key.fill(1));
        let claims: Claims = serde_json::from_str(&inside(&source.token(at(0), no_jti).expect("encrypts")))
            .expect("claims as JSON");
        assert_eq!((claims.sub.as_str(), claims.app_id.as_str()), ("me", "cs-1"));
    }

    #[test]
    fn a_fixed_token_is_not_encrypted() {
        let mut source =
            TokenSource::fixed(Token::new("a.b.c")).encrypted(encrypter(), |_| unreachable!("no key"));
        assert_eq!(source.token(at(0), no_jti).expect("nothing to do").token.expose(), "a.b.c");
    }

    #[test]
    fn no_debug_shows_what_encrypts() {
        let source = TokenSource::kept(credentials(), "me").encrypted(encrypter(), |key| key.fill(1));
        let Prepared::Unsigned(unsigned) = source.prepare(at(0), no_jti) else {
            unreachable!("nothing is kept")
        };
        let shown = format!("{source:?} {unsigned:?}");
        assert!(shown.contains("RsaOaep") && !shown.contains("[1, 1"), "{shown}");
    }
}
