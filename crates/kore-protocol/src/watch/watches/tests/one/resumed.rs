//! Watches that resume from a token.

use super::*;

use crate::Quota;
use crate::request_log::LATEST_ARRIVAL;

fn wall(seconds: u64) -> Now {
    Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) }
}

/// The token of a watch that has used up the requests of a minute.
fn used_up(now: Now) -> ResumeToken<BotImportId> {
    let settings = Settings { pacing: Pacing::fixed(LEAST_WAIT), ..Settings::default() };
    let mut first = Pair::with(settings, SECOND, now);
    for _ in 0..60 {
        first.poll();
        first.respond("pending");
    }
    first.cancel();
    first.end().resume().expect("not over").clone()
}

fn resume(token: &ResumeToken<BotImportId>, timeout: Duration, now: Now) -> Result<Pair, DeadlineTooSoon> {
    Pair::resume(token, Some(timeout), Settings::default(), now)
}

#[test]
fn the_time_between_two_runs_counts() {
    let token = used_up(wall(1_000_000));
    let free_in =
        |passed: u64| resume(&token, SECOND, wall(1_000_000 + passed)).map_err(|error| error.free_in);
    assert!(free_in(0).is_err_and(|free| free > 59 * SECOND));
    assert!(free_in(40).is_err_and(|free| (19 * SECOND..21 * SECOND).contains(&free)));
    assert_eq!(free_in(61).expect("a minute later").left(), [60, 1740]);
    assert_eq!(free_in(3601).expect("an hour later").left(), [60, 1800]);
}

#[test]
fn no_time_counts_if_the_wall_clock_was_set_back() {
    let token = used_up(wall(1_000_000));
    for seconds in [0, 1, 999_999] {
        let error = resume(&token, SECOND, wall(seconds)).expect_err("no time has passed");
        assert!(error.free_in > 59 * SECOND, "{error}");
    }
}

#[test]
fn a_token_says_the_soonest_deadline_that_its_rate_limit_allows() {
    let now = wall(1_000_000);
    let token = used_up(now);
    let free_in = token.free_in();
    assert!((59 * SECOND..=60 * SECOND).contains(&free_in), "{free_in:?}");
    assert!(resume(&token, free_in + SECOND, now).is_ok());
    assert!(resume(&token, free_in - SECOND, now).is_err());
    let mut pair = Pair::new(SECOND);
    pair.poll();
    pair.cancel();
    assert_eq!(pair.end().resume().expect("not over").free_in(), Duration::ZERO);
}

#[test]
fn the_time_between_two_runs_counts_for_the_pace() {
    let token = used_up(wall(1_000_000));
    let mut pair = resume(&token, 60 * SECOND, wall(1_000_100)).expect("a poll is allowed");
    pair.poll();
    pair.respond("pending");
    let pace = pair.poll();
    assert!((4 * SECOND..=5 * SECOND).contains(&pace), "the pace of one who waits for 100 s: {pace:?}");
}

