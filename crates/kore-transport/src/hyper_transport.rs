//! The transport on hyper.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy;
use kore_protocol::{Body, BodyLimit};

use self::connector::Connector;
use self::proxy::Proxies;
use crate::collect::collect;
use crate::failure::{self, find, peer};
use crate::{Phase, PlainHttp, Transport, TransportError};

mod blocking;
mod builder;
mod connector;
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
        Box::pin(self.0.send(request))
    }
}

impl Inner {
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self.plain_http.check(request.uri())?;
        let mut request = request.map(|body| Full::new(body.into_bytes()));
        let proxy = self.proxies.reader_of(request.uri());
        if let Some(auth) = proxy.as_ref().and_then(|proxy| proxy.auth()) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, auth.clone());
        }
        // The phase that the time limit falls into.
        let mut phase = Phase::Exchange;
        let whole = async {
            let uri = request.uri().clone();
            let response = self.client.request(request).await.map_err(|error| failed(error, &uri))?;
            if let (Some(proxy), StatusCode::PROXY_AUTHENTICATION_REQUIRED) = (proxy, response.status()) {
                return Err(proxy.wants_password());
            }
            phase = Phase::Body;
            let broken = |start: &_, error| TransportError::cut_short(start).with_source(error);
            collect(response, self.limit, broken).await
        };
        match tokio::time::timeout(self.request_timeout, whole).await {
            Ok(result) => result,
            Err(_) => {
                let limit = format!("{} for the whole request", Seconds(self.request_timeout));
                Err(TransportError::timeout(phase, limit))
            }
        }
    }
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
