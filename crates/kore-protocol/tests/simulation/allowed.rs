//! When a request is allowed, reckoned apart from the machine and as simply as can be.

use std::time::Duration;

/// Parts of milliseconds, which the machine rounds up wherever it keeps a time.
pub(crate) const ROUNDING: Duration = Duration::from_millis(5);

/// The requests of one import, by when they were answered or can arrive no more; times are since
/// the start.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    requests: Vec<Duration>,
    /// The platform asked not to be called before.
    not_before: Duration,
    /// A token tells requests of more than a minute ago by the minute.
    by_the_minute: bool,
}

impl Allowed {
    pub(crate) fn count(&mut self, released: Duration) {
        self.requests.push(released);
    }

    pub(crate) fn asked(&mut self, not_before: Duration) {
        self.not_before = not_before;
    }

    /// A token was written, of whose pause that much is not known.
    pub(crate) fn resumed(&mut self, unknown: Duration) {
        self.requests.iter_mut().for_each(|released| *released += unknown);
        self.by_the_minute = true;
        // It does not tell.
        self.not_before = Duration::ZERO;
    }

    /// The first time at or after `now` that breaks no rate limit and nothing that was asked.
    pub(crate) fn first(&self, now: Duration) -> Duration {
        let minute = Duration::from_secs(60);
        let late = if self.by_the_minute { minute } else { Duration::ZERO };
        let free = |most: usize, period: Duration, late: Duration| {
            let mut ends: Vec<_> = self.requests.iter().map(|released| *released + period + late).collect();
            ends.sort_unstable();
            ends.len().checked_sub(most).map_or(Duration::ZERO, |nth| ends[nth])
        };
        let hour = free(1800, minute * 60, late);
        now.max(self.not_before).max(free(60, minute, Duration::ZERO)).max(hour)
    }
}
