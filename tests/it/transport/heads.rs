//! What each client says of a response whose head is not as HTTP wants it.

use std::sync::Arc;

use kore_transport::{Phase, Transport, TransportError};

use super::cases::{get, text};
use super::clients::{self, Options};
use super::within_patience;
use crate::servers::hostile;

const CLIENTS: [fn(Options) -> Arc<dyn Transport>; 4] =
    [clients::hyper, clients::hyper_blocking, clients::reqwest, clients::ureq];

/// The error, after a check of what must be true of each.
async fn refused(make: fn(Options) -> Arc<dyn Transport>, head: &str) -> TransportError {
    let server = hostile::says(head);
    let error = within_patience(make(Options::default()).send(get(server.url("/")))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Exchange, "{head}: {error}");
    assert!(!error.is_unprocessed(), "{head}: {error}");
    let told = error.to_string();
    assert!(!told.contains(char::is_control) && told.contains("127.0.0.1:"), "{head}: {told}");
    error
}

#[tokio::test]
async fn a_response_head_that_http_forbids_is_explained() {
    let end = "content-length: 2\r\n\r\nok";
    for make in CLIENTS {
        for (head, says) in [
            (format!("HTTP/1.1 200 OK\r\nx-header : 1\r\n{end}"), "a header of the response of"),
            (format!("HTTP/1.1 200 OK\r\nx-header: a\u{1b}[2Jb\r\n{end}"), "a header of the response of"),
            (format!("HTTP/1.1 200 OK\r\nno header\r\n{end}"), "a header of the response of"),
            (format!("HTTP/1.1 200 O\u{1b}[2JK\r\n{end}"), "the first line of the response of"),
            (format!("HTTP/1.1 2OO OK\r\n{end}"), "the first line of the response of"),
            ("HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok".into(), "how long its body is"),
            ("220 mail.example ESMTP\r\n\r\n".into(), "is not HTTP: check the port"),
        ] {
            let told = refused(make, &head).await.to_string();
            assert!(told.contains(says), "{head}: {told}");
        }
    }
}

fn with_headers(count: usize) -> String {
    let headers: String = (0..count).map(|number| format!("x-header-{number}: value\r\n")).collect();
    format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\nok")
}

#[tokio::test]
async fn many_headers_are_read_and_too_many_are_explained() {
    for make in [clients::hyper, clients::hyper_blocking] {
        let server = hostile::says(with_headers(150));
        let response = within_patience(make(Options::default()).send(get(server.url("/")))).await.unwrap();
        assert_eq!((text(&response), response.headers().len()), ("ok", 151));
    }
    for make in CLIENTS {
        let told = refused(make, &with_headers(300)).await.to_string();
        assert!(told.contains("has more headers, or longer ones,"), "{told}");
    }
}
