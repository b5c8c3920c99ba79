//! The order of a guard's rules, and their limits.

use std::time::{Duration, UNIX_EPOCH};

use kore_types::{ClientId, TokenRefusal};

use super::*;
use crate::{Algorithm, Credentials, Secret};

const NOW: u64 = 1_800_000_000;
const SCOPE: &str = "bot_definition:bot_import";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn verifier() -> Verifier {
    let secret = Secret::new("s3cret").expect("not empty");
    Verifier::hmac(Algorithm::Hs256, &secret).expect("HS256").scopes([SCOPE])
}

fn apps(verifier: Verifier) -> HashMap<&'static str, Verifier> {
    HashMap::from([("cs-1", verifier)])
}

fn claims() -> Claims {
    Claims::new("me", "cs-1")
}

fn signed(claims: &Claims, secret: &str) -> String {
    let id = ClientId::new("cs-1").expect("valid");
    let credentials = Credentials::new(id, Secret::new(secret).expect("not empty"));
    credentials.sign(claims).expect("signs").expose().to_owned()
}

/// One use at `at` with a fresh guard.
fn admitted(verifier: Verifier, claims: &Claims, at: SystemTime) -> Result<Claims, VerifyError> {
    Guard::new().admit(&apps(verifier), Some(signed(claims, "s3cret").as_bytes()), SCOPE, at)
}

#[test]
fn a_valid_token_gives_its_claims() {
    assert_eq!(admitted(verifier(), &claims(), at(NOW)), Ok(claims()));
}

#[test]
fn the_first_broken_rule_is_the_answer() {
    use VerifyError as E;

    // Each breaks what stands in its row, and all that is below it.
    let ended = claims().expires_at(at(NOW));
    let long = claims().with_jti("a").expires_at(at(NOW + 3601));
    let used = claims().with_jti("used").expires_at(at(NOW + 60));
    let guard = Guard::new();
    let strict = apps(verifier().enforce_jti(true).scopes(["other"]));
    let admit = |token: Option<&[u8]>| guard.admit(&strict, token, SCOPE, at(NOW)).expect_err("refused");
    let soon = claims().not_before(at(NOW + 1));
    let of = |claims: &Claims, secret: &str| admit(Some(signed(claims, secret).as_bytes()));
    let stranger = Claims::new("me", "cs-2").expires_at(at(NOW));

    assert_eq!(admit(None), E::Missing);
    assert_eq!(admit(Some(b"nonsense")), E::NotAJwt);
    assert_eq!(admit(Some(b"\xff.\xff.\xff")), E::NotAJwt);
    assert_eq!(admit(Some(b"")), E::NotAJwt);
    assert_eq!(of(&stranger, "wrong"), E::UnknownApp);
    assert_eq!(of(&ended, "wrong"), E::WrongSignature);
    assert_eq!(of(&ended, "s3cret"), E::Expired);
    assert_eq!(of(&soon, "s3cret"), E::NotYetValid);
    assert_eq!(of(&claims(), "s3cret"), E::JtiMissing);
    assert_eq!(of(&long, "s3cret"), E::JtiTooLong);
    assert_eq!(of(&used, "s3cret"), E::WrongScope, "it is used up all the same");
    assert_eq!(of(&used, "s3cret"), E::Replay);
    assert_eq!(of(&used, "wrong"), E::WrongSignature);
}

#[test]
fn a_refused_token_uses_no_jti_unless_only_its_scope_was_wrong() {
    let guard = Guard::new();
    let once = claims().with_jti("once").expires_at(at(NOW + 60));
    let admit = |secret: &str, now: u64| {
        let token = signed(&once, secret);
        guard.admit(&apps(verifier()), Some(token.as_bytes()), SCOPE, at(now))
    };
    assert_eq!(admit("wrong", NOW), Err(VerifyError::WrongSignature));
    assert_eq!(admit("s3cret", NOW - 3541), Err(VerifyError::JtiTooLong));
    assert_eq!(admit("s3cret", NOW), Ok(once.clone()));
    assert_eq!(admit("s3cret", NOW), Err(VerifyError::Replay));
    assert_eq!(admit("s3cret", NOW + 60), Err(VerifyError::Expired));
}

#[test]
fn exp_is_exclusive_and_the_hour_of_a_jti_inclusive() {
    let ends_in = |seconds: u64| claims().expires_at(at(NOW + seconds));
    assert!(admitted(verifier(), &ends_in(1), at(NOW)).is_ok());
    let just_before = at(NOW) + Duration::from_nanos(999_999_999);
    assert!(admitted(verifier(), &ends_in(1), just_before).is_ok());
    assert_eq!(admitted(verifier(), &ends_in(0), at(NOW)), Err(VerifyError::Expired));

    let with_jti = |seconds: u64| ends_in(seconds).with_jti("a");
    assert!(admitted(verifier(), &with_jti(3600), at(NOW)).is_ok());
    assert_eq!(admitted(verifier(), &with_jti(3601), at(NOW)), Err(VerifyError::JtiTooLong));
    assert_eq!(admitted(verifier(), &with_jti(3601), just_before), Err(VerifyError::JtiTooLong));
    assert!(admitted(verifier(), &with_jti(3601), at(NOW + 1)).is_ok());
    assert!(admitted(verifier(), &ends_in(3601), at(NOW)).is_ok(), "only a jti has the limit");
}

