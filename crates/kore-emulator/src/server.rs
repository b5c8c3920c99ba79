//! The platform behind a socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Either, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use kore_protocol::Refusal;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::control::{Control, ControlBody, Noted};
use crate::faults::{AnswerBody, FaultyWay, Reset, Stream, deliver};
use crate::platform::Platform;

/// No call that is served here has a body; this is room for those to come.
const MAX_REQUEST_BODY: usize = 1024 * 1024;

/// How long a client may take for the head of a request, its first byte included, and again for
/// its body.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long requests that are under way may take after a stop.
const GRACE: Duration = Duration::from_secs(2);

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) platform: Arc<Platform>,
    pub(crate) faults: Arc<FaultyWay>,
    pub(crate) clock: Clock,
    pub(crate) control: Option<Arc<Control>>,
}

impl Server {
    /// Serves until it is stopped, and lets requests that are under way end.
    pub(crate) async fn serve(self, listener: TcpListener, mut stopped: oneshot::Receiver<()>) {
        let server = Arc::new(self);
        let connections = GracefulShutdown::new();
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // Out of file descriptors, as a rule; others are still served.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
                Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
                _ = &mut stopped => break,
            };
            tasks.spawn(Arc::clone(&server).connection(stream, connections.watcher()));
        }
        drop(listener);
        if let Some(control) = &server.control {
            control.stop();
        }
        // The tasks go on for the grace period, and end with the set when this function returns.
        let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, watcher: Watcher) {
        // Small answers are not held back for more; that the option cannot be set changes nothing else.
        let _ = stream.set_nodelay(true);
        let reset = Reset::default();
        let stream = Stream::new(stream, reset.clone());
        let service =
            service_fn(move |request| Arc::clone(&self).answer_on_a_faulty_way(request, reset.clone()));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT);
        let connection = http.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended badly");
        }
    }

    async fn answer_on_a_faulty_way(
        self: Arc<Self>,
        request: Request<Incoming>,
        reset: Reset,
    ) -> io::Result<Response<Either<AnswerBody, ControlBody>>> {
        if let Some(control) = self.control.as_ref().filter(|_| Control::has(request.uri().path())) {
            return Ok(control.answer(request).await.map(Either::Right));
        }
        let now = self.clock.now().wall;
        let noted = Noted::new(request.method(), request.uri().path());
        let mut decision = self.faults.decide(request.method(), request.uri().path(), now);
        let (fault, is_answered) = decision.told();
        let response = match decision.answer.take() {
            Some(answer) => answer,
            None => self.answer(request).await,
        };
        if let Some(control) = &self.control {
            control.note(noted.fault(fault, is_answered), &response);
        }
        deliver(decision, response, &reset).await.map(|response| response.map(Either::Left))
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_REQUEST_BODY).collect();
        match tokio::time::timeout(READ_TIMEOUT, body).await {
            Ok(Ok(body)) => {
                self.platform.answer(&Request::from_parts(parts, body.to_bytes()), self.clock.now())
            }
            Ok(Err(_)) | Err(_) => {
                tracing::debug!("the body of a request did not arrive, or is too long");
                Refusal::InvalidArguments.to_http()
            }
        }
    }
}
