//! The last poll after the deadline.

use super::*;

fn every(interval: Duration, timeout: Duration) -> Pair {
    let settings = Settings { pacing: Pacing::fixed(interval), ..Settings::default() };
    let now = start();
    Pair::with(settings, timeout, now)
}

/// Watches an import that is over at that time. Gives back how the watch ends, and how much later than
/// the deadline.
fn of_import_over_at(mut pair: Pair, over: Duration) -> (End<BotImportId, Failure>, Duration) {
    let (over, deadline) = (pair.now.instant + over, pair.deadline);
    loop {
        match pair.step() {
            Step::Poll if pair.now.instant >= over => pair.respond("success"),
            Step::Poll => pair.respond("pending"),
            Step::Wait(until) => pair.pass(until - pair.now.instant),
            Step::Ended => {
                let late = pair.now.instant.saturating_duration_since(deadline);
                return (pair.end(), late);
            }
        }
    }
}

#[test]
fn an_import_that_ended_after_the_poll_before_is_seen_at_the_deadline() {
    let millis = Duration::from_millis;
    for (interval, timeout, over) in [(Some(3000), 4000, 3300), (None, 9000, 8600), (Some(60_000), 2000, 1)] {
        let timeout = millis(timeout);
        let pair = || match interval {
            Some(interval) => every(millis(interval), timeout),
            None => Pair::new(timeout),
        };
        let (end, late) = of_import_over_at(pair(), millis(over));
        assert!(matches!(end, End::Succeeded(_)), "{interval:?} {timeout:?} {over:?}");
        assert_eq!(late, Duration::ZERO);
        let (end, late) = of_import_over_at(pair(), timeout + millis(1));
        assert!(matches!(end, End::DeadlineReached(_)), "it was not over at the deadline");
        assert_eq!(late, Duration::ZERO, "nothing is waited for after the last poll");
    }
}

#[test]
fn a_poll_under_way_at_the_deadline_is_the_last_one() {
    for (status, succeeds) in [("success", true), ("pending", false)] {
        let mut pair = Pair::new(10 * SECOND);
        pair.poll();
        pair.pass(10 * SECOND);
        let until = pair.now.instant + LAST_POLL;
        assert_eq!(pair.step(), Step::Wait(until));
        pair.pass(9 * SECOND);
        pair.respond(status);
        let events = pair.events();
        assert!(!events.iter().any(|event| matches!(event, Event::NextPoll { .. })), "{events:?}");
        assert_eq!(matches!(pair.end(), End::Succeeded(_)), succeeds);
    }
}

#[test]
fn a_last_poll_without_a_response_is_given_up_after_ten_seconds() {
    let mut pair = Pair::new(10 * SECOND);
    pair.poll();
    let deadline = pair.deadline;
    assert_eq!(pair.step(), Step::Wait(deadline));
    pair.pass(10 * SECOND);
    assert!(matches!(pair.step(), Step::Wait(_)));
    pair.pass(LAST_POLL);
    let left = pair.left();
    assert!(matches!(pair.end(), End::DeadlineReached(_)));
    assert_eq!(left, [59, 1799]);
}

#[test]
fn the_rate_limit_holds_for_the_last_poll() {
    // 60 polls from 1 s on: no more for a minute.
    for (timeout, waits) in [(30 * SECOND, None), (55 * SECOND, Some(6 * SECOND))] {
        let mut pair = every(LEAST_WAIT, timeout);
        pair.poll();
        pair.pass(SECOND);
        pair.respond("pending");
        for _ in 1..60 {
            pair.poll();
            pair.respond("pending");
        }
        pair.now.instant = pair.deadline;
        match waits {
            Some(waits) => {
                assert_eq!(pair.poll(), waits);
                pair.respond("success");
                assert!(matches!(pair.end(), End::Succeeded(_)));
            }
            None => assert!(matches!(pair.end(), End::DeadlineReached(_)), "it waits for nothing"),
        }
    }
}

#[test]
fn the_last_poll_waits_as_the_platform_asks_but_not_for_the_own_backoff() {
    let after = |time| Failure { retry_after: Some(RetryAfter::Delay(time)), ..transient() };
    let rate_limited = Failure { is_rate_limited: true, ..Failure::default() };
    for (failure, waits) in [
        (transient(), Some(Duration::ZERO)),
        (rate_limited, Some(Duration::ZERO)),
        (after(15 * SECOND), Some(5 * SECOND)),
        (after(25 * SECOND), None),
        (after(Duration::MAX), None),
    ] {
        let mut pair = every(SECOND, 10 * SECOND);
        pair.poll();
        pair.fail(failure.clone());
        pair.now.instant = pair.deadline;
        match waits {
            Some(waits) => assert_eq!(pair.poll(), waits, "{failure:?}"),
            None => assert!(matches!(pair.end(), End::DeadlineReached(_)), "{failure:?}"),
        }
    }
}

