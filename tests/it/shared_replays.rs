//! The example `shared_replays` of kore-auth: several servers share one store of used tokens.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kore_auth::{Algorithm, Claims, Credentials, Guard, Secret, Verifier, VerifyError};
use kore_sdk::types::ClientId;

#[path = "../../crates/kore-auth/examples/shared_replays.rs"]
#[expect(dead_code, reason = "its main is not needed here")]
mod example;

use example::SharedReplays;

const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn secret() -> Secret {
    Secret::new("s3cret").unwrap()
}

/// As a server that has just started.
fn server(file: &Path) -> Guard {
    Guard::with_replays(SharedReplays::open(file).expect("a database"))
}

fn admit(server: &Guard, app: &str, jti: &str, exp: u64, now: u64) -> Result<(), VerifyError> {
    let claims = Claims::new("me", app).with_jti(jti).expires_at(at(exp));
    let token = Credentials::new(ClientId::new(app).unwrap(), secret()).sign(&claims).unwrap();
    let apps =
        |_: &str| Verifier::hmac(Algorithm::Hs256, &secret()).ok().map(|verifier| verifier.scopes(["s"]));
    server.admit(&apps, [token.expose().as_bytes()], "s", at(now)).map(drop)
}

#[test]
fn a_token_is_accepted_once_across_servers_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("used.sqlite");
    let (one, other) = (server(&file), server(&file));
    assert_eq!(admit(&one, "cs-1", "a", NOW + 60, NOW), Ok(()));
    assert_eq!(admit(&other, "cs-1", "a", NOW + 60, NOW), Err(VerifyError::Replay));
    assert_eq!(admit(&other, "cs-2", "a", NOW + 60, NOW), Ok(()), "each app has its own");
    assert_eq!(admit(&one, "cs-2", "a", NOW + 60, NOW), Err(VerifyError::Replay));
    drop((one, other));
    assert_eq!(admit(&server(&file), "cs-1", "a", NOW + 60, NOW + 59), Err(VerifyError::Replay));
}

#[test]
fn one_of_many_concurrent_uses_of_a_token_is_admitted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("used.sqlite");
    drop(server(&file));
    let admitted = std::thread::scope(|scope| {
        let ask = || {
            let server = server(&file);
            (0..5).map(|_| admit(&server, "cs-1", "a", NOW + 60, NOW)).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
    });
    assert_eq!(admitted.iter().filter(|said| said.is_ok()).count(), 1);
    assert_eq!(admitted.iter().filter(|said| **said == Err(VerifyError::Replay)).count(), 19, "{admitted:?}");
}

#[test]
fn expired_tokens_are_freed_but_not_by_one_that_expires_sooner() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("used.sqlite");
    let server = server(&file);
    let entries = || {
        let database = rusqlite::Connection::open(&file).unwrap();
        database.query_row("SELECT count(*) FROM used", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(admit(&server, "cs-1", "a", NOW + 3600, NOW), Ok(()));
    assert_eq!(admit(&server, "cs-1", "a", NOW + 1, NOW), Err(VerifyError::Replay));
    assert_eq!(admit(&server, "cs-1", "b", NOW + 5000, NOW + 1500), Ok(()));
    assert_eq!((entries(), admit(&server, "cs-1", "a", NOW + 3600, NOW + 2)), (2, Err(VerifyError::Replay)));
    assert_eq!(admit(&server, "cs-1", "c", NOW + 9000, NOW + 8000), Ok(()));
    assert_eq!(entries(), 2, "the first is gone, an hour after its end");
}

#[test]
fn a_failing_store_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("used.sqlite");
    let server = server(&file);
    rusqlite::Connection::open(&file).unwrap().execute_batch("DROP TABLE used").unwrap();
    assert_eq!(admit(&server, "cs-1", "a", NOW + 60, NOW), Err(VerifyError::ReplaysFailed));
}
