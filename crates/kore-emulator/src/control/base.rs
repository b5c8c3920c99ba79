//! What the requests of the control share: the parts of the emulator that they show and change, the
//! log, and the places for those that take long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Response;
use tokio::sync::{Semaphore, watch};

use super::log::{Noted, RequestLog};
use super::recent::Recent;
use crate::Faults;
use crate::clock::Clock;
use crate::contents::Contents;
use crate::faults::FaultyWay;
use crate::platform::Platform;
use crate::state::State;

/// The most imports that are created here; a program may hold more.
pub(super) const MAX_IMPORTS: usize = 1_000_000;

/// How many snapshots are given at the same time.
pub(super) const MAX_SNAPSHOTS: usize = 8;

/// How many pages may follow what happens.
pub(super) const MAX_VIEWERS: usize = 32;

/// The control of one emulator.
#[derive(Debug)]
pub(crate) struct Control {
    pub(super) platform: Arc<Platform>,
    pub(super) faults: Arc<FaultyWay>,
    pub(super) clock: Clock,
    pub(super) state: Option<Arc<State>>,
    /// What the emulator was started with, for a reset.
    pub(super) start: (Contents, Faults),
    pub(super) log: Mutex<RequestLog>,
    pub(super) recent: Mutex<Recent>,
    pub(super) viewers: Arc<Semaphore>,
    /// One is read at a time: what it holds takes more room than its text.
    pub(super) restores: Semaphore,
    pub(super) snapshots: Arc<Semaphore>,
    pub(super) stopped: watch::Sender<bool>,
}

impl Control {
    pub(crate) fn new(
        platform: Arc<Platform>,
        faults: Arc<FaultyWay>,
        clock: Clock,
        state: Option<Arc<State>>,
        start: (Contents, Faults),
    ) -> Self {
        Self {
            platform,
            faults,
            clock,
            state,
            start,
            log: Mutex::default(),
            recent: Mutex::default(),
            viewers: Arc::new(Semaphore::new(MAX_VIEWERS)),
            restores: Semaphore::new(1),
            snapshots: Arc::new(Semaphore::new(MAX_SNAPSHOTS)),
            stopped: watch::Sender::new(false),
        }
    }

    /// Takes note of a request for the platform and its answer.
    pub(crate) fn note(&self, noted: Noted, response: &Response<Bytes>) {
        self.log().push(noted, response, self.clock.now().wall);
    }

    /// Ends the streams of events: no stop waits for a page that is open.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    pub(super) fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
