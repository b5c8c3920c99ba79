//! A closure as a transport, for tests that need no server.

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::{Body, BodyLimit};
use kore_transport::{BlockingTransport, Collect, Phase, Transport, TransportError};

use super::cases::{get, text};

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

#[tokio::test]
async fn a_boxed_transport_is_a_transport() {
    fn wants(transport: impl Transport) -> impl Transport {
        transport
    }
    let double = |_: Request<Body>| async { Ok(Response::new(Bytes::from_static(b"{}"))) };
    let boxed: Box<dyn Transport> = Box::new(double);
    assert_eq!(text(&wants(boxed).send(get("http://x")).await.unwrap()), "{}");
    let boxed: Box<dyn BlockingTransport> = Box::new(|_: Request<Body>| Ok(Response::new(Bytes::new())));
    let within: Box<dyn BlockingTransport> = Box::new(boxed);
    assert!(within.send(get("http://x")).unwrap().body().is_empty());
}

fn collect(headers: &[(&str, &str)], pieces: &[&str]) -> Result<Response<Bytes>, TransportError> {
    let response =
        headers.iter().fold(Response::builder(), |response, (name, value)| response.header(*name, *value));
    let mut collected = Collect::new(response.body(()).unwrap().into_parts().0, BodyLimit::bytes(4));
    for piece in pieces {
        match *piece {
            "broken" => return Err(collected.broken("reset")),
            piece => collected.push(Bytes::copy_from_slice(piece.as_bytes()))?,
        }
    }
    collected.finish()
}

#[test]
fn an_adapter_collects_a_body_within_its_limit() {
    let whole = collect(&[("x-id", "r-1")], &["ab", "cd"]).unwrap();
    assert_eq!((text(&whole), &whole.headers()["x-id"]), ("abcd", &"r-1".parse().unwrap()));
    for (headers, pieces) in [
        (vec![], vec!["ab", "cde"]),
        (vec![("content-length", "5")], vec![]),
        (vec![("content-length", "5")], vec!["a", "broken"]),
    ] {
        let error = collect(&headers, &pieces).unwrap_err();
        assert!(error.to_string().contains("over the limit of 4 bytes") && !error.is_retryable(), "{error}");
    }
    let error = collect(&[("content-length", "4")], &["ab", "broken"]).unwrap_err();
    assert!(error.to_string().contains("cut short after 2 bytes of 4") && error.is_retryable(), "{error}");
}

#[test]
fn an_adapter_tells_failures_apart_by_the_error_of_its_client() {
    use std::io::{Error, ErrorKind};
    let uri = "https://x.example:444/".parse().unwrap();
    for (error, phase, says) in [
        (Error::from(ErrorKind::ConnectionRefused), Phase::Connect, "x.example:444 refused the connection"),
        (Error::other("dns error: no such name"), Phase::Dns, "x.example:444: check the name"),
        (Error::other("invalid peer certificate: UnknownIssuer"), Phase::Tls, "certificate"),
        (Error::other("proxy authorization required"), Phase::Proxy, "a user and a password"),
    ] {
        let error = TransportError::from_connect(&uri, error);
        assert_eq!((error.phase(), error.is_unprocessed()), (phase, true), "{error}");
        assert!(error.to_string().contains(says) && std::error::Error::source(&error).is_some(), "{error}");
    }
    for (error, phase, says) in [
        (Error::from(ErrorKind::ConnectionReset), Phase::Exchange, "closed before an answer"),
        (Error::other("received fatal alert: CertificateRequired"), Phase::Tls, "certificate"),
        (Error::other("odd"), Phase::Exchange, "odd"),
    ] {
        let error = TransportError::from_exchange(&uri, error);
        assert_eq!((error.phase(), error.is_unprocessed()), (phase, false), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}