#[test]
fn a_token_in_its_leeway_is_accepted_once_too() {
    let guard = Guard::new();
    let apps = apps(verifier().leeway(Duration::from_secs(10)));
    let token = signed(&claims().with_jti("a").expires_at(at(NOW)), "s3cret");
    let admit = |now: u64| guard.admit(&apps, Some(token.as_bytes()), SCOPE, at(now));
    assert!(admit(NOW - 1).is_ok());
    assert_eq!(admit(NOW + 9), Err(VerifyError::Replay));
    assert_eq!(admit(NOW + 10), Err(VerifyError::Expired));
}

#[test]
fn a_token_first_used_in_its_leeway_is_no_replay_of_another() {
    let guard = Guard::new();
    let apps = apps(verifier().leeway(Duration::from_secs(10)));
    let admit = |jti: &str, exp: u64, now: u64| {
        let token = signed(&claims().with_jti(jti).expires_at(at(exp)), "s3cret");
        guard.admit(&apps, Some(token.as_bytes()), SCOPE, at(now)).map(drop)
    };
    assert_eq!(admit("a", NOW + 3, NOW), Ok(()));
    assert_eq!(admit("b", NOW, NOW + 5), Ok(()), "it ended sooner than one that has ended");
}

#[test]
fn two_tokens_are_refused_even_if_they_are_the_same() {
    let (token, other) = (signed(&claims(), "s3cret"), signed(&claims(), "wrong"));
    let (token, other) = (token.as_bytes(), other.as_bytes());
    let guard = Guard::new();
    for tokens in [[token, token], [token, other], [other, token], [token, b""], [b"", token]] {
        let error = guard.admit(&apps(verifier()), tokens, SCOPE, at(NOW)).expect_err("refused");
        assert_eq!((error, error.refusal()), (VerifyError::Several, TokenRefusal::InvalidSdkCredentials));
    }
    assert!(guard.admit(&apps(verifier()), [token], SCOPE, at(NOW)).is_ok());
}

#[test]
fn a_servers_rule_refuses_before_a_jti_is_used() {
    let guard = Guard::new();
    let token = signed(&claims().with_jti("a").expires_at(at(NOW + 60)), "s3cret");
    let admit = |sub: &'static str| {
        let verifier =
            verifier().check_claims(move |claims, _| claims.get("sub").is_some_and(|is| is == sub));
        guard.admit(&apps(verifier), [token.as_bytes()], SCOPE, at(NOW)).map(drop)
    };
    assert_eq!(admit("someone else"), Err(VerifyError::ClaimsRefused));
    assert_eq!(admit("me"), Ok(()));
}

#[test]
fn several_guards_may_share_a_store() {
    struct Failing;
    impl ReplayStore for Failing {
        fn take(&self, used: &Used<'_>, now: SystemTime) -> Result<(), VerifyError> {
            assert_eq!((used.app_id, used.jti, used.until, now), ("cs-1", "a", NOW + 70, at(NOW)));
            Err(VerifyError::ReplaysFailed)
        }
    }
    let token = signed(&claims().with_jti("a").expires_at(at(NOW + 60)), "s3cret");
    let apps = apps(verifier().leeway(Duration::from_secs(10)));
    let admit = |guard: &Guard| guard.admit(&apps, [token.as_bytes()], SCOPE, at(NOW)).map(drop);
    let error = admit(&Guard::with_replays(Failing)).expect_err("refused");
    assert_eq!((error, error.refusal()), (VerifyError::ReplaysFailed, TokenRefusal::CannotTell));

    let store = std::sync::Arc::new(Replays::new());
    let servers = [Guard::with_replays(store.clone()), Guard::with_replays(store)];
    assert_eq!(servers.each_ref().map(admit), [Ok(()), Err(VerifyError::Replay)]);
}

#[test]
fn a_full_store_has_its_own_error_and_spares_tokens_without_a_jti() {
    let guard = Guard::with_replays(Replays::bounded(0));
    let once = signed(&claims().with_jti("a").expires_at(at(NOW + 60)), "s3cret");
    let apps = apps(verifier());
    let error = guard.admit(&apps, Some(once.as_bytes()), SCOPE, at(NOW)).expect_err("no room");
    assert_eq!((error, error.refusal()), (VerifyError::ReplaysFull, TokenRefusal::CannotTell));
    let plain = signed(&claims(), "s3cret");
    assert!(guard.admit(&apps, Some(plain.as_bytes()), SCOPE, at(NOW)).is_ok());
}

