//! The error of a watch whose deadline comes before its rate limit allows a request: its owner
//! hears of it at once, instead of waiting for a poll that cannot be.

use std::fmt;
use std::time::Duration;

/// The rate limit allows no poll before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadlineTooSoon {
    /// How long it takes until the rate limit allows a poll.
    pub free_in: Duration,
}

impl fmt::Display for DeadlineTooSoon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.free_in.is_zero() {
            return f.write_str("the deadline is too soon: it leaves no time for a poll");
        }
        let seconds = self.free_in.as_secs_f64().ceil();
        write!(f, "the deadline is too soon: the platform's rate limit allows the next poll in {seconds} s")
    }
}

impl std::error::Error for DeadlineTooSoon {}
