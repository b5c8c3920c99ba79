//! What a server admits at the edges of both quotas, and how long a log is kept.

use std::time::Duration;

use super::*;
use crate::Nanos;
use crate::bot_import::get_status::Request;

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

type Server = RequestLogs<Nanos>;

/// A request about one of many imports.
fn request(n: impl std::fmt::Display) -> Request {
    Request::new(format!("bir-{n}").parse().expect("valid"))
}

fn refused(refusal: Refusal, free_in: Duration) -> Result<(), Limited> {
    Err(Limited::new(refusal, free_in))
}

#[test]
fn the_61st_of_a_minute_is_refused_until_the_first_is_exactly_a_minute_old() {
    let start = Instant::now();
    let logs = Server::default();
    // A step that is not a whole number of milliseconds.
    let apart = Duration::from_nanos(1_333_333);
    for n in 0..60 {
        assert_eq!(logs.admit(&request(1), start + n * apart), Ok(()), "{n}");
    }
    let now = start + 60 * apart;
    assert_eq!(logs.admit(&request(1), now), refused(Refusal::MinuteLimit, 60 * SECOND - 60 * apart));
    assert_eq!(logs.admit(&request(1), start + 60 * SECOND - NANO), refused(Refusal::MinuteLimit, NANO));
    for n in 0..60 {
        let free = start + 60 * SECOND + n * apart;
        assert!(n == 0 || logs.admit(&request(1), free - NANO).is_err(), "{n} frees no sooner");
        assert_eq!(logs.admit(&request(1), free), Ok(()), "{n} frees exactly then");
    }
}

#[test]
fn the_1801st_of_an_hour_is_refused_although_the_minute_has_room() {
    let start = Instant::now();
    let logs = Server::default();
    for n in 0..1800 {
        assert_eq!(logs.admit(&request(1), start + n * SECOND), Ok(()), "{n}");
    }
    let now = start + 1800 * SECOND;
    assert_eq!(logs.admit(&request(1), now), refused(Refusal::HourLimit, 1800 * SECOND));
    assert_eq!(logs.admit(&request(1), start + 3600 * SECOND - NANO), refused(Refusal::HourLimit, NANO));
    assert_eq!(logs.admit(&request(1), start + 3600 * SECOND), Ok(()));
    assert_eq!(logs.admit(&request(1), start + 3600 * SECOND), refused(Refusal::HourLimit, SECOND));
}

#[test]
fn of_two_limits_that_are_reached_the_later_one_is_reported() {
    let start = Instant::now();
    let logs = Server::new([Quota::new(2, 60 * SECOND), Quota::new(3, 600 * SECOND)]);
    for at in [0, 580, 590] {
        assert_eq!(logs.admit(&request(1), start + at * SECOND), Ok(()));
    }
    // The hour allows a request at 600 s, the minute at 640 s.
    assert_eq!(logs.admit(&request(1), start + 595 * SECOND), refused(Refusal::MinuteLimit, 45 * SECOND));
    assert_eq!(logs.admit(&request(1), start + 640 * SECOND), Ok(()));
    assert_eq!(logs.admit(&request(1), start + 641 * SECOND), refused(Refusal::HourLimit, 539 * SECOND));
}

#[test]
fn a_refused_request_does_not_count() {
    let start = Instant::now();
    let logs = Server::new([Quota::new(1, 10 * SECOND), Quota::PER_HOUR]);
    assert_eq!(logs.admit(&request(1), start), Ok(()));
    for n in 1..10 {
        assert!(logs.admit(&request(1), start + n * SECOND).is_err());
    }
    assert_eq!(logs.admit(&request(1), start + 10 * SECOND), Ok(()));
}

#[test]
fn each_job_has_its_own_log() {
    let start = Instant::now();
    let logs = Server::new([Quota::new(1, SECOND), Quota::PER_HOUR]);
    assert_eq!(logs.admit(&request(1), start), Ok(()));
    assert_eq!(logs.admit(&request(2), start), Ok(()));
    assert!(logs.admit(&request(1), start).is_err());
}

#[test]
fn a_time_that_goes_back_counts_as_the_latest_one() {
    let start = Instant::now();
    let logs = Server::new([Quota::new(2, 10 * SECOND), Quota::PER_HOUR]);
    assert_eq!(logs.admit(&request(0), start), Ok(()));
    assert_eq!(logs.admit(&request(1), start + 5 * SECOND), Ok(()));
    assert_eq!(logs.admit(&request(1), start), Ok(()));
    assert_eq!(logs.admit(&request(1), start + SECOND), refused(Refusal::MinuteLimit, 10 * SECOND));
    assert_eq!(logs.admit(&request(1), start + 15 * SECOND), Ok(()));
}

