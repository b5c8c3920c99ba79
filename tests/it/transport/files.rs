//! What every transport does with a body of files.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use kore_protocol::{Body, Boundary, Content, Part};
use kore_transport::{Phase, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::cases::text;
use super::clients::Options;
use crate::servers::{Ca, Server, hostile, https};

/// A file of that many bytes, no two neighbouring kilobytes alike, which notes each time that it is
/// opened.
fn file(length: usize) -> (Content, Arc<AtomicUsize>) {
    let opened = Arc::new(AtomicUsize::new(0));
    let counted = opened.clone();
    let open = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(io::Cursor::new(pattern(length))) as Box<dyn Read + Send>)
    };
    (Content::from_opener("bot \"é\".json", length as u64, open), opened)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 1024 + at) as u8).collect()
}

fn post(url: impl AsRef<str>, file: Content) -> Request<Body> {
    let parts = [Part::file("file", file), Part::text("fileContext", "bulkImport")];
    let body = Body::multipart(&Boundary::new("b-7f3a").unwrap(), parts);
    let content_type = body.content_type().unwrap().clone();
    Request::post(url.as_ref()).header("content-type", content_type).body(body).unwrap()
}

/// What a server was sent: the heads and the bodies of its requests, as far as they came.
type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Reads bodies by their `Content-Length`, and answers once one is whole.
fn taking() -> (Server, Received) {
    let received = Received::default();
    let noted = received.clone();
    let server = Server::start(move |mut stream| {
        let noted = noted.clone();
        async move {
            loop {
                let head = hostile::read_head(&mut stream).await.to_ascii_lowercase();
                let Some((_, length)) = head.split_once("content-length: ") else { return };
                let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
                let mut body = Vec::new();
                let read = (&mut stream).take(length as u64).read_to_end(&mut body).await;
                let is_whole = read.is_ok() && body.len() == length;
                noted.lock().unwrap().push((head, body));
                if !is_whole {
                    return;
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            }
        }
    });
    (server, received)
}

pub(super) async fn a_file_arrives_byte_for_byte_with_its_length(make: fn(Options) -> Arc<dyn Transport>) {
    let (server, received) = taking();
    let transport = make(Options::default());
    for (n, length) in [0, 1, 100_000, 3_000_000].into_iter().enumerate() {
        let (file, opened) = file(length);
        let request = post(server.url("/"), file);
        let expected = request.body().to_bytes().unwrap();
        assert_eq!(text(&transport.send(request).await.unwrap()), "{}");
        let (head, body) = &received.lock().unwrap()[n];
        assert!(*body == expected, "{length} bytes");
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert_eq!(opened.load(Ordering::SeqCst), 2, "once by the test, once by the transport");
    }
    assert_eq!(server.connections(), 1);
}

pub(super) async fn bytes_in_memory_are_sent_as_files_are(make: fn(Options) -> Arc<dyn Transport>) {
    let (server, received) = taking();
    let request = post(server.url("/"), Content::from_bytes("a.json", pattern(300_000)));
    let expected = request.body().to_bytes().unwrap();
    make(Options::default()).send(request).await.unwrap();
    assert!(received.lock().unwrap()[0].1 == expected);
}

pub(super) async fn a_file_that_changed_is_named_and_its_request_not_completed(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    for (announced, says) in [
        (
            200_001,
            "not sent whole: \"a.json\" changed before it was sent whole: expected 200001 bytes, found 200000",
        ),
        (
            199_999,
            "not sent whole: \"a.json\" changed before it was sent whole: expected 199999 bytes, found more",
        ),
    ] {
        let (server, received) = taking();
        let open = || Ok(Box::new(io::Cursor::new(pattern(200_000))) as Box<dyn Read + Send>);
        let file = Content::from_opener("a.json", announced, open);
        let request = post(server.url("/"), file);
        let length = request.body().len();
        let error = make(Options::default()).send(request).await.unwrap_err();
        assert!(error.to_string().starts_with(says), "{error}");
        assert_eq!(error.phase(), Phase::Content);
        assert!(!error.is_retryable() && !error.is_unprocessed(), "{error}");
        // Ends with the last connection.
        drop(server);
        let received = received.lock().unwrap();
        assert!(received.iter().all(|(_, body)| (body.len() as u64) < length), "it was completed");
    }
}

async fn a_file_that_changed_is_named_over_http2_too(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["localhost"]), &["h2"]);
    let transport = make(Options { ca: Some(ca.pem().to_owned()), ..Options::default() });
    let open = || Ok(Box::new(io::Cursor::new(pattern(200_000))) as Box<dyn Read + Send>);
    let file = Content::from_opener("a.json", 200_001, open);
    let error = transport.send(post(server.https_url("localhost", "/"), file)).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Content, "{error}");
}

#[tokio::test]
async fn a_file_that_changed_is_named_over_http2_too_by_hyper() {
    super::within_patience(a_file_that_changed_is_named_over_http2_too(super::clients::hyper)).await;
}

#[tokio::test]
async fn a_file_that_changed_is_named_over_http2_too_by_reqwest() {
    super::within_patience(a_file_that_changed_is_named_over_http2_too(super::clients::reqwest)).await;
}

