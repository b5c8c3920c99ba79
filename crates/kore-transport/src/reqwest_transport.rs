//! A reqwest client as a transport, for programs that have one already.

use std::error::Error;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::{Body, BodyLimit};
use reqwest::redirect::Policy;

use crate::collect::collect;
use crate::failure::{self, peer};
use crate::send_body::{SendBody, Sending};
use crate::{BuildError, Phase, PlainHttp, RequestTimeout, Transport, TransportError};

/// A [`reqwest::Client`] as a transport. TLS, proxies and timeouts are those of its builder. By default a
/// builder has no timeout, and uses the proxies of the environment. reqwest speaks TLS only with one of
/// its own features for it, such as `rustls`: this crate switches none on.
///
/// reqwest cannot send a single request over a new connection, as a request that must not be sent twice
/// needs ([`NewConnection`](crate::NewConnection)). Where imports are started, give the builder
/// `pool_max_idle_per_host(0)`: else a start that meets a connection which the server is closing is in
/// doubt.
///
/// A client does not say which requests go through a proxy. So a transport from [`new`](Self::new)
/// accepts only `https://`, unless plain HTTP may go [anywhere](PlainHttp::Anywhere). For `http://` to
/// this machine, such as to an emulator, use [`without_proxy`](Self::without_proxy).
///
/// ```
/// use std::time::Duration;
/// use kore_transport::ReqwestTransport;
///
/// let builder = reqwest::Client::builder().timeout(Duration::from_secs(30));
/// let transport = ReqwestTransport::new(builder)?;
/// # Ok::<(), kore_transport::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    is_direct: bool,
    limit: BodyLimit,
    plain_http: PlainHttp,
}

impl ReqwestTransport {
    /// Takes the builder and not the client, since redirects have to be switched off.
    ///
    /// # Errors
    /// If reqwest cannot build the client.
    pub fn new(builder: reqwest::ClientBuilder) -> Result<Self, BuildError> {
        Self::build(builder, false)
    }

    /// The same without any proxy, neither of the builder nor of the environment.
    ///
    /// # Errors
    /// If reqwest cannot build the client.
    pub fn without_proxy(builder: reqwest::ClientBuilder) -> Result<Self, BuildError> {
        Self::build(builder.no_proxy(), true)
    }

    /// Takes an existing client with its connections. It must have been built with [`Policy::none`], since
    /// the target of a redirect would get the token. If it has no timeout, set one for each call. It may
    /// have a proxy, so it accepts only `https://`, as with [`new`](Self::new).
    ///
    /// ```
    /// use kore_transport::ReqwestTransport;
    /// use reqwest::redirect::Policy;
    ///
    /// let client = reqwest::Client::builder().redirect(Policy::none()).build()?;
    /// let transport = ReqwestTransport::from_client(client)?;
    /// assert!(ReqwestTransport::from_client(reqwest::Client::new()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the client may follow redirects.
    pub fn from_client(client: reqwest::Client) -> Result<Self, BuildError> {
        // Only `Debug` of a client shows its policy. Other texts in it are escaped, so none can fake this.
        if !format!("{client:?}").contains(NO_REDIRECTS) {
            return Err(BuildError::new(
                "the reqwest client follows redirects, to where the token would go along: expected one that is \
                 built with redirect(Policy::none())",
            ));
        }
        Ok(Self { client, is_direct: false, limit: BodyLimit::DEFAULT, plain_http: PlainHttp::default() })
    }

    fn build(builder: reqwest::ClientBuilder, is_direct: bool) -> Result<Self, BuildError> {
        let client = builder.redirect(Policy::none()).build().map_err(|error| {
            let why = failure::innermost(&error);
            BuildError::new(format!("reqwest cannot build its client: {why}")).with_source(error)
        })?;
        Ok(Self { client, is_direct, limit: BodyLimit::DEFAULT, plain_http: PlainHttp::default() })
    }

