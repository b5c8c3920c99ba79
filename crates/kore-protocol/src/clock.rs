//! Sums of times at the limits of what a clock can name: none of them panics. Whatever keeps a time
//! uses them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The least that a wait lasts, so that no owner spins.
pub(crate) const LEAST_WAIT: Duration = Duration::from_millis(1);

/// What is later than that never comes, and a clock may not be able to name it.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// That long after `now`, or as far from it as the clock can name.
pub(crate) fn later(now: Instant, time: Duration) -> Instant {
    let mut time = time.min(CENTURY);
    loop {
        match now.checked_add(time) {
            Some(later) => return later,
            None => time /= 2,
        }
    }
}

/// Whether a time has come, or is too near to wait for.
pub(crate) fn is_past(time: Instant, now: Instant) -> bool {
    time.saturating_duration_since(now) < LEAST_WAIT
}

/// Milliseconds since 1970 by the clock on the wall; less than none before.
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

    /// The last time that the clock can name, to the second.
    fn last() -> Instant {
        let mut time = Instant::now();
        for exponent in (0..64).rev() {
            time = time.checked_add(Duration::from_secs(1 << exponent)).unwrap_or(time);
        }
        time
    }

    #[test]
    fn no_time_is_later_than_a_clock_can_name() {
        let now = Instant::now();
        assert_eq!(later(now, Duration::from_secs(5)), now + Duration::from_secs(5));
        assert_eq!(later(now, Duration::MAX), now + CENTURY);
        assert!(later(last(), Duration::MAX) >= last());
    }

    #[test]
    fn a_wall_clock_before_1970_is_less_than_none() {
        assert_eq!(wall_millis(UNIX_EPOCH), 0);
        assert_eq!(wall_millis(UNIX_EPOCH + Duration::from_secs(2)), 2000);
        assert_eq!(wall_millis(UNIX_EPOCH - Duration::from_secs(2)), -2000);
    }
}