#[test]
fn no_wall_clock_makes_a_resumed_watch_panic() {
    let day = Duration::from_secs(86_400);
    let years = |n| day * 365 * n;
    let epoch = SystemTime::UNIX_EPOCH;
    let times = [epoch - years(2000), epoch - SECOND, epoch, epoch + years(9000), epoch + years(200_000)];
    for wall in times {
        let token = used_up(Now { instant: Instant::now(), wall });
        for wall in times {
            let now = Now { instant: Instant::now(), wall };
            assert!(resume(&token, 61 * SECOND, now).is_ok());
        }
    }
    for at in [i64::MIN, i64::MAX] {
        let json = format!(r#"{{"v":2,"id":"bir-1","at":{at},"waited":0,"left":0,"requests":[[{at},9]]}}"#);
        let token: ResumeToken<BotImportId> = serde_json::from_str(&json).expect("a token");
        assert!(times.into_iter().all(|wall| {
            let now = Now { instant: Instant::now(), wall };
            resume(&token, 3700 * SECOND, now).is_ok()
        }));
    }
}

#[test]
fn a_resumed_watch_stays_within_the_rate_limit_with_the_first() {
    let settings = || Settings { pacing: Pacing::fixed(SECOND / 10), ..Settings::default() };
    let now = start();
    let mut first = Pair::with(settings(), 600 * SECOND, now);
    for _ in 0..50 {
        first.poll();
        first.respond("pending");
    }
    first.cancel();
    let now = first.now;
    let End::Cancelled(unended) = first.end() else { panic!("not cancelled") };
    let json = serde_json::to_string(&unended.resume).expect("a token is JSON");
    let token: ResumeToken<BotImportId> = serde_json::from_str(&json).expect("the same token");
    assert_eq!(token, unended.resume);

    let mut second = Pair::resume(&token, None, settings(), now).expect("a poll is allowed");
    assert_eq!(second.deadline - now.instant, token.left());
    for _ in 0..10 {
        second.poll();
        second.respond("pending");
    }
    let waited = second.poll();
    assert!(waited > 50 * SECOND, "{waited:?}");
    assert!(second.events().iter().any(|event| matches!(event, Event::Throttled { .. })));
}

#[test]
fn a_resumed_watch_whose_deadline_is_too_soon_is_an_error_at_once() {
    let settings = || Settings { pacing: Pacing::fixed(LEAST_WAIT), ..Settings::default() };
    let now = start();
    let mut first = Pair::with(settings(), SECOND, now);
    for _ in 0..60 {
        first.poll();
        first.respond("pending");
    }
    first.cancel();
    let now = first.now;
    let End::Cancelled(unended) = first.end() else { panic!("not cancelled") };
    let error = Pair::resume(&unended.resume, Some(30 * SECOND), settings(), now).expect_err("60 polls");
    assert!(error.free_in > 59 * SECOND, "{error}");
    assert!(error.to_string().ends_with("the next poll in 60 s"), "{error}");
}

#[test]
fn a_token_of_another_version_is_refused_by_its_number() {
    let json = r#"{"v":1,"id":"bir-1","waited":0,"left":0,"polls":[]}"#;
    let error = serde_json::from_str::<ResumeToken<BotImportId>>(json).expect_err("version 1").to_string();
    assert!(error.starts_with("this is version 1 of the resume token"), "{error}");
}

#[test]
fn a_token_counts_no_more_requests_than_the_quotas() {
    let polls = vec![format!("[0,{}]", u32::MAX); 1000].join(",");
    let json = format!(
        r#"{{"v":2,"at":0,"id":"bir-1","waited":{},"left":{},"requests":[{polls}]}}"#,
        u64::MAX,
        u64::MAX
    );
    let token: ResumeToken<BotImportId> = serde_json::from_str(&json).expect("a token");
    let now = start();
    let pair = Pair::resume(&token, None, Settings::default(), now).expect("a poll is allowed in an hour");
    assert_eq!(pair.left(), [0, 0]);
}

#[test]
fn a_hostile_token_costs_little_memory_and_blocks_for_minutes_at_most() {
    let entries = vec!["[9,4294967295]"; 100_000].join(",");
    let bomb = format!(r#"{{"v":2,"at":0,"id":"bir-1","waited":0,"left":60000,"requests":[{entries}]}}"#);
    let token: ResumeToken<BotImportId> = serde_json::from_str(&bomb).expect("a token");
    assert_eq!(token.ages(Quota::DOCUMENTED, SystemTime::UNIX_EPOCH).count(), 1800);

    let late = r#"{"v":2,"at":0,"id":"bir-1","waited":0,"left":60000,"requests":[[-86400000000,60]]}"#;
    let token: ResumeToken<BotImportId> = serde_json::from_str(late).expect("a token");
    let now = start();
    let resumed = Pair::resume(&token, None, Settings::default(), now);
    let Err(DeadlineTooSoon { free_in }) = resumed else { panic!("no poll is allowed") };
    assert_eq!(free_in, LATEST_ARRIVAL + 60 * SECOND);
}
