//! The time: read from a clock that a test may replace, and written as text.
//!
//! The server reads the clock once for each request and hands the time on, so that nothing below it
//! has a clock of its own. Snapshots, the log of requests and the page show it as [`Time`].

use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use kore_protocol::watch::Now;
use kore_types::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Both clocks: the one on the wall judges `exp` and `jti`, the monotonic one counts rate limits.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Now + Send + Sync>);

impl Clock {
    pub(crate) fn new(read: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) fn now(&self) -> Now {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(|| Now { instant: Instant::now(), wall: SystemTime::now() })
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// A time in RFC 3339 to the nanosecond, from 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) SystemTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_rfc3339_nanos(Timestamp::nearest(self.0)))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_rfc3339(&text).map(Self).map_err(|error| {
            de::Error::custom(format!("expected a time such as 2026-07-29T07:24:17.5Z: {error}"))
        })
    }
}