#[test]
fn a_quota_of_zero_refuses_all_requests() {
    let logs = Server::new([Quota::new(0, SECOND), Quota::PER_HOUR]);
    assert_eq!(logs.admit(&request(1), Instant::now()), refused(Refusal::MinuteLimit, SECOND));
}

#[test]
fn idle_logs_are_dropped_and_none_while_a_request_counts() {
    let start = Instant::now();
    let logs = Server::new([Quota::new(9, 10 * SECOND), Quota::new(1, 100 * SECOND)]);
    // A new job each second, and each older one again at the last moment at which it is refused.
    for n in 0..1000 {
        let now = start + n * SECOND;
        assert_eq!(logs.admit(&request(n), now), Ok(()));
        if let Some(older) = n.checked_sub(99) {
            assert_eq!(logs.admit(&request(older), now), refused(Refusal::HourLimit, SECOND), "{n}");
        }
        assert!(logs.len() <= 300, "{n}: {}", logs.len());
    }
    assert_eq!(logs.admit(&request(0), start + 1200 * SECOND), Ok(()));
    assert_eq!(logs.len(), 1, "all others have been silent for two periods");
}

#[test]
fn many_idle_logs_are_dropped_by_the_next_request() {
    let start = Instant::now();
    let logs = Server::default();
    for n in 0..50_000 {
        logs.admit(&request(n), start + Duration::from_micros(n)).expect("the first of its key");
    }
    logs.admit(&request(0), start + 7201 * SECOND).expect("allowed");
    assert_eq!(logs.len(), 1);
}

/// The log is compared with a list that keeps everything.
#[test]
fn any_sequence_is_counted_as_a_plain_list_counts_it() {
    let start = Instant::now();
    let [minute, hour] = [Quota::new(3, 7 * SECOND), Quota::new(5, 31 * SECOND)];
    let logs = Server::new([minute, hour]);
    let mut taken: Vec<(u64, Duration)> = Vec::new();
    let (mut random, mut now, mut refusals) = (0x9e37_79b9_7f4a_7c15_u64, Duration::ZERO, 0);
    for n in 0..20_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let key = random % 5;
        // Now and then a long silence.
        now += if random % 97 == 0 { 40 * SECOND } else { SECOND.mul_f64((random >> 40) as f64 / 1.2e7) };
        let within = |quota: Quota| {
            let counts = |(of, at): &&(u64, Duration)| *of == key && now < *at + quota.period;
            taken.iter().rev().take(300).filter(counts).count() < quota.requests as usize
        };
        let free = within(minute) && within(hour);
        assert_eq!(logs.admit(&request(key), start + now).is_ok(), free, "request {n} at {now:?}");
        if free {
            taken.push((key, now));
        } else {
            refusals += 1;
        }
    }
    assert!((2_000..18_000).contains(&refusals), "{refusals} of both kinds are seen");
}

#[test]
fn the_log_of_a_job_outlives_its_watch() {
    let (logs, now) = (RequestLogs::<Millis>::default(), Instant::now());
    let clone = logs.clone();
    let first = clone.log(&request(1), now);
    first.lock().take(now).expect("allowed");
    first.lock().release(now);
    drop(first);
    assert_eq!(logs.log(&request(1), now).lock().left(now), [59, 1799]);
    assert_eq!(logs.log(&request(2), now).lock().left(now), [60, 1800]);
}

#[test]
fn idle_logs_of_a_client_are_dropped() {
    let (logs, start) = (RequestLogs::<Millis>::default(), Instant::now());
    let watched = logs.log(&request(0), start);
    for n in 1..10_000 {
        let now = start + Duration::from_secs(100) * n as u32;
        let log = logs.log(&request(n), now);
        log.lock().take(now).expect("allowed");
        log.lock().release(now);
    }
    assert!(logs.len() <= 2 * LEAST_SWEPT, "{}", logs.len());
    // The logs of a burst are dropped before there are twice as many.
    let later = start + Duration::from_secs(100_000_000);
    let count = |n| logs.log(&request(n), later).lock().count(later, later);
    (10_000..30_000).for_each(count);
    logs.log(&request(1), later + Duration::from_secs(5000));
    assert!(logs.len() <= 2, "{}", logs.len());
    watched.lock().take(start).expect("allowed");
    assert_eq!(logs.log(&request(0), start).lock().left(start)[0], 59, "one that is watched stays");
}
