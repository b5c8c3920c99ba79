//! Tower layers around a transport.

use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::Body;
use kore_transport::{Phase, ServiceTransport, Transport, TransportError, TransportService};
use tower::{Service, ServiceBuilder};

use super::cases::{get, text};

/// Answers with the header that a layer added.
fn double() -> Arc<dyn Transport> {
    Arc::new(|request: Request<Body>| async move {
        let value = request.headers().get("x-layer").map_or("none", |value| value.to_str().unwrap());
        Ok::<_, TransportError>(Response::new(Bytes::from(value.to_owned())))
    })
}

#[tokio::test]
async fn a_stack_of_layers_is_a_transport() {
    let layers = ServiceBuilder::new().concurrency_limit(1).timeout(Duration::from_secs(30)).map_request(
        |mut request: Request<Body>| {
            request.headers_mut().insert("x-layer", "added".parse().unwrap());
            request
        },
    );
    let stack = ServiceTransport::around(double(), |inner| layers.service(inner));
    let transport: Arc<dyn Transport> = Arc::new(stack);
    for _ in 0..2 {
        assert_eq!(text(&transport.send(get("https://x/")).await.unwrap()), "added");
    }
}

#[tokio::test]
async fn a_transports_own_error_passes_through_a_stack() {
    let double = |_: Request<Body>| async {
        Err::<Response<Bytes>, _>(TransportError::timeout(Phase::Connect, "a while"))
    };
    let double: Arc<dyn Transport> = Arc::new(double);
    // The layer boxes the error.
    let stack = ServiceBuilder::new().timeout(Duration::from_secs(30)).service(TransportService::new(double));
    let error = ServiceTransport::new(stack).send(get("https://x/")).await.unwrap_err();
    assert!(error.phase() == Phase::Connect && error.is_timeout(), "{error}");
}

#[tokio::test]
async fn a_layers_error_is_shown() {
    let double = |_: Request<Body>| pending::<Result<Response<Bytes>, TransportError>>();
    let double: Arc<dyn Transport> = Arc::new(double);
    let stack =
        ServiceBuilder::new().timeout(Duration::from_millis(5)).service(TransportService::new(double));
    let error = ServiceTransport::new(stack).send(get("https://x/")).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Exchange);
    assert_eq!(error.to_string(), "no answer: a service on the way failed: request timed out");
}

/// Refuses a call that was not preceded by `poll_ready` on the same clone.
#[derive(Default)]
struct Strict {
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<Body>> for Strict {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(self.is_ready, "called before it was ready");
        ready(Ok(Response::default()))
    }
}

#[tokio::test]
async fn a_service_is_polled_for_readiness() {
    ServiceTransport::new(Strict::default()).send(get("https://x/")).await.unwrap();
}

#[tokio::test]
async fn plain_http_is_given_to_a_service_only_if_its_way_is_known() {
    for url in ["http://localhost:1/", "http://127.0.0.1/", "http://[::1]/", "http://platform.test/"] {
        let service = || TransportService::new(double());
        let error = ServiceTransport::new(service()).send(get(url)).await.unwrap_err();
        assert_eq!(error.phase(), Phase::Refused, "{error}");
        ServiceTransport::new(service()).allow_http().send(get(url)).await.unwrap();
        ServiceTransport::around(double(), |inner| inner).send(get(url)).await.unwrap();
    }
}
