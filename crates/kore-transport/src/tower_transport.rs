//! A tower service as a transport, and a transport as a tower service, so that layers such as tracing or
//! limits can stand around either.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::{Body, Excerpt};
use tower_service::Service;

use crate::{Phase, PlainHttp, Transport, TransportError};

/// A tower service as a transport.
///
/// Each request runs on a clone of the service. A [`TransportError`] of the service stays as it is. Any
/// other error becomes the source of one of [`Phase::Exchange`].
///
/// ```
/// use std::time::Duration;
/// use kore_transport::ServiceTransport;
/// use tower::ServiceBuilder;
/// # use kore_transport::{Transport, TransportError};
/// # let transport = |_: http::Request<kore_protocol::Body>| async {
/// #     Ok::<_, TransportError>(http::Response::new(bytes::Bytes::new()))
/// # };
///
/// let layers = ServiceBuilder::new().timeout(Duration::from_secs(10));
/// let layered = ServiceTransport::around(transport, |inner| layers.service(inner));
/// ```
pub struct ServiceTransport<S> {
    // In a lock, so that a service need not be `Sync`. It is cloned there and used outside.
    service: Mutex<S>,
    /// `None` if a transport within the service keeps the rule.
    plain_http: Option<PlainHttp>,
}

impl<S> ServiceTransport<S> {
    /// Takes any service. It may send requests through a proxy, so it gets only `https://`, unless plain
    /// HTTP may go [anywhere](Self::allow_http).
    pub fn new(service: S) -> Self {
        Self { service: Mutex::new(service), plain_http: Some(PlainHttp::Loopback) }
    }

    /// Puts layers around a transport, which itself keeps the rule for plain HTTP.
    pub fn around<T: Transport + Clone + 'static>(
        transport: T,
        layers: impl FnOnce(TransportService<T>) -> S,
    ) -> Self {
        Self { service: Mutex::new(layers(TransportService::new(transport))), plain_http: None }
    }

    /// Gives plain HTTP to the service too.
    #[must_use]
    pub fn allow_http(mut self) -> Self {
        self.plain_http = None;
        self
    }
}

impl<S: Clone> Clone for ServiceTransport<S> {
    fn clone(&self) -> Self {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { service: Mutex::new(service), plain_http: self.plain_http }
    }
}

impl<S> fmt::Debug for ServiceTransport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceTransport").finish_non_exhaustive()
    }
}

impl<S> Transport for ServiceTransport<S>
where
    S: Service<Request<Body>, Response = Response<Bytes>> + Clone + Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
{
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let instead = "https://, or ServiceTransport::around a transport";
        let checked = self.plain_http.map(|policy| policy.check_of_unknown_way(request.uri(), instead));
        Box::pin(async move {
            checked.transpose()?;
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed)?;
            service.call(request).await.map_err(failed)
        })
    }
}

fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> TransportError {
    match error.into().downcast::<TransportError>() {
        Ok(own) => *own,
        Err(error) => {
            let why = Excerpt::new(error.to_string().as_bytes());
            TransportError::new(Phase::Exchange, format!("a service on the way failed: {why}"))
                .with_source(error)
        }
    }
}

/// A transport as a tower service, to put tower layers around it.
#[derive(Clone, Debug)]
pub struct TransportService<T>(T);

impl<T: Transport + Clone + 'static> TransportService<T> {
    /// Takes a transport, which is cloned for each request. An `Arc` of a transport is one.
    pub fn new(transport: T) -> Self {
        Self(transport)
    }
}

impl<T: Transport + Clone + 'static> Service<Request<Body>> for TransportService<T> {
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let transport = self.0.clone();
        Box::pin(async move { transport.send(request).await })
    }
}
