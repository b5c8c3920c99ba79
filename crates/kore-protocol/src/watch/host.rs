//! Whether the host that is polled has shown that it is the platform.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Origin;

/// Whether a host has answered as the platform does: with a document of the API, or with the
/// platform's error body. Clones share it.
///
/// A watch that gets a page, a redirect or nothing at all from a host that never did so is told at
/// once that the host is wrong. From one that did it is an outage, and the watch goes on. A
/// [`ResumeToken`](super::ResumeToken) carries it to the next watch.
#[derive(Clone, Debug, Default)]
pub struct Host(Arc<AtomicBool>);

impl Host {
    /// Whether it has.
    pub fn is_platform(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes note of who wrote a response.
    pub fn note(&self, origin: Origin) {
        if origin == Origin::Platform {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}