#[test]
fn a_last_poll_that_fails_is_reported_and_not_repeated() {
    let mut pair = Pair::new(10 * SECOND);
    pair.poll();
    pair.respond("pending");
    pair.events();
    pair.now.instant = pair.deadline;
    pair.poll();
    pair.fail(transient());
    assert!(pair.events().is_empty());
    let End::DeadlineReached(unended) = pair.end() else { panic!("it was not over") };
    assert_eq!(unended.trouble, Some(transient()));
    assert!(unended.last.is_some());

    let mut pair = Pair::new(10 * SECOND);
    pair.poll();
    pair.fail(transient());
    pair.now.instant = pair.deadline;
    pair.poll();
    pair.respond("pending");
    let End::DeadlineReached(unended) = pair.end() else { panic!("it was not over") };
    assert_eq!(unended.trouble, None, "it has passed");
}

#[test]
fn a_token_that_is_refused_at_the_deadline_is_renewed() {
    let mut pair = Pair::new(10 * SECOND);
    pair.now.instant = pair.deadline;
    pair.poll();
    pair.fail(unauthorised());
    assert_eq!(pair.poll(), Duration::ZERO);
    pair.respond("success");
    assert!(matches!(pair.end(), End::Succeeded(_)));
}

#[test]
fn a_cancelled_watch_has_no_last_poll() {
    for late in [Duration::ZERO, SECOND, 3600 * SECOND] {
        let mut pair = Pair::new(10 * SECOND);
        pair.poll();
        pair.respond("pending");
        pair.pass(10 * SECOND + late);
        pair.cancel();
        assert!(matches!(pair.end(), End::Cancelled(_)));
    }
    let mut pair = Pair::new(10 * SECOND);
    pair.pass(10 * SECOND);
    pair.poll();
    pair.cancel();
    assert!(matches!(pair.end(), End::Cancelled(_)), "in the middle of the last poll");
}

#[test]
fn an_owner_that_was_suspended_past_the_deadline_polls_once_more() {
    // While nothing was under way.
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.respond("pending");
    pair.pass(3600 * SECOND);
    assert_eq!(pair.poll(), Duration::ZERO);
    pair.respond("success");
    assert!(matches!(pair.end(), End::Succeeded(_)));
    // While a poll was under way. Its response is an old one.
    for fails in [false, true] {
        let mut pair = Pair::new(60 * SECOND);
        pair.poll();
        pair.pass(3600 * SECOND);
        match fails {
            true => pair.fail(transient()),
            false => pair.respond("pending"),
        }
        assert_eq!(pair.poll(), Duration::ZERO);
        pair.respond("pending");
        assert!(matches!(pair.end(), End::DeadlineReached(_)), "once, and no more");
    }
    // The time comes before the response.
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.pass(3600 * SECOND);
    assert!(matches!(pair.step(), Step::Wait(_)));
    pair.respond("pending");
    assert_eq!(pair.poll(), Duration::ZERO);
}

#[test]
fn times_at_the_end_of_the_range_of_the_clock_do_not_panic() {
    let mut instant = Instant::now();
    for exponent in (0..64).rev() {
        instant = instant.checked_add(Duration::from_secs(1 << exponent)).unwrap_or(instant);
    }
    for before in [0, 1, 5, 15, 3600, 86_400] {
        let start = instant - Duration::from_secs(before);
        let now = Now { instant: start, wall: SystemTime::UNIX_EPOCH };
        let watch = |watches: &mut Watches<_, _>| watches.watch(id(), Duration::MAX, now);
        let Ok(mut pair) = Pair::begin(Settings::default(), now, watch) else { continue };
        for n in 0..20 {
            match pair.step() {
                Step::Poll if n % 3 == 0 => pair.fail(transient()),
                Step::Poll => pair.respond("pending"),
                Step::Wait(until) => pair.now.instant = until,
                Step::Ended => break,
            }
        }
        pair.cancel();
        assert!(matches!(pair.step(), Step::Ended));
    }
}
