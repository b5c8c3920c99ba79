//! The built-in transport, on hyper: the SDK and the command use it unless they are given another one.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy;
use kore_protocol::{Body, BodyLimit};

use self::pools::Pools;
use self::proxy::{Proxies, Proxy};
use self::time_limit::TimeLimit;
use crate::collect::{collect, pour};
use crate::failure::{self, find, peer};
use crate::send_body::{SendBody, Sending};
use crate::{BodySink, Phase, PlainHttp, RequestTimeout, Transport, TransportError};

mod blocking;
mod builder;
mod connector;
mod pools;
mod provider;
mod proxy;
mod seconds;
mod stream;
mod time_limit;
mod tls;
mod tunnel;

pub use self::blocking::BlockingHyperTransport;
pub use self::builder::HyperTransportBuilder;
pub use self::proxy::ProxySettings;

/// A transport on hyper: HTTP/1.1 and HTTP/2, a pool of connections, TLS by rustls, proxies.
///
/// It needs a tokio runtime with IO and time; [`BlockingHyperTransport`] brings its own. Clones share the
/// pool. A transport in a `static` may be used from several runtimes; each has its own connections.
///
/// A request with the mark [`NewConnection`](crate::NewConnection) gets a connection of its own. If the
/// server certainly did not process a request, since it refused the stream or closed the
/// connection, the request is sent again at once, at most twice. A request whose time runs out takes its
/// connection out of the pool.
///
/// ```
/// use std::time::Duration;
/// use kore_transport::HyperTransport;
///
/// let transport = HyperTransport::builder().request_timeout(Duration::from_secs(5)).build()?;
/// # Ok::<(), kore_transport::BuildError>(())
/// ```
#[derive(Clone)]
pub struct HyperTransport(Arc<Inner>);

struct Inner {
    pools: Pools,
    proxies: Arc<Proxies>,
    request_timeout: Duration,
    limit: BodyLimit,
    plain_http: PlainHttp,
}

impl HyperTransport {
    /// Starts with the default settings.
    pub fn builder() -> HyperTransportBuilder {
        HyperTransportBuilder::new()
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}

impl Transport for HyperTransport {
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
        Box::pin(self.0.within_its_time(request))
    }
}

/// How often a request is sent, if the server says each time that it did not process it.
const SENDS: u32 = 3;

impl Inner {
    /// A request whose body is poured may have a time for all of it; its timeout is that of a silence.
    async fn within_its_time(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let time = BodySink::of(&request).and_then(|sink| sink.time());
        let sent = self.exchange(request);
        let Some(time) = time else { return sent.await };
        let late = |_| TransportError::timeout(Phase::Body, "the time for the download");
        tokio::time::timeout(time, sent).await.unwrap_or_else(|over| Err(late(over)))
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self.plain_http.check(request.uri())?;
        let timeout = RequestTimeout::of(&request).unwrap_or(self.request_timeout);
        let sink = BodySink::of(&request);
        let (mut head, body) = request.into_parts();
        let proxy = self.proxies.reader_of(&head.uri)?;
        if let Some(auth) = proxy.as_ref().and_then(Proxy::auth) {
            head.headers.insert(PROXY_AUTHORIZATION, auth.clone());
        }
        let sending = Sending::of(&body);
        let timer = pin!(TimeLimit::timer(timeout));
        let mut limit = TimeLimit::new(timer, timeout, &sending);
        let mut sends = 1;
        let (response, mut in_flight) = loop {
            let request = Request::from_parts(head.clone(), SendBody::new(&body, sending.clone()));
            let (response, mut in_flight) = self.pools.send(request);
            let response = limit.before(response).await.ok_or_else(|| limit.error(Phase::Exchange))?;
            let error = match response {
                Ok(response) => break (response, in_flight),
                Err(error) => sending.take_failure().unwrap_or_else(|| failed(error, &head.uri)),
            };
            in_flight.over();
            // Sending again does not help a request that was not sent for a reason of its own.
            if error.phase() != Phase::Exchange || !error.is_unprocessed() || sends == SENDS {
                return Err(error);
            }
            // A server at its limit of streams keeps the connection, so it may be used again.
            if sends > 1 {
                in_flight.poison();
            }
            sends += 1;
        };
        let is_for_proxy = response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
        if let Some(proxy) = proxy.filter(|_| is_for_proxy) {
            in_flight.over();
            return Err(proxy.wants_password());
        }
        if let Some(sink) = sink.filter(|_| response.status() == StatusCode::OK) {
            let poured = pour(response, &sink, timeout).await;
            in_flight.over();
            return poured;
        }
        let broken = |start: &_, error| TransportError::cut_short(start).with_source(error);
        let whole = limit.before(collect(response, self.limit, broken)).await;
        let whole = whole.ok_or_else(|| limit.error(Phase::Body))?;
        in_flight.over();
        whole
    }
}

/// Turns the error of hyper's client into that of the transport.
fn failed(error: legacy::Error, uri: &Uri) -> TransportError {
    // The client wraps the error of the connector.
    if let Some(own) = find::<TransportError>(&error) {
        return own.without_response();
    }
    if let Some(tls) = tls::fault(&error, uri.host().unwrap_or_default()) {
        // The host may have read a part of the request.
        return tls.perhaps_processed().with_source(error);
    }
    if is_unprocessed(&error) {
        let why = "the server closed or refused the request's stream before it processed the request";
        return TransportError::new(Phase::Exchange, why).unprocessed().with_source(error);
    }
    let own = match find::<hyper::Error>(&error) {
        Some(hyper) if hyper.is_timeout() => TransportError::new(
            Phase::Exchange,
            format!("the connection to {} went silent: it answers no ping", peer(uri)),
        ),
        Some(hyper) if hyper.is_incomplete_message() => {
            TransportError::new(Phase::Exchange, "the connection was closed before an answer came")
        }
        // The runtime ended, or the task panicked.
        Some(hyper) if hyper.is_user() => TransportError::new(
            Phase::Exchange,
            "the tokio runtime that sent the request was shut down before the response came",
        ),
        _ => failure::exchange(&peer(uri), &error),
    };
    own.with_source(error)
}

/// Whether the server certainly did not process the request (RFC 9113, section 8.7): it was not sent, its
/// stream was refused, or a GOAWAY excludes its stream.
fn is_unprocessed(error: &legacy::Error) -> bool {
    let is_refused = |h2: &h2::Error| {
        // h2 reports GOAWAY only for the streams that it excludes, and a broken pipe for the others.
        h2.is_remote()
            && (h2.is_go_away() || h2.is_reset() && h2.reason() == Some(h2::Reason::REFUSED_STREAM))
    };
    find::<hyper::Error>(error).is_some_and(hyper::Error::is_canceled)
        || find::<h2::Error>(error).is_some_and(is_refused)
}
