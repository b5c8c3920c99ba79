//! Sums of times that saturate where `std` panics. The request logs and the watch use them, since a
//! user may ask for a timeout of 500 years.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The shortest wait, so that no owner of a watch spins.
pub(crate) const LEAST_WAIT: Duration = Duration::from_millis(1);

/// A time that is further off never comes.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// `time` after `now`, or as late as the clock can represent.
pub(crate) fn later(now: Instant, time: Duration) -> Instant {
    let mut time = time.min(CENTURY);
    loop {
        match now.checked_add(time) {
            Some(later) => return later,
            None => time /= 2,
        }
    }
}

/// Whether a time has come, or comes within the shortest wait.
pub(crate) fn is_past(time: Instant, now: Instant) -> bool {
    time.saturating_duration_since(now) < LEAST_WAIT
}

/// Milliseconds since 1970 by the wall clock; negative before 1970.
pub(crate) fn wall_millis(wall: SystemTime) -> i64 {
    let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    match wall.duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last time that the clock can represent, to the second.
    fn last() -> Instant {
        let mut time = Instant::now();
        for exponent in (0..64).rev() {
            time = time.checked_add(Duration::from_secs(1 << exponent)).unwrap_or(time);
        }
        time
    }

    #[test]
    fn a_sum_stops_at_the_last_time_of_the_clock() {
        let now = Instant::now();
        assert_eq!(later(now, Duration::from_secs(5)), now + Duration::from_secs(5));
        assert_eq!(later(now, Duration::MAX), now + CENTURY);
        assert!(later(last(), Duration::MAX) >= last());
    }

    #[test]
    fn a_wall_clock_before_1970_is_negative() {
        assert_eq!(wall_millis(UNIX_EPOCH), 0);
        assert_eq!(wall_millis(UNIX_EPOCH + Duration::from_secs(2)), 2000);
        assert_eq!(wall_millis(UNIX_EPOCH - Duration::from_secs(2)), -2000);
    }
}