    /// The longest body of a response. The default is [`BodyLimit::DEFAULT`].
    #[must_use]
    pub fn body_limit(mut self, limit: BodyLimit) -> Self {
        self.limit = limit;
        self
    }

    /// Where plain `http://` may go. The default is [`PlainHttp::Loopback`].
    #[must_use]
    pub fn plain_http(mut self, allowed: PlainHttp) -> Self {
        self.plain_http = allowed;
        self
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        if self.is_direct {
            self.plain_http.check(request.uri())?;
        } else {
            let instead = "https://, or a transport from ReqwestTransport::without_proxy";
            self.plain_http.check_of_unknown_way(request.uri(), instead)?;
        }
        let peer = peer(request.uri());
        let timeout = RequestTimeout::of(&request);
        let sending = Sending::of(request.body());
        let failed = |error: reqwest::Error| {
            sending.take_failure().unwrap_or_else(|| failed(&error, &peer).with_source(error))
        };
        let request = request.map(|body| match body.as_bytes() {
            Some(bytes) => reqwest::Body::from(bytes.clone()),
            None => reqwest::Body::wrap(SendBody::new(&body, sending.clone())),
        });
        let mut request = reqwest::Request::try_from(request).map_err(failed)?;
        if timeout.is_some() {
            *request.timeout_mut() = timeout;
        }
        let response = self.client.execute(request).await.map_err(failed)?;
        let broken = |start: &_, error: reqwest::Error| {
            if error.is_timeout() {
                TransportError::timeout(Phase::Body, LIMIT).with_source(error)
            } else {
                TransportError::cut_short(start).with_source(error)
            }
        };
        collect(Response::<reqwest::Body>::from(response), self.limit, broken).await
    }
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
        Box::pin(self.exchange(request))
    }
}

/// How `Debug` of a client without redirects shows its policy.
const NO_REDIRECTS: &str = r#"redirect_policy: "Policy(None)""#;

/// What hyper's connector says of `https://` without TLS.
const NO_TLS: &str = "invalid URL, scheme is not http";

const LIMIT: &str = "the limit that the reqwest client has";

fn failed(error: &reqwest::Error, peer: &str) -> TransportError {
    // The outermost text has the URL, whose words could be mistaken for a reason.
    let cause = error.source().unwrap_or(error);
    if error.is_timeout() {
        let phase = if error.is_connect() { Phase::Connect } else { Phase::Exchange };
        return TransportError::timeout(phase, LIMIT);
    }
    if error.is_builder() {
        let why = failure::innermost(cause);
        return TransportError::new(Phase::Refused, format!("not a request that reqwest sends: {why}"));
    }
    if failure::innermost(cause) == NO_TLS {
        let why = format!(
            "reqwest was built without TLS, so it cannot call {peer}: switch a feature for it on, such as rustls"
        );
        return TransportError::new(Phase::Refused, why);
    }
    let refused = failure::proxy_from_text(cause).or_else(|| failure::tls_from_text(cause, peer));
    if error.is_connect() {
        refused.unwrap_or_else(|| failure::connect(peer, cause))
    } else {
        refused.map_or_else(|| failure::exchange(peer, cause), TransportError::perhaps_processed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a build with TLS the connector is another one, and says nothing of the kind: then there is
    /// nothing to see here.
    #[test]
    fn https_without_tls_is_refused_and_says_what_is_missing() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let transport = ReqwestTransport::without_proxy(reqwest::Client::builder()).expect("a client");
        let request = Request::get("https://127.0.0.1:1/").body(Body::empty()).expect("a request");
        let error = runtime.block_on(transport.exchange(request)).expect_err("nothing listens there");
        match error.phase() {
            Phase::Refused => {
                assert!(!error.is_retryable() && error.to_string().contains("built without TLS"), "{error}");
            }
            phase => assert_eq!(phase, Phase::Connect, "{error}"),
        }
    }
}
