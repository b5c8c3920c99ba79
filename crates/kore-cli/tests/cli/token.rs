//! `kore token`

use std::time::SystemTime;

use kore_emulator::samples;
use kore_sdk::auth::{Algorithm, Claims, Secret, Verifier};

use crate::run::{CLIENT_ID, Kore, Platform, SECRET};

fn token(args: &[&str]) -> Kore {
    Kore::new(["token"]).args(args).env("KORE_CLIENT_ID", CLIENT_ID).env("KORE_CLIENT_SECRET", SECRET)
}

/// The claims of the one line that it prints.
fn claims(kore: &mut Kore) -> Claims {
    let run = kore.run_unchecked();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    let jwt = run.stdout.strip_suffix('\n').expect("a line");
    let verifier = Verifier::hmac(Algorithm::Hs256, &Secret::new(SECRET).expect("not empty")).expect("HS256");
    verifier.verify(jwt, SystemTime::now()).expect("signed with the secret")
}

fn lifetime(claims: &Claims) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    claims.exp.expect("an end") - now
}

#[test]
fn the_token_and_nothing_else_is_printed() {
    let claims = claims(&mut token(&["--subject", "me"]));
    assert_eq!((claims.sub.as_str(), claims.app_id.as_str(), claims.jti.as_deref()), ("me", CLIENT_ID, None));
    assert!((200..=300).contains(&lifetime(&claims)), "{claims:?}");
}

#[test]
fn the_lifetime_is_as_asked() {
    let claims = claims(&mut token(&["--lifetime", "2h"]));
    assert!((7_100..=7_200).contains(&lifetime(&claims)), "{claims:?}");
    token(&["--jti", "--lifetime", "2h"]).fails(2).says(&["at most 1h", "hint: "]);
}

#[test]
fn each_one_use_token_is_another() {
    let jti = || claims(&mut token(&["--jti"])).jti.expect("a jti");
    assert_ne!(jti(), jti());
}

#[test]
fn it_is_taken_by_the_platform() {
    let platform = Platform::start(|emulator| emulator.import(samples::succeeded()));
    let jwt = token(&[]).run_unchecked().stdout;
    let id = platform.emulator.import_ids()[0].clone();
    let kore = Kore::new(["import", "status", id.as_str()]).env("KORE_HOST", platform.emulator.url());
    kore.env("KORE_JWT", jwt).succeeds();
}

#[test]
fn a_ready_token_is_nothing_to_sign() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
    token(&[]).env("KORE_JWT", jwt).fails(2).says(&["KORE_JWT is a ready token", "hint: "]);
    let _ = claims(&mut token(&["--client-id", CLIENT_ID]).env("KORE_JWT", jwt));
}

#[test]
fn no_host_is_needed_but_credentials_are() {
    Kore::new(["token"]).fails(2).says(&["error: no client id and no client secret given"]);
}
