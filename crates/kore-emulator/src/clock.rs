//! What time it is, as a test would have it.

use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use kore_protocol::watch::Now;

/// Both clocks: the one on the wall judges `exp` and `jti`, the monotonic one counts windows.
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
