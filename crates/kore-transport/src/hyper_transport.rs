//! The transport on hyper.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy;
use kore_protocol::{Body, BodyLimit};
use tokio::task::unconstrained;

use self::connector::Connector;
use self::proxy::{Proxies, Proxy};
use crate::collect::collect;
use crate::failure::{self, find, peer};
use crate::{Phase, PlainHttp, Transport, TransportError};

mod blocking;
mod builder;
mod connector;
mod provider;
mod proxy;
mod stream;
mod tls;
mod tunnel;

pub use self::blocking::BlockingHyperTransport;
pub use self::builder::HyperTransportBuilder;
pub use self::proxy::ProxySettings;

/// HTTP/1.1 and HTTP/2 on hyper, with a pool of connections, TLS by rustls and proxies.
///
/// It needs a tokio runtime with IO and time around it; [`BlockingHyperTransport`] brings its own.
/// A clone shares the pool.
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
    client: legacy::Client<Connector, Full<Bytes>>,
    proxies: Arc<Proxies>,
    request_timeout: Duration,
    limit: BodyLimit,
    plain_http: PlainHttp,
}

impl HyperTransport {
    /// Begins with the defaults.
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
        Box::pin(self.0.exchange(self.0.prepare(request)))
    }
}

/// A request that is ready to go. Small, since futures that hold requests are costly to move.
struct Call {
    response: legacy::ResponseFuture,
    uri: Uri,
    /// The proxy that reads the request.
    proxy: Option<Proxy>,
}

impl Inner {
    fn prepare(&self, request: Request<Body>) -> Result<Call, TransportError> {
        self.plain_http.check(request.uri())?;
        let uri = request.uri().clone();
        let mut request = request.map(|body| Full::new(body.into_bytes()));
        let proxy = self.proxies.reader_of(&uri);
        if let Some(auth) = proxy.as_ref().and_then(Proxy::auth) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, auth.clone());
        }
        Ok(Call { response: self.client.request(request), uri, proxy })
    }

    async fn exchange(&self, call: Result<Call, TransportError>) -> Result<Response<Bytes>, TransportError> {
        let Call { response, uri, proxy } = call?;
        // Without a budget, so that a host which never stops sending does not hold the limit off.
        let mut limit = pin!(unconstrained(tokio::time::sleep(self.request_timeout)));
        let timeout = |phase| {
            let limit = format!("{} for the whole request", Seconds(self.request_timeout));
            TransportError::timeout(phase, limit)
        };
        let response = before(limit.as_mut(), response).await.ok_or_else(|| timeout(Phase::Exchange))?;
        let response = response.map_err(|error| failed(error, &uri))?;
        if let (Some(proxy), StatusCode::PROXY_AUTHENTICATION_REQUIRED) = (proxy, response.status()) {
            return Err(proxy.wants_password());
        }
        let broken = |start: &_, error| TransportError::cut_short(start).with_source(error);
        let whole = collect(response, self.limit, broken);
        before(limit.as_mut(), whole).await.ok_or_else(|| timeout(Phase::Body))?
    }
}

/// What the future gives, unless the limit comes first. One timer serves for all parts of a call.
async fn before<T>(mut limit: Pin<&mut impl Future>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => limit.as_mut().poll(cx).map(|_| None),
    })
    .await
}

/// The client's error as ours.
fn failed(error: legacy::Error, uri: &Uri) -> TransportError {
    // The connector's own error, which the client has wrapped.
    if let Some(own) = find::<TransportError>(&error) {
        return own.without_response();
    }
    if let Some(tls) = tls::fault(&error, uri.host().unwrap_or_default()) {
        return tls.with_source(error);
    }
    let own = match find::<hyper::Error>(&error) {
        Some(hyper) if hyper.is_incomplete_message() => {
            TransportError::new(Phase::Exchange, "the connection was closed before an answer came")
        }
        Some(hyper) if hyper.is_parse() => TransportError::new(
            Phase::Exchange,
            format!("what {} sent is not HTTP: check the port, or whether https:// is meant", peer(uri)),
        ),
        _ => failure::exchange(&error),
    };
    own.with_source(error)
}

/// "30 s", "0.25 s".
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}
