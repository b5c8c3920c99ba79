//! How often to look.

use std::time::Duration;

/// How long to wait before the next look: a part of the time waited so far, within bounds.
///
/// The default, 5 % and at least 1 s and at most 5 s, makes 43 looks in the first minute and some
/// 750 in an hour. Its end is seen half a second late on average while the import is short, and at
/// most 2.5 s late on average however long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    least: Duration,
    most: Duration,
}

impl Pacing {
    /// A twentieth of the time waited.
    const PART: u32 = 20;

    /// Waits of at least one bound and at most the other; `most` counts if they contradict.
    pub const fn between(least: Duration, most: Duration) -> Self {
        Self { least, most }
    }

    /// The same wait each time.
    pub const fn fixed(interval: Duration) -> Self {
        Self::between(interval, interval)
    }

    /// The wait before the next look, for one who has waited that long in all.
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

    fn looks(pacing: Pacing, until: Duration) -> usize {
        let mut waited = Duration::ZERO;
        let mut looks = 0;
        while waited < until {
            looks += 1;
            waited += pacing.wait(waited);
        }
        looks
    }

    #[test]
    fn the_default_is_as_it_says() {
        assert_eq!(looks(Pacing::default(), Duration::from_secs(60)), 43);
        let hour = looks(Pacing::default(), Duration::from_secs(3600));
        assert!((740..=760).contains(&hour), "{hour}");
    }

    #[test]
    fn a_fixed_interval_is_fixed() {
        assert_eq!(looks(Pacing::fixed(Duration::from_secs(30)), Duration::from_secs(3600)), 120);
    }
}
