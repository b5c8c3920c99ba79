//! Random numbers that are the same everywhere.

use std::time::Duration;

/// Numbers that follow from a seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        kore_protocol::split_mix(&mut self.0)
    }

    /// From 0 to 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, part: f64) -> bool {
        self.part() < part
    }

    /// Each order of magnitude as likely as the next.
    pub(crate) fn log_uniform(&mut self, least: Duration, most: Duration) -> Duration {
        let (least, most) = (least.as_secs_f64().ln(), most.as_secs_f64().ln());
        Duration::from_secs_f64((least + (most - least) * self.part()).exp())
    }
}