pub(super) async fn a_file_that_is_gone_or_broken_is_named_with_the_reason(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let left = self.0.min(buf.len());
            self.0 -= left;
            if left == 0 { Err(io::Error::other("the disk is on fire")) } else { Ok(left) }
        }
    }
    let gone = || Err(io::Error::new(io::ErrorKind::NotFound, "it is not there"));
    let broken = || Ok(Box::new(Broken(150_000)) as Box<dyn Read + Send>);
    let (server, _) = taking();
    let transport = make(Options::default());
    for (file, says) in [
        (
            Content::from_opener("a.json", 200_000, gone),
            "not sent whole: cannot open \"a.json\": it is not there",
        ),
        (
            Content::from_opener("a.json", 200_000, broken),
            "not sent whole: cannot read \"a.json\": the disk is on fire",
        ),
    ] {
        let error = transport.send(post(server.url("/"), file)).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.phase()), (says, Phase::Content));
    }
    // The transport still works.
    transport.send(post(server.url("/"), file(10).0)).await.unwrap();
}

pub(super) async fn a_file_goes_over_tls_too(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["localhost"]), &["h2", "http/1.1"]);
    let transport = make(Options { ca: Some(ca.pem().to_owned()), ..Options::default() });
    let request = post(server.https_url("localhost", "/x"), file(400_000).0);
    let sent = request.body().len();
    let response = transport.send(request).await.unwrap();
    assert!(text(&response).ends_with(&format!(" /x {sent}")), "{}", text(&response));
}

pub(super) async fn a_response_that_comes_before_the_body_was_sent_is_a_response(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    let server = Server::start(|mut stream| async move {
        hostile::read_head(&mut stream).await;
        let refusal = b"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(refusal).await.unwrap();
        hostile::wait_for_end(&mut stream).await;
    });
    let response = make(Options::default()).send(post(server.url("/"), file(5_000_000).0)).await.unwrap();
    assert_eq!(response.status(), 401);
}

/// The body takes longer than the limit, and each part of it a fiftieth. The limit leaves room for a
/// machine that does other things as well.
async fn a_slow_line_is_no_timeout(make: fn(Options) -> Arc<dyn Transport>) {
    const LIMIT: Duration = Duration::from_secs(5);
    const STEPS: usize = 60;
    const STEP: usize = 3_000_000;
    let server = Server::start(|mut stream| async move {
        hostile::read_head(&mut stream).await;
        // Far more than the buffers of the system take, so that the client notices.
        for _ in 0..STEPS {
            let mut step = (&mut stream).take(STEP as u64);
            tokio::io::copy(&mut step, &mut tokio::io::sink()).await.unwrap();
            tokio::time::sleep(LIMIT / 50).await;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        hostile::wait_for_end(&mut stream).await;
    });
    let began = std::time::Instant::now();
    let options = Options { request_timeout: LIMIT, ..Options::default() };
    let open = || Ok(Box::new(io::repeat(7).take((STEPS * STEP) as u64)) as Box<dyn Read + Send>);
    let file = Content::from_opener("a.json", (STEPS * STEP) as u64, open);
    make(options).send(post(server.url("/"), file)).await.unwrap();
    assert!(began.elapsed() > LIMIT, "the test is too fast to show anything");
}

/// The limits of other clients are their own.
#[tokio::test]
async fn a_slow_line_is_no_timeout_for_hyper() {
    super::within_patience(a_slow_line_is_no_timeout(super::clients::hyper)).await;
}

#[tokio::test]
async fn a_slow_line_is_no_timeout_for_blocking_hyper() {
    super::within_patience(a_slow_line_is_no_timeout(super::clients::hyper_blocking)).await;
}

pub(super) async fn a_body_that_nobody_takes_is_a_timeout(make: fn(Options) -> Arc<dyn Transport>) {
    let server = Server::start(|mut stream| async move {
        hostile::read_head(&mut stream).await;
        std::future::pending::<()>().await;
    });
    let options = Options { request_timeout: Duration::from_millis(300), ..Options::default() };
    let error = make(options).send(post(server.url("/"), file(30_000_000).0)).await.unwrap_err();
    assert!(error.is_timeout() && error.phase() == Phase::Exchange, "{error}");
    assert!(error.is_retryable() && !error.is_unprocessed(), "{error}");
}

/// Reading blocks, and the only thread of the runtime goes on.
pub(super) async fn a_file_that_is_slow_to_read_holds_nothing_else_up(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    let (server, received) = taking();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = Mutex::new(Some(released));
    let open = move || {
        let released = released.lock().unwrap().take().expect("it is opened once");
        released.recv().expect("it is released");
        Ok(Box::new(io::Cursor::new(vec![7_u8; 10])) as Box<dyn Read + Send>)
    };
    let transport = make(Options::default());
    let slow = tokio::spawn({
        let (transport, request) =
            (transport.clone(), post(server.url("/"), Content::from_opener("a", 10, open)));
        async move { transport.send(request).await }
    });
    // Runs on the same thread as the request above.
    transport.send(post(server.url("/"), file(1000).0)).await.unwrap();
    assert_eq!(received.lock().unwrap().len(), 1);
    release.send(()).unwrap();
    slow.await.unwrap().unwrap();
    assert_eq!(received.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_closure_gets_a_body_of_files_whole_if_it_asks() {
    let double = |request: Request<Body>| async move {
        let bytes: Bytes = request.body().to_bytes().unwrap();
        Ok(http::Response::new(bytes.slice(..8)))
    };
    let transport: &dyn Transport = &double;
    let response = transport.send(post("http://x/", file(1000).0)).await.unwrap();
    assert_eq!(response.body(), "--b-7f3a");
}
