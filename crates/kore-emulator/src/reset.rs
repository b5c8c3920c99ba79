//! The word from a fault to the connection that it is to end with a reset.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Has the connection reset instead of closed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reset(Arc<AtomicBool>);

impl Reset {
    pub(crate) fn when_dropped(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_due(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
