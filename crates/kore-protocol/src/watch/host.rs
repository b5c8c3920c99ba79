//! Whether the host that is polled is the platform. A watch needs this to tell a wrong host from an
//! outage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Origin;

/// Whether a host has responded as the platform does: with a document of the API, or with the
/// platform's error body. Clones share it.
///
/// A page, a redirect or an empty body from a host that never responded so means that the host is
/// wrong: the watch ends at once. From a host that did, it is an outage: the watch goes on. A
/// [`ResumeToken`](super::ResumeToken) carries this to the next watch.
#[derive(Clone, Debug, Default)]
pub struct Host(Arc<AtomicBool>);

impl Host {
    /// Whether the host has responded as the platform does.
    pub fn is_platform(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes who wrote a response.
    pub fn note(&self, origin: Origin) {
        if origin == Origin::Platform {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}
