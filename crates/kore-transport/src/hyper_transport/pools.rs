//! The connections, a pool for each runtime that sends requests.
//!
//! A connection is driven by a task of the runtime that opened it. Another runtime cannot rely on
//! it: the first may end, or rest between two calls of `block_on`, and the connection with it. So a
//! transport in a `static` has a pool in each runtime that uses it, until that runtime ends.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use http::Request;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::client::legacy::{Builder, Client, ResponseFuture};
use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;

use super::connector::Connector;
use crate::send_body::SendBody;

pub(super) struct Pools {
    builder: Builder,
    connector: Connector,
    open: Arc<Mutex<Vec<Pool>>>,
}

struct Pool {
    runtime: Id,
    client: Client<Connector, SendBody>,
    /// Ends the task that waits for the end of the runtime, when the pool is dropped.
    _kept: oneshot::Sender<Infallible>,
}

impl Pools {
    pub(super) fn new(builder: Builder, connector: Connector) -> Self {
        Self { builder, connector, open: Arc::default() }
    }

    /// Sends a request over a connection of the runtime that this is called in.
    pub(super) fn send(&self, mut request: Request<SendBody>) -> (ResponseFuture, InFlight) {
        let in_flight = InFlight { connection: capture_connection(&mut request), is_over: false };
        let handle = Handle::current();
        let runtime = handle.id();
        let mut open = lock(&self.open);
        if let Some(pool) = open.iter().find(|pool| pool.runtime == runtime) {
            return (pool.client.request(request), in_flight);
        }
        let client = self.builder.build(self.connector.clone());
        let response = client.request(request);
        let (kept, dropped) = oneshot::channel();
        open.push(Pool { runtime, client, _kept: kept });
        drop(open);
        let end = EndOfRuntime { runtime, open: Arc::downgrade(&self.open) };
        handle.spawn(async move {
            let _end = end;
            let _ = dropped.await;
        });
        (response, in_flight)
    }
}

/// Lives in a task of the runtime, which is dropped with it.
struct EndOfRuntime {
    runtime: Id,
    open: Weak<Mutex<Vec<Pool>>>,
}

impl Drop for EndOfRuntime {
    fn drop(&mut self) {
        let Some(open) = self.open.upgrade() else { return };
        let mut open = lock(&open);
        let ended = open.iter().position(|pool| pool.runtime == self.runtime).map(|at| open.swap_remove(at));
        // What a pool drops may wake others.
        drop(open);
        drop(ended);
    }
}

fn lock(open: &Mutex<Vec<Pool>>) -> MutexGuard<'_, Vec<Pool>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request under way. Dropped before it is over, as when its time ran out, it takes its
/// connection out of the pool: with HTTP/2 the next request would go over the same one, and if its
/// other end is gone, so would all that follow. Other requests on it run on.
pub(super) struct InFlight {
    connection: CaptureConnection,
    is_over: bool,
}

impl InFlight {
    /// An answer came, or an error that says what became of the connection.
    pub(super) fn over(&mut self) {
        self.is_over = true;
    }

    /// Has later requests go over another connection.
    pub(super) fn poison(&self) {
        if let Some(connection) = self.connection.connection_metadata().as_ref() {
            connection.poison();
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.is_over {
            self.poison();
        }
    }
}
