//! The two traits.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::Body;

use crate::TransportError;

/// Sends a request and receives the whole response.
///
/// Any status is an answer and no error. A transport follows no redirect, and retries nothing that
/// the server may have seen.
pub trait Transport: Send + Sync {
    /// Sends one request. Dropping the future gives the request up.
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
    /// If no whole answer arrived.
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
