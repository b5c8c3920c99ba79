//! How long to wait after a failure.

use std::time::Duration;

/// Doubling waits with jitter that only lengthens, so that many watchers do not come back together
/// and none comes back sooner than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
}

impl Backoff {
    /// The first wait, which doubles with each failure up to the most. Jitter adds up to a quarter.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most }
    }

    /// After a failure on the way: 1 s doubling to 30 s.
    pub const TRANSIENT: Self = Self::new(Duration::from_secs(1), Duration::from_secs(30));

    /// After a rate limit that another's requests have reached too: 5 s doubling to 60 s.
    pub const RATE_LIMITED: Self = Self::new(Duration::from_secs(5), Duration::from_secs(60));

    /// The wait after that many failures in a row, of which the last is the one waited for.
    /// `random` is any number; the same one gives the same wait.
    pub fn wait(self, failures: u32, random: u64) -> Duration {
        let doubled =
            self.first.saturating_mul(1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let wait = doubled.min(self.most);
        // The upper half has the better bits in most generators.
        let part = (random >> 32) as u32;
        wait.saturating_add((wait / 4).mul_f64(f64::from(part) / f64::from(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_jitter_lengthens_only() {
        for (failures, seconds) in [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (40, 30), (u32::MAX, 30)] {
            let least = Duration::from_secs(seconds);
            assert_eq!(Backoff::TRANSIENT.wait(failures, 0), least, "{failures}");
            assert_eq!(Backoff::TRANSIENT.wait(failures, u64::MAX), least * 5 / 4, "{failures}");
        }
        assert_eq!(Backoff::new(Duration::MAX, Duration::MAX).wait(1, u64::MAX), Duration::MAX);
    }
}
