//! How wide a time stands in a request log: a client that watches 100,000 jobs saves memory, a
//! server is exact.

use std::time::Duration;

/// A time in a [`RequestLogs`](crate::RequestLogs), as [`Millis`] or as [`Nanos`]. Sealed: the log
/// has no use for others.
pub trait Stamp: Sized + Sealed {}

impl<S: Sealed> Stamp for S {}

/// Four bytes: whole milliseconds, rounded up, so that a request counts for a little longer and
/// never for less long. For clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(u32);

/// Eight bytes, exact. For servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanos(u64);

pub trait Sealed: Copy + Ord {
    /// Half of what it can name; a log moves its origin on before it gets there.
    const HALF: Duration;

    /// So long after the origin, or as late as it can name.
    fn at(since_origin: Duration) -> Self;

    /// How long after the origin.
    fn since_origin(self) -> Duration;
}

impl Sealed for Millis {
    const HALF: Duration = Duration::from_millis((u32::MAX / 2) as u64);

    fn at(since_origin: Duration) -> Self {
        Self(u32::try_from(since_origin.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX))
    }

    fn since_origin(self) -> Duration {
        Duration::from_millis(self.0.into())
    }
}

impl Sealed for Nanos {
    const HALF: Duration = Duration::from_nanos(u64::MAX / 2);

    fn at(since_origin: Duration) -> Self {
        Self(u64::try_from(since_origin.as_nanos()).unwrap_or(u64::MAX))
    }

    fn since_origin(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}