#[test]
fn apps_may_come_from_a_closure() {
    let token = signed(&claims(), "s3cret");
    let guard = Guard::new();
    let known = |id: &str| (id == "cs-1").then(verifier);
    assert!(guard.admit(&known, Some(token.as_bytes()), SCOPE, at(NOW)).is_ok());
    let none = |_: &str| None;
    let error = guard.admit(&none, Some(token.as_bytes()), SCOPE, at(NOW)).expect_err("no app");
    assert_eq!((error, error.refusal()), (VerifyError::UnknownApp, TokenRefusal::InvalidSdkCredentials));
}

#[test]
fn one_of_many_concurrent_uses_of_a_token_is_admitted() {
    let token = signed(&claims().with_jti("a").expires_at(at(NOW + 60)), "s3cret");
    let (guard, apps) = (Guard::new(), apps(verifier()));
    let admitted = std::thread::scope(|scope| {
        let admit = || (0..50).filter(|_| guard.admit(&apps, Some(token.as_bytes()), SCOPE, at(NOW)).is_ok());
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(move || admit().count())).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum::<usize>()
    });
    assert_eq!(admitted, 1);
}

#[cfg(feature = "aws-lc-rs")]
mod encrypted {
    //! Tokens of apps that enforce JWE.

    use super::*;
    use crate::{Decrypter, Encrypter, PublicJwk};

    fn decrypter() -> Decrypter {
        let pem = include_str!("../../tests/fixtures/pyjwt/rsa.private.pem");
        Decrypter::rsa_pem(&Secret::new(pem).expect("not empty")).expect("an RSA key")
    }

    fn encrypted(content: &str) -> String {
        let jwk = PublicJwk::parse(decrypter().public_jwk()).expect("a key");
        let encrypter = Encrypter::new(&jwk).expect("it encrypts");
        encrypter.encrypt(content.as_bytes(), &[1; 32]).expect("encrypts").expose().to_owned()
    }

    fn admit(guard: &Guard, verifier: Verifier, token: &str) -> Result<(), VerifyError> {
        guard.admit(&apps(verifier), [token.as_bytes()], SCOPE, at(NOW)).map(drop)
    }

    #[test]
    fn an_app_that_enforces_jwe_is_admitted_encrypted_alone() {
        let guard = Guard::new().decrypter(decrypter());
        let strict = || verifier().enforce_jwe(true);
        let signed = signed(&claims(), "s3cret");
        assert_eq!(admit(&guard, strict(), &encrypted(&signed)), Ok(()));
        assert_eq!(admit(&guard, strict(), &signed), Err(VerifyError::NotEncrypted));
        assert_eq!(VerifyError::NotEncrypted.refusal(), TokenRefusal::InvalidSdkCredentials);
        // Others may, as they may have a jti.
        assert_eq!(admit(&guard, verifier(), &encrypted(&signed)), Ok(()));
        assert_eq!(admit(&guard, verifier(), &signed), Ok(()));
    }

    #[test]
    fn what_is_inside_is_verified_as_any_token() {
        let guard = Guard::new().decrypter(decrypter());
        let inside = |content: &str| admit(&guard, verifier().enforce_jwe(true), &encrypted(content));
        assert_eq!(inside(&signed(&claims(), "wrong")), Err(VerifyError::WrongSignature));
        assert_eq!(inside(&signed(&claims().expires_at(at(NOW)), "s3cret")), Err(VerifyError::Expired));
        let once = signed(&claims().with_jti("a").expires_at(at(NOW + 60)), "s3cret");
        assert_eq!(inside(&once), Ok(()));
        assert_eq!(inside(&once), Err(VerifyError::Replay), "encrypted anew, it is the same token");
        // Who has the public key can make these.
        assert_eq!(inside(r#"{"sub":"me","appId":"cs-1"}"#), Err(VerifyError::NotAJwt));
        assert_eq!(inside(&encrypted(&signed(&claims(), "s3cret"))), Err(VerifyError::NotAJwt));
    }

    #[test]
    fn what_cannot_be_decrypted_is_refused_with_one_error() {
        let guard = Guard::new().decrypter(decrypter());
        let good = encrypted(&signed(&claims(), "s3cret"));
        for token in ["a.b.c.d.e", "....", &good[1..], &good[..good.len() - 4]] {
            assert_eq!(admit(&guard, verifier(), token), Err(VerifyError::CannotDecrypt));
        }
        assert_eq!(VerifyError::CannotDecrypt.refusal(), TokenRefusal::InvalidSdkCredentials);
        assert_eq!(admit(&Guard::new(), verifier(), &good), Err(VerifyError::NotAJwt), "without a key");
    }
}
