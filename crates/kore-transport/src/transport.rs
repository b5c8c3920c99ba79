//! The two traits of an HTTP client, and their implementations for closures, references and `Arc`s. The
//! SDK sends every request through one of them.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::Body;

use crate::TransportError;

/// Sends a request and receives the whole response.
///
/// A response with any status is a success. A transport
///
/// - does not follow redirects, since the target would get the token;
/// - sends plain `http://` only to this machine ([`PlainHttp`](crate::PlainHttp));
/// - does not repeat a request that the server may have seen.
///
/// The request has an absolute URI and the headers `auth`, `accept`, `user-agent` and, with a body,
/// `content-type`. `host` and `content-length` are for the HTTP client to add.
///
/// A closure is a transport, and so is a tower service (`ServiceTransport`, feature `tower`). For
/// adapters of other clients, [`PlainHttp`](crate::PlainHttp) says whether a request may be sent,
/// [`RequestTimeout`](crate::RequestTimeout) says how long it may take,
/// [`NewConnection`](crate::NewConnection) whether it needs a connection of its own,
/// [`Collect`](crate::Collect) reads the response within a limit, and [`TransportError::from_connect`] and
/// [`TransportError::from_exchange`] read the error of the client.
///
/// ```
/// use std::pin::Pin;
///
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use kore_protocol::{Body, BodyLimit};
/// use kore_transport::{Collect, Phase, PlainHttp, Transport, TransportError};
/// # mod other {
/// #     /// Stands for a client with a type of its own for requests and responses.
/// #     #[derive(Clone)]
/// #     pub struct Client;
/// #     pub struct Reply(pub Vec<&'static str>);
/// #     impl Client {
/// #         pub async fn send(&self, _: &str, _: bytes::Bytes) -> std::io::Result<Reply> {
/// #             Ok(Reply(vec!["{", "}"]))
/// #         }
/// #     }
/// #     impl Reply {
/// #         pub async fn next(&mut self) -> Option<std::io::Result<bytes::Bytes>> {
/// #             (!self.0.is_empty()).then(|| Ok(self.0.remove(0).into()))
/// #         }
/// #     }
/// # }
///
/// /// Sends through another client.
/// struct Adapter(other::Client);
///
/// impl Transport for Adapter {
///     fn send(
///         &self,
///         request: Request<Body>,
///     ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
///         Box::pin(async move {
///             let uri = request.uri().clone();
///             PlainHttp::default().check(&uri)?;
///             let body = request.body().to_bytes();
///             let body = body.map_err(|error| TransportError::new(Phase::Content, error.to_string()))?;
///
///             let sent = self.0.send(&uri.to_string(), body).await;
///             let mut reply = sent.map_err(|error| TransportError::from_exchange(&uri, error))?;
///
///             // The status and the headers are those of the reply.
///             let (head, ()) = Response::new(()).into_parts();
///             let mut response = Collect::new(head, BodyLimit::DEFAULT);
///             while let Some(piece) = reply.next().await {
///                 match piece {
///                     Ok(piece) => response.push(piece)?,
///                     Err(error) => return Err(response.broken(error)),
///                 }
///             }
///             response.finish()
///         })
///     }
/// }
/// # let adapter: Box<dyn Transport> = Box::new(Adapter(other::Client));
/// # let request = Request::get("https://x.example").body(Body::empty()).expect("valid");
/// # let mut sending = adapter.send(request);
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(matches!(sending.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(got)) if got.body() == "{}"));
/// ```
pub trait Transport: Send + Sync {
    /// Sends one request. Dropping the future cancels it.
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>>;
}

/// Sends a request and receives the whole response, on the thread of the caller.
///
/// The blocking twin of [`Transport`], with the same rules.
pub trait BlockingTransport: Send + Sync {
    /// Sends one request.
    ///
    /// # Errors
    /// If no whole response arrived.
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError>;
}

impl<F, A> Transport for F
where
    F: Fn(Request<Body>) -> A + Send + Sync,
    A: Future<Output = Result<Response<Bytes>, TransportError>> + Send + 'static,
{
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
        Box::pin(self(request))
    }
}

impl<F> BlockingTransport for F
where
    F: Fn(Request<Body>) -> Result<Response<Bytes>, TransportError> + Send + Sync,
{
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self(request)
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
        (**self).send(request)
    }
}

impl<T: BlockingTransport + ?Sized> BlockingTransport for Arc<T> {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        (**self).send(request)
    }
}

impl Transport for Box<dyn Transport> {
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
        (**self).send(request)
    }
}

impl BlockingTransport for Box<dyn BlockingTransport> {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        (**self).send(request)
    }
}
