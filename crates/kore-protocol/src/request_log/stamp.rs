//! The two widths of a time in a request log. A client may watch 100,000 jobs, so it saves memory. A
//! server is exact, so that it allows what a client may send.

use std::time::Duration;

/// How [`RequestLogs`](crate::RequestLogs) keep a time: as [`Millis`] or as [`Nanos`]. Sealed, since
/// a log has no use for another one.
pub trait Stamp: Sized + Sealed {}

impl<S: Sealed> Stamp for S {}

/// For clients: whole milliseconds in four bytes, rounded up. A request counts for up to a
/// millisecond longer than it has to, and never for less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(u32);

/// For servers: nanoseconds in eight bytes, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanos(u64);

pub trait Sealed: Copy + Ord {
    /// Half of the range. A log moves its origin when its stamps get there.
    const HALF: Duration;

    /// The stamp of that time after the origin, or the last one.
    fn at(since_origin: Duration) -> Self;

    /// The time after the origin.
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
