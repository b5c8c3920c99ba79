//! The error of a watch whose deadline comes before its rate limit allows a request.

use std::fmt;
use std::time::Duration;

/// The platform's windows have no slot for a look before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadlineTooSoon {
    /// How long it takes until a slot is free.
    pub free_in: Duration,
}

impl fmt::Display for DeadlineTooSoon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.free_in.is_zero() {
            return f.write_str("the deadline is too soon: it leaves no time for a look");
        }
        let seconds = self.free_in.as_secs_f64().ceil();
        write!(f, "the deadline is too soon: the platform's rate limits allow the next look in {seconds} s")
    }
}

impl std::error::Error for DeadlineTooSoon {}
