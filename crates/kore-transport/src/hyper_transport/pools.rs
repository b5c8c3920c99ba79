//! The pools of connections, one for each runtime that sends requests.
//!
//! A connection is driven by a task of the runtime that opened it. When that runtime ends, or pauses
//! between two calls of `block_on`, the connection stops too. So other runtimes cannot use it, and a
//! transport in a `static` has a pool for each runtime, until that runtime ends.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use http::Request;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::client::legacy::{Builder, Client, ResponseFuture};
use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;

use super::connector::Connector;
use crate::NewConnection;
use crate::send_body::SendBody;

pub(super) struct Pools {
    builder: Builder,
    /// The same without a pool, for requests that need a new connection.
    unpooled: Builder,
    connector: Connector,
    open: Arc<Mutex<Vec<Pool>>>,
}

struct Pool {
    runtime: Id,
    client: Client<Connector, SendBody>,
    /// When the pool is dropped, this ends the task that waits for the end of the runtime.
    _kept: oneshot::Sender<Infallible>,
}

impl Pools {
    pub(super) fn new(builder: Builder, connector: Connector) -> Self {
        let mut unpooled = builder.clone();
        unpooled.pool_max_idle_per_host(0);
        Self { builder, unpooled, connector, open: Arc::default() }
    }

    /// Sends a request over a connection of the current runtime, a new one if the request wants that.
    pub(super) fn send(&self, mut request: Request<SendBody>) -> (ResponseFuture, InFlight) {
        let may_be_http2 = request.uri().scheme() == Some(&Scheme::HTTPS);
        let connection = may_be_http2.then(|| capture_connection(&mut request));
        let in_flight = InFlight { connection, is_over: false };
        if NewConnection::is_wanted(&request) {
            let client = self.unpooled.build(self.connector.clone());
            return (client.request(request), in_flight);
        }
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

/// Lives in a task of the runtime. When the runtime ends, it is dropped and removes the pool.
struct EndOfRuntime {
    runtime: Id,
    open: Weak<Mutex<Vec<Pool>>>,
}

impl Drop for EndOfRuntime {
    fn drop(&mut self) {
        let Some(open) = self.open.upgrade() else { return };
        let mut open = lock(&open);
        let ended = open.iter().position(|pool| pool.runtime == self.runtime).map(|at| open.swap_remove(at));
        // Outside of the lock, since dropping a pool may wake other tasks.
        drop(open);
        drop(ended);
    }
}

fn lock(open: &Mutex<Vec<Pool>>) -> MutexGuard<'_, Vec<Pool>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request under way. If it is dropped before its end, since its time ran out, it takes its connection
/// out of the pool. Else the next HTTP/2 requests would use the same connection, whose other end may be
/// gone. Other requests on it are not affected.
pub(super) struct InFlight {
    /// `None` over plain HTTP, where there is no HTTP/2: an HTTP/1.1 connection closes with a request that
    /// is dropped.
    connection: Option<CaptureConnection>,
    is_over: bool,
}

impl InFlight {
    /// A response came, or an error that says what became of the connection.
    pub(super) fn over(&mut self) {
        self.is_over = true;
    }

    /// Makes later requests use another connection.
    pub(super) fn poison(&self) {
        let Some(connection) = &self.connection else { return };
        if let Some(connection) = connection.connection_metadata().as_ref() {
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
