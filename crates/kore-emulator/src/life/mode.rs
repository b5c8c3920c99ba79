//! What moves a living import on: the argument of those who create one, and a word in a snapshot.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What moves an import on.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mode {
    /// It is at its end at once, or at the first task that never ends.
    AtOnce,
    /// Tasks take the time that the scenario says.
    Time {
        /// How much faster than that.
        speed: Speed,
    },
    /// Tasks end by being polled, whatever the time: the first poll sees the first task run.
    Looks {
        /// How many polls end a task.
        each: NonZeroU32,
    },
}

impl Mode {
    /// By time, as the scenario says.
    pub const TIME: Self = Self::Time { speed: Speed::REAL };
    /// Each poll ends a task.
    pub const LOOKS: Self = Self::Looks { each: NonZeroU32::MIN };
}

/// How much faster than real time: a number over 0, such as 10 or 0.5.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "f64")]
pub struct Speed(f64);

impl TryFrom<f64> for Speed {
    type Error = InvalidSpeed;

    fn try_from(factor: f64) -> Result<Self, InvalidSpeed> {
        Self::new(factor)
    }
}

/// A number that is no [`Speed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidSpeed;

impl fmt::Display for InvalidSpeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a number over 0, such as 10 or 0.5")
    }
}

impl std::error::Error for InvalidSpeed {}

impl Speed {
    /// Neither faster nor slower.
    pub const REAL: Self = Self(1.0);

    /// That many times faster.
    ///
    /// # Errors
    /// [`InvalidSpeed`] unless it is a finite number over 0.
    pub fn new(factor: f64) -> Result<Self, InvalidSpeed> {
        if factor.is_finite() && factor > 0.0 { Ok(Self(factor)) } else { Err(InvalidSpeed) }
    }

    /// How long that takes at this speed; at most what a `Duration` holds.
    pub(crate) fn took(self, duration: Duration) -> Duration {
        if self == Self::REAL {
            return duration;
        }
        Duration::try_from_secs_f64(duration.as_secs_f64() / self.0).unwrap_or(Duration::MAX)
    }

    /// How long a time is at this speed; at most what a `Duration` holds.
    pub(crate) fn of(self, elapsed: Duration) -> Duration {
        if self == Self::REAL {
            return elapsed;
        }
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * self.0).unwrap_or(Duration::MAX)
    }
}

impl FromStr for Speed {
    type Err = InvalidSpeed;

    fn from_str(text: &str) -> Result<Self, InvalidSpeed> {
        text.trim().parse().map_err(|_| InvalidSpeed).and_then(Self::new)
    }
}
