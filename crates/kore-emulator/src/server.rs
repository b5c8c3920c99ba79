//! The server: connections, their bounds, and the way from a request to its answer.
//!
//! A client may take a place among the connections, a time for its request and for its answer, and
//! a share of the room for bodies; whatever it does, others are served.

mod stream;
mod upload;

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{DATE, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use kore_protocol::Refusal;
use kore_types::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::Now;
use crate::bodies::{AnswerBody, Bodies, MAX_BODY, Unread};
use crate::clock::Clock;
use crate::control::{Control, Noted};
use crate::faults::{FaultyWay, deliver};
use crate::platform::{Platform, Why};
use crate::reset::Reset;
use crate::state::State;
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
    pub(crate) state: Option<Arc<State>>,
    pub(crate) bounds: Bounds,
    pub(crate) bodies: Bodies,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::Acceptor>,
}

impl Server {
    /// Serves until it is stopped, and lets requests that are under way end.
    pub(crate) async fn serve(self, listener: TcpListener, mut stopped: oneshot::Receiver<()>) {
        let server = Arc::new(self);
        let places = Arc::new(Semaphore::new(server.bounds.connections));
        let graceful = GracefulShutdown::new();
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            let (tcp, place) = tokio::select! {
                next = next(&listener, &places) => next,
                _ = &mut stopped => break,
            };
            while tasks.try_join_next().is_some() {}
            let (server, watcher) = (Arc::clone(&server), graceful.watcher());
            tasks.spawn(async move {
                server.connection(tcp, watcher).await;
                drop(place);
            });
        }
        drop(listener);
        if let Some(control) = &server.control {
            control.stop();
        }
        // The tasks go on for the grace period, and end with the set when this function returns.
        let _ = timeout(GRACE, graceful.shutdown()).await;
    }

    async fn connection(self: Arc<Self>, tcp: TcpStream, watcher: Watcher) {
        // Small answers are not held back for more; that the option cannot be set changes nothing else.
        let _ = tcp.set_nodelay(true);
        let reset = Reset::default();
        let stream = Stream::new(tcp, reset.clone(), self.bounds.write_timeout);
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return match timeout(self.bounds.read_timeout, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.http(stream, reset, watcher).await,
                // A client that does not trust the certificate, as a rule.
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            };
        }
        self.http(stream, reset, watcher).await;
    }

    async fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self: Arc<Self>,
        stream: S,
        reset: Reset,
        watcher: Watcher,
    ) {
        let mut http = http1::Builder::new();
        // Its own date makes a panic before 1970 and after 9999.
        http.auto_date_header(false);
        // The time counts between two requests too: that is how an idle connection ends.
        http.timer(TokioTimer::new()).header_read_timeout(self.bounds.read_timeout).max_buf_size(MAX_HEAD);
        let service = service_fn(|request| {
            let (server, reset) = (Arc::clone(&self), reset.clone());
            async move {
                let mut answer = server.answer_on_a_faulty_way(request, &reset).await?;
                date(answer.headers_mut(), server.clock.now().wall);
                Ok::<_, io::Error>(answer)
            }
        });
        let served = http.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(served).await {
            tracing::debug!(%error, "a connection ended badly");
        }
    }

    async fn answer_on_a_faulty_way(
        &self,
        request: Request<Incoming>,
        reset: &Reset,
    ) -> io::Result<Response<AnswerBody>> {
        if let Some(control) = self.control.as_ref().filter(|_| Control::has(request.uri().path())) {
            return Ok(control.answer(request, &self.bodies).await);
        }
        let now = self.clock.now();
        let noted = Noted::new(request.method(), request.uri().path());
        let mut decision = self.faults.decide(request.method(), request.uri().path(), now.wall);
        let (fault, is_answered) = decision.told();
        let response = match decision.answer.take() {
            Some(answer) => answer,
            None => self.answer_of_the_platform(request, now).await,
        };
        if let Some(control) = &self.control {
            control.note(noted.fault(fault, is_answered), &response);
        }
        deliver(decision, response, reset).await
    }

    /// The platform sees the request once all of it is there.
    async fn answer_of_the_platform(&self, request: Request<Incoming>, now: Now) -> Response<Bytes> {
        let is_whole = request.body().is_end_stream();
        let (parts, body) = request.into_parts();
        if Platform::is_upload(&parts) {
            return self.upload(&parts, body, now).await;
        }
        match self.bodies.read(body, MAX_BODY, self.bounds.read_timeout).await {
            Ok(body) => {
                let now = if is_whole { now } else { self.clock.now() };
                let changes = parts.method != Method::GET;
                let is_long = Platform::is_long(&parts);
                let request = Request::from_parts(parts, body.bytes().clone());
                let response = if is_long {
                    let platform = Arc::clone(&self.platform);
                    let answered = tokio::task::spawn_blocking(move || platform.answer(&request, now)).await;
                    answered.unwrap_or_else(|_| Refusal::InternalServerError.to_http())
                } else {
                    self.platform.answer(&request, now)
                };
                if changes { self.saved(response).await } else { response }
            }
            Err(why) => unread(why),
        }
    }

    /// The token comes first, and the file is read only then.
    async fn upload(&self, parts: &Parts, mut body: Incoming, now: Now) -> Response<Bytes> {
        let client = match self.platform.admit_upload(parts, now) {
            Ok(client) => client,
            Err(refused) => {
                // Who still sends would not see the answer if the connection ended.
                let rest = async { while body.frame().await.is_some_and(|frame| frame.is_ok()) {} };
                let _ = timeout(self.bounds.read_timeout, rest).await;
                return self.platform.refuse(parts.uri.path(), refused);
            }
        };
        let (form, share) = match self.bodies.read_form(&parts.headers, body, self.bounds.read_timeout).await
        {
            Ok(read) => read.unzip(),
            Err(why) => return unread(why),
        };
        let (platform, now) = (Arc::clone(&self.platform), self.clock.now());
        // A long file takes a while to read: others go on meanwhile.
        let uploaded = tokio::task::spawn_blocking(move || platform.upload(&client, form, now)).await;
        drop(share);
        self.saved(uploaded.unwrap_or_else(|_| Refusal::InternalServerError.to_http())).await
    }

    /// The answer, once what it acknowledges is in the state file.
    async fn saved(&self, response: Response<Bytes>) -> Response<Bytes> {
        let Some(state) = self.state.clone().filter(|_| response.status().is_success()) else {
            return response;
        };
        match tokio::task::spawn_blocking(move || state.save()).await {
            Ok(Ok(())) => response,
            failed => {
                let mut response = Refusal::InternalServerError.to_http();
                let why = failed.map_or_else(|error| error.to_string(), |saved| format!("{saved:?}"));
                response.extensions_mut().insert(Why(format!("the state cannot be saved: {why}")));
                response
            }
        }
    }
}

