//! A duration as error messages show it.

use std::fmt;
use std::time::Duration;

/// Shows "30 s" or "0.25 s".
pub(super) struct Seconds(pub(super) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}
