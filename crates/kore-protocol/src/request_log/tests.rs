//! What a log allows at the edges of both quotas, and how long a request counts.

use super::*;

type Log = RequestLog<Millis>;

const SECOND: Duration = Duration::from_secs(1);

/// Sends a request that has its response at once.
fn request(log: &mut Log, at: Instant) -> Result<(), Instant> {
    log.take(at)?;
    log.release(at);
    Ok(())
}

#[test]
fn the_61st_of_a_minute_waits_until_the_first_is_a_minute_old() {
    let start = Instant::now();
    let mut log = Log::new(Quota::DOCUMENTED, start);
    for n in 0..60 {
        assert_eq!(log.left(start + n * SECOND / 2)[0], 60 - n);
        request(&mut log, start + n * SECOND / 2).expect("allowed");
    }
    let free = start + 60 * SECOND;
    assert_eq!(log.take(start + 30 * SECOND), Err(free));
    assert_eq!(log.take(free - Duration::from_millis(1)), Err(free));
    request(&mut log, free).expect("allowed after exactly the period");
    assert_eq!(log.take(free), Err(free + SECOND / 2));
}

#[test]
fn the_1801st_of_an_hour_waits_although_the_minute_has_room() {
    let start = Instant::now();
    let mut log = Log::new(Quota::DOCUMENTED, start);
    for n in 0..1800 {
        request(&mut log, start + n * SECOND).expect("allowed");
    }
    let now = start + 1800 * SECOND;
    assert_eq!(log.left(now), [1, 0]);
    assert_eq!(log.take(now), Err(start + 3600 * SECOND));
    assert_eq!(log.left(now), [1, 0], "a refusal does not count");
}

#[test]
fn a_request_counts_until_one_period_after_its_response() {
    let start = Instant::now();
    let mut log = Log::new([Quota::new(1, 10 * SECOND), Quota::PER_HOUR], start);
    log.take(start).expect("allowed");
    assert_eq!(log.take(start + 20 * SECOND), Err(start + 30 * SECOND), "it is under way");
    log.release(start + 4 * SECOND);
    assert_eq!(log.take(start + 13 * SECOND), Err(start + 14 * SECOND));
    assert_eq!(log.take(start + 14 * SECOND), Ok(()));
}

#[test]
fn parts_of_a_millisecond_make_a_request_count_for_longer() {
    let start = Instant::now();
    let mut log = Log::new([Quota::new(1, SECOND), Quota::PER_HOUR], start);
    request(&mut log, start + Duration::from_micros(1)).expect("allowed");
    assert_eq!(log.take(start + SECOND), Err(start + SECOND + Duration::from_millis(1)));
}

#[test]
fn a_log_made_of_ages_allows_the_same_requests() {
    let start = Instant::now();
    let mut log = Log::new(Quota::DOCUMENTED, start);
    for n in 0..40 {
        request(&mut log, start + n * SECOND).expect("allowed");
    }
    log.take(start + 40 * SECOND).expect("allowed");
    log.abandon(start + 40 * SECOND, start + 70 * SECOND);
    let now = start + 41 * SECOND;
    let ages: Vec<_> = log.ages(now).collect();
    assert_eq!((ages[0], ages[39], ages[40]), (41_000, 2_000, -29_000));
    let mut again = Log::new(Quota::DOCUMENTED, now);
    again.add_ages(now, ages.into_iter());
    assert_eq!(again.left(now), log.left(now));
    for _ in 0..19 {
        request(&mut again, now).expect("allowed");
    }
    assert_eq!(again.take(now), Err(start + 60 * SECOND));
    assert_eq!(again.left(now + 88 * SECOND)[0], 59, "what was under way counts for a minute more");
}

#[test]
fn a_request_that_may_still_arrive_does_not_hide_older_ones() {
    let start = Instant::now();
    let mut log = Log::new([Quota::PER_MINUTE, Quota::new(2, 100 * SECOND)], start);
    request(&mut log, start).expect("allowed");
    log.take(start + 80 * SECOND).expect("allowed");
    log.abandon(start + 80 * SECOND, start + 110 * SECOND);
    assert_eq!(log.take(start + 81 * SECOND), Err(start + 100 * SECOND));
}

#[test]
fn a_year_of_silence_changes_nothing() {
    let start = Instant::now();
    let mut log = Log::new([Quota::new(1, 10 * SECOND), Quota::PER_HOUR], start);
    let later = start + 366 * 86_400 * SECOND;
    request(&mut log, later).expect("allowed");
    assert_eq!(log.take(later + SECOND), Err(later + 10 * SECOND));
}

#[test]
fn the_log_is_bounded_and_moves_its_origin() {
    let start = Instant::now();
    let mut log = Log::new(Quota::DOCUMENTED, start);
    // 60 days, with a request every half hour.
    for n in 0..60 * 48 {
        request(&mut log, start + n * 1800 * SECOND).expect("allowed");
        assert!(log.released.len() <= 3);
    }
    let last = start + (60 * 48 - 1) * 1800 * SECOND;
    assert_eq!(log.ages(last).collect::<Vec<_>>(), [1_800_000, 0]);
}

#[test]
fn single_calls_beyond_the_rate_limit_take_no_more_room_and_count_as_before() {
    let start = Instant::now();
    let mut log = Log::new([Quota::new(2, 10 * SECOND), Quota::new(5, 100 * SECOND)], start);
    for n in 0..1000 {
        log.count(start + n * SECOND / 100, start + n * SECOND / 100);
        assert!(log.released.len() <= 5);
    }
    // The fifth last was counted at 9.95 s, the last but one at 9.98 s.
    let now = start + 10 * SECOND;
    assert_eq!(log.left(now), [0, 0]);
    assert_eq!(
        log.each_free_at(now),
        [start + SECOND * 998 / 100 + 10 * SECOND, start + SECOND * 995 / 100 + 100 * SECOND]
    );
}
