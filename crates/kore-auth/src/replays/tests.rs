//! How long a used `jti` is kept, and what happens when there is no more room.

use std::time::{Duration, UNIX_EPOCH};

use super::*;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn take(replays: &Replays, app: &str, jti: &str, exp: u64, now: u64) -> Result<(), VerifyError> {
    replays.take(&Used { app_id: app, jti, until: exp }, at(now))
}

#[test]
fn a_jti_is_used_once_in_each_app() {
    let replays = Replays::new();
    assert_eq!(take(&replays, "cs-1", "a", 100, 0), Ok(()));
    assert_eq!(take(&replays, "cs-1", "a", 100, 1), Err(VerifyError::Replay));
    assert_eq!(take(&replays, "cs-2", "a", 100, 1), Ok(()));
    assert_eq!(replays.len(), 2);
}

#[test]
fn an_entry_is_freed_when_its_token_expires_and_no_second_sooner() {
    let replays = Replays::new();
    assert_eq!(take(&replays, "cs-1", "a", 100, 0), Ok(()));
    assert_eq!(take(&replays, "cs-1", "a", 100, 99), Err(VerifyError::Replay));
    assert_eq!(replays.len(), 1);
    assert_eq!(take(&replays, "cs-2", "b", 200, 100), Ok(()));
    assert_eq!(replays.len(), 1, "that of cs-1 is gone");
}

#[test]
fn an_entry_is_kept_through_the_leeway_of_the_verifier() {
    let replays = Replays::new();
    let claims = Claims::new("me", "cs-1").with_jti("a").expires_at(at(100));
    let used = Used::of(&claims, Duration::from_secs(10)).expect("it has a jti");
    assert_eq!((used.app_id, used.jti, used.until_time()), ("cs-1", "a", Some(at(110))));
    assert_eq!(replays.take(&used, at(0)), Ok(()));
    assert_eq!(replays.take(&used, at(109)), Err(VerifyError::Replay));
    assert!(Used::of(&Claims::new("me", "cs-1"), Duration::ZERO).is_none(), "without a jti");
}

#[test]
fn another_token_with_the_same_jti_frees_nothing() {
    for (first, second) in [(3000, 2), (2, 3000)] {
        let replays = Replays::new();
        assert_eq!(take(&replays, "cs-1", "a", first, 0), Ok(()));
        assert_eq!(take(&replays, "cs-1", "a", second, 0), Err(VerifyError::Replay));
        assert_eq!(take(&replays, "cs-1", "a", 3000, 3), Err(VerifyError::Replay), "{first}");
        assert_eq!(replays.len(), 1, "{first} is kept");
        assert_eq!(take(&replays, "cs-1", "b", 4000, 3000), Ok(()));
        assert_eq!(replays.len(), 1, "{first}");
    }
}

#[test]
fn a_clock_set_back_revives_no_freed_token() {
    let replays = Replays::new();
    assert_eq!(take(&replays, "cs-1", "a", 100, 0), Ok(()));
    assert_eq!(take(&replays, "cs-1", "b", 9000, 5000), Ok(()), "a jump ahead frees the first");
    assert_eq!(take(&replays, "cs-1", "a", 100, 1), Err(VerifyError::Replay));
    assert_eq!(take(&replays, "cs-1", "c", 101, 1), Ok(()), "it ends later than all that was freed");
}

#[test]
fn a_token_freed_in_one_app_does_not_affect_another() {
    let replays = Replays::new();
    assert_eq!(take(&replays, "cs-1", "a", 9000, 0), Ok(()));
    // The clock is ahead for a moment, and frees the token of cs-1.
    assert_eq!(take(&replays, "cs-1", "b", 20_000, 10_000), Ok(()));
    assert_eq!(take(&replays, "cs-1", "a", 9000, 1), Err(VerifyError::Replay));
    assert_eq!(take(&replays, "cs-2", "a", 9000, 1), Ok(()), "cs-2 had none that was freed");
    assert_eq!(take(&replays, "cs-2", "a", 9000, 2), Err(VerifyError::Replay));
}

#[test]
fn a_full_app_is_refused_until_its_tokens_expire_and_none_is_forgotten() {
    let room = 10 * cost("00");
    let replays = Replays::bounded(room);
    for n in 0..10 {
        assert_eq!(take(&replays, "cs-1", &format!("{n:02}"), 100 + n, 0), Ok(()), "{n}");
    }
    assert_eq!(take(&replays, "cs-1", "10", 100, 50), Err(VerifyError::ReplaysFull));
    assert_eq!(take(&replays, "cs-1", "00", 100, 50), Err(VerifyError::Replay), "not forgotten");
    assert_eq!(take(&replays, "cs-2", "00", 100, 50), Ok(()), "another app has its own room");
    assert_eq!(take(&replays, "cs-1", "10", 300, 100), Ok(()), "the first has ended");
    assert_eq!(take(&replays, "cs-1", "11", 300, 100), Err(VerifyError::ReplaysFull));
}

#[test]
fn a_long_jti_counts_with_its_length() {
    let replays = Replays::bounded(10_000);
    assert_eq!(take(&replays, "cs-1", &"x".repeat(9_000), 100, 0), Ok(()));
    assert_eq!(take(&replays, "cs-1", &"y".repeat(9_000), 100, 0), Err(VerifyError::ReplaysFull));
    assert_eq!(take(&replays, "cs-1", "y", 100, 0), Ok(()));
}

#[test]
fn a_refused_app_leaves_nothing_behind() {
    let replays = Replays::bounded(0);
    assert_eq!(take(&replays, "cs-1", "a", 100, 0), Err(VerifyError::ReplaysFull));
    assert_eq!(take(&replays, "cs-2", "a", 100, 1), Err(VerifyError::ReplaysFull));
    assert_eq!(replays.memory().apps.len(), 1, "that of an earlier second is gone");
}

#[test]
fn the_default_room_holds_thirty_requests_a_second_for_an_hour() {
    let uuid = "034fc180-4f84-5c54-a963-5d85b76a36dc";
    assert!(Replays::BYTES_PER_APP / cost(uuid) >= 30 * 3600);
}

#[test]
fn expired_tokens_take_no_room() {
    let replays = Replays::new();
    for n in 0..10_000 {
        assert_eq!(take(&replays, "cs-1", &n.to_string(), n + 10, n), Ok(()));
        assert!(replays.len() <= 10);
    }
    let memory = replays.memory();
    let used = &memory.apps["cs-1"];
    assert!(used.until.capacity() <= 512 && used.ends.len() <= 10 && used.bytes <= 10 * cost("0000"));
}

#[test]
fn a_burst_leaves_no_large_table_behind() {
    let replays = Replays::new();
    for n in 0..10_000 {
        assert_eq!(take(&replays, "cs-1", &n.to_string(), 100 + n / 9_990 * 900, 0), Ok(()));
    }
    assert_eq!(take(&replays, "cs-1", "later", 1000, 100), Ok(()));
    assert_eq!(replays.len(), 11);
    assert!(replays.memory().apps["cs-1"].until.capacity() <= 256);
}