fn unread(why: Unread) -> Response<Bytes> {
    tracing::debug!(?why, "the body of a request was not read");
    let is_ours = why == Unread::NoRoom;
    let refusal = if is_ours { Refusal::InternalServerError } else { Refusal::InvalidArguments };
    let mut response = refusal.to_http();
    response.extensions_mut().insert(Why(format!("the body was not read: {why:?}")));
    response
}

/// The next connection, once there is a place for it.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await.expect("it is never closed");
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => return (tcp, place),
            Err(error) => {
                // Out of file descriptors, as a rule; others are still served.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Sets the date of a response that has none.
fn date(headers: &mut HeaderMap, wall: SystemTime) {
    let date = httpdate::fmt_http_date(Timestamp::nearest(wall));
    headers.entry(DATE).or_insert_with(|| HeaderValue::try_from(date).expect("a date is ASCII"));
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_response_has_a_date_whatever_the_clock_shows() {
        let year = Duration::from_secs(365 * 86_400);
        for (wall, expected) in [
            (UNIX_EPOCH - year * 100, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (UNIX_EPOCH + Duration::from_secs(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"),
            (UNIX_EPOCH + year * 9000, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            let mut headers = HeaderMap::new();
            date(&mut headers, wall);
            assert_eq!(headers[DATE], expected);
        }
        let mut headers = HeaderMap::from_iter([(DATE, HeaderValue::from_static("mine"))]);
        date(&mut headers, UNIX_EPOCH);
        assert_eq!(headers[DATE], "mine");
    }
}
