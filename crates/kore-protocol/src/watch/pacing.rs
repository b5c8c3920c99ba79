//! How often a watch polls.

use std::time::Duration;

/// How long a watch waits before the next poll: 5 % of the time since it began, within bounds.
///
/// The default bounds are 1 s and 5 s. That makes 43 polls in the first minute and about 750 in an
/// hour. The end of a short job is seen half a second late on average, that of a long job 2.5 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    least: Duration,
    most: Duration,
}

impl Pacing {
    /// 5 % is a twentieth.
    const PART: u32 = 20;

    /// Waits between two bounds. If `least` is more than `most`, `most` counts.
    pub const fn between(least: Duration, most: Duration) -> Self {
        Self { least, most }
    }

    /// The same wait each time.
    pub const fn fixed(interval: Duration) -> Self {
        Self::between(interval, interval)
    }

    /// The wait before the next poll, `waited` after the watch began.
    pub(super) fn wait(self, waited: Duration) -> Duration {
        (waited / Self::PART).max(self.least).min(self.most)
    }
}

impl Default for Pacing {
    fn default() -> Self {
        Self::between(Duration::from_secs(1), Duration::from_secs(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polls(pacing: Pacing, until: Duration) -> usize {
        let mut waited = Duration::ZERO;
        let mut polls = 0;
        while waited < until {
            polls += 1;
            waited += pacing.wait(waited);
        }
        polls
    }

    #[test]
    fn the_default_polls_as_often_as_its_documentation_says() {
        assert_eq!(polls(Pacing::default(), Duration::from_secs(60)), 43);
        let hour = polls(Pacing::default(), Duration::from_secs(3600));
        assert!((740..=760).contains(&hour), "{hour}");
    }

    #[test]
    fn a_fixed_interval_stays_the_same() {
        assert_eq!(polls(Pacing::fixed(Duration::from_secs(30)), Duration::from_secs(3600)), 120);
    }
}
