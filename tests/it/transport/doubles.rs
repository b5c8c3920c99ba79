//! A closure as a transport, for tests that need no server.

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::Body;
use kore_transport::{BlockingTransport, Phase, Transport, TransportError};

use super::cases::get;

#[tokio::test]
async fn a_closure_is_a_transport() {
    let double = |request: Request<Body>| async move {
        match request.uri().path() {
            "/found" => Ok(Response::new(Bytes::from_static(b"{}"))),
            other => Err(TransportError::new(Phase::Connect, other)),
        }
    };
    let transport: &dyn Transport = &double;
    assert_eq!(transport.send(get("http://x/found")).await.unwrap().body(), "{}");
    assert_eq!(transport.send(get("http://x/other")).await.unwrap_err().phase(), Phase::Connect);
}

#[test]
fn a_closure_is_a_blocking_transport() {
    let double = |_: Request<Body>| Ok(Response::new(Bytes::from_static(b"{}")));
    let transport: &dyn BlockingTransport = &double;
    assert_eq!(transport.send(get("http://x/found")).unwrap().body(), "{}");
}
