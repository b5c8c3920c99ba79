//! When a request is allowed, computed in the simplest way, to compare the watch with.

use std::time::Duration;

/// The watch rounds parts of milliseconds up wherever it keeps a time.
pub(crate) const ROUNDING: Duration = Duration::from_millis(5);

/// The requests of one import: when each had its response, or could arrive no more. Times count from
/// the start.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    requests: Vec<Duration>,
    /// The platform asked for no request before.
    not_before: Duration,
    /// Whether a token has grouped the requests by the minute.
    by_the_minute: bool,
}

impl Allowed {
    pub(crate) fn count(&mut self, released: Duration) {
        self.requests.push(released);
    }

    pub(crate) fn asked(&mut self, not_before: Duration) {
        self.not_before = not_before;
    }

    /// A watch resumed from a token, and does not know that much of the pause.
    pub(crate) fn resumed(&mut self, unknown: Duration) {
        self.requests.iter_mut().for_each(|released| *released += unknown);
        self.by_the_minute = true;
        // A token does not carry it.
        self.not_before = Duration::ZERO;
    }

    /// The first time from `now` on at which a request is allowed.
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
