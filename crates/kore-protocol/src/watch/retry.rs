//! How long a watch waits after a poll that failed.

use std::time::Duration;

/// Waits that double with each failure in a row. Jitter makes them longer, so that many watches do not
/// poll at the same moment; it never makes them shorter, so that none polls too soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
}

impl Backoff {
    /// Takes the first wait and the longest one. Jitter adds up to a quarter.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most }
    }

    /// After a failure of the network or the server: 1 s, doubling to 30 s.
    pub const TRANSIENT: Self = Self::new(Duration::from_secs(1), Duration::from_secs(30));

    /// After the platform refused a poll for its rate limit, since others poll the same job too: 5 s,
    /// doubling to 60 s.
    pub const RATE_LIMITED: Self = Self::new(Duration::from_secs(5), Duration::from_secs(60));

    /// The wait after that many failures in a row. The same `random` gives the same wait.
    pub fn wait(self, failures: u32, random: u64) -> Duration {
        let doubled =
            self.first.saturating_mul(1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let wait = doubled.min(self.most);
        // The upper bits of most generators are the better ones.
        let part = (random >> 32) as u32;
        wait.saturating_add((wait / 4).mul_f64(f64::from(part) / f64::from(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_only_lengthens_them() {
        for (failures, seconds) in [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (40, 30), (u32::MAX, 30)] {
            let least = Duration::from_secs(seconds);
            assert_eq!(Backoff::TRANSIENT.wait(failures, 0), least, "{failures}");
            assert_eq!(Backoff::TRANSIENT.wait(failures, u64::MAX), least * 5 / 4, "{failures}");
        }
        assert_eq!(Backoff::new(Duration::MAX, Duration::MAX).wait(1, u64::MAX), Duration::MAX);
    }
}
