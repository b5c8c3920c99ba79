//! The platform behind a socket.

mod body;
mod connections;
mod stream;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Either;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use kore_protocol::Refusal;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

pub(crate) use body::Bodies;
use body::Kept;
pub(crate) use connections::Busy;
pub(crate) use stream::Reset;

use crate::clock::Clock;
use crate::control::{Control, ControlBody, Noted};
use crate::faults::{AnswerBody, FaultyWay, deliver};
use crate::platform::Platform;
use connections::{Connections, Slot};
use stream::Stream;

/// The most of a request's head, and of what waits behind it, in bytes. That there are at most 100
/// fields is hyper's own bound.
const MAX_HEAD: usize = 32 * 1024;

/// How long requests that are under way may take after a stop.
const GRACE: Duration = Duration::from_secs(2);

/// What clients may take of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) connections: usize,
    pub(crate) read_timeout: Duration,
    /// How long a client may take nothing of an answer.
    pub(crate) write_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 4096,
            read_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
        }
    }
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) platform: Arc<Platform>,
    pub(crate) faults: Arc<FaultyWay>,
    pub(crate) clock: Clock,
    pub(crate) control: Option<Arc<Control>>,
    pub(crate) bounds: Bounds,
    pub(crate) bodies: Bodies,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::Acceptor>,
}

impl Server {
    /// Serves until it is stopped, and lets requests that are under way end.
    pub(crate) async fn serve(self, listener: TcpListener, mut stopped: oneshot::Receiver<()>) {
        let server = Arc::new(self);
        let connections = Connections::new(server.bounds.connections);
        let graceful = GracefulShutdown::new();
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            let stream = tokio::select! {
                stream = next(&listener, &connections) => stream,
                never = connections.evict_after(server.bounds.read_timeout) => match never {},
                _ = &mut stopped => break,
            };
            while tasks.try_join_next().is_some() {}
            tasks.spawn(Arc::clone(&server).connection(stream, connections.open(), graceful.watcher()));
        }
        drop(listener);
        if let Some(control) = &server.control {
            control.stop();
        }
        connections.evict_all();
        // The tasks go on for the grace period, and end with the set when this function returns.
        let _ = timeout(GRACE, graceful.shutdown()).await;
    }

    async fn connection(self: Arc<Self>, tcp: TcpStream, slot: Arc<Slot>, watcher: Watcher) {
        // Small answers are not held back for more; that the option cannot be set changes nothing else.
        let _ = tcp.set_nodelay(true);
        let reset = Reset::default();
        let stream = Stream::new(tcp, reset.clone(), self.bounds.write_timeout);
        tokio::select! {
            () = self.secured(stream, reset, &slot, watcher) => {}
            () = slot.evicted() => {}
        }
    }

    #[cfg(feature = "tls")]
    async fn secured(self: Arc<Self>, stream: Stream, reset: Reset, slot: &Arc<Slot>, watcher: Watcher) {
        let Some(tls) = &self.tls else { return self.http(stream, reset, slot, watcher).await };
        match tls.accept(stream).await {
            Ok(stream) => self.http(stream, reset, slot, watcher).await,
            // A client that does not trust the certificate, as a rule.
            Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
        }
    }

    #[cfg(not(feature = "tls"))]
    async fn secured(self: Arc<Self>, stream: Stream, reset: Reset, slot: &Arc<Slot>, watcher: Watcher) {
        self.http(stream, reset, slot, watcher).await;
    }

    async fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self: Arc<Self>,
        stream: S,
        reset: Reset,
        slot: &Arc<Slot>,
        watcher: Watcher,
    ) {
        let mut http = http1::Builder::new();
        // The bound on idle connections is also that on the time for a head.
        http.header_read_timeout(None).max_buf_size(MAX_HEAD);
        let service = service_fn(|request| {
            let (server, reset, busy) = (Arc::clone(&self), reset.clone(), slot.busy());
            async move {
                let answer = server.answer_on_a_faulty_way(request, &reset).await?;
                Ok::<_, io::Error>(answer.map(|body| Kept::new(body, busy)))
            }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended badly");
        }
    }

    async fn answer_on_a_faulty_way(
        &self,
        request: Request<Incoming>,
        reset: &Reset,
    ) -> io::Result<Response<Either<AnswerBody, ControlBody>>> {
        if let Some(control) = self.control.as_ref().filter(|_| Control::has(request.uri().path())) {
            return Ok(control.answer(request).await.map(Either::Right));
        }
        let now = self.clock.now();
        let noted = Noted::new(request.method(), request.uri().path());
        let mut decision = self.faults.decide(request.method(), request.uri().path(), now.wall);
        let (fault, is_answered) = decision.told();
        let response = match decision.answer.take() {
            Some(answer) => answer,
            None if request.body().is_end_stream() => {
                self.platform.answer(&request.map(|_| Bytes::new()), now)
            }
            None => self.answer_with_body(request).await,
        };
        if let Some(control) = &self.control {
            control.note(noted.fault(fault, is_answered), &response);
        }
        deliver(decision, response, reset).await.map(|response| response.map(Either::Left))
    }

    /// The platform sees the request once all of it is there.
    async fn answer_with_body(&self, request: Request<Incoming>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        match timeout(self.bounds.read_timeout, self.bodies.read(body)).await {
            Ok(Ok(body)) => self.platform.answer(&Request::from_parts(parts, body), self.clock.now()),
            Ok(Err(why)) => {
                tracing::debug!(?why, "the body of a request was not read");
                Refusal::InvalidArguments.to_http()
            }
            Err(_) => {
                tracing::debug!("the body of a request took too long");
                Refusal::InvalidArguments.to_http()
            }
        }
    }
}

/// The next connection, once there is room for it.
async fn next(listener: &TcpListener, connections: &Connections) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.room().await;
                return stream;
            }
            Err(error) => {
                // Out of file descriptors, as a rule; others are still served.
                let evicted = connections.evict();
                tracing::warn!(%error, evicted, "cannot accept a connection");
                let pause = if evicted { 1 } else { 50 };
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    }
}
