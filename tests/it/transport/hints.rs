//! A server that sends responses with status 103 without end, and never the one that is waited for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kore_transport::Transport;

use super::cases::{get, text};
use super::clients::{self, Options};
use super::within_patience;
use crate::servers::http2::{Act, Http2Server};
use crate::servers::{Ca, Server, hostile, https};

fn two_seconds() -> Options {
    Options { request_timeout: Duration::from_secs(2), ..Options::default() }
}

/// Sends a request to `flood`, which must end at the time limit. Another request, sent beside it, must be
/// answered before.
async fn flooded(transport: &dyn Transport, flood: &Server, url: &str) {
    let server = https::plain();
    let flooded = async { (transport.send(get(url)).await.unwrap_err(), Instant::now()) };
    let beside = async {
        while flood.connections() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (transport.send(get(server.url("/x"))).await.unwrap(), Instant::now())
    };
    let ((error, ended), (response, answered)) = tokio::join!(flooded, beside);
    assert_eq!(text(&response), "HTTP/1.1 /x");
    assert!(error.is_retryable(), "{error}");
    // ureq counts such responses as part of the head, whose length it limits.
    let is_too_big = error.to_string().contains("has more headers, or longer ones,");
    assert!(is_too_big || error.is_timeout() && answered < ended, "{error}");
}

async fn over_http1(make: fn(Options) -> Arc<dyn Transport>) {
    let flood = hostile::hints();
    within_patience(flooded(&*make(two_seconds()), &flood, &flood.url("/"))).await;
}

async fn over_http2(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let flood = Http2Server::start(ca.issue(&["localhost"]), |_| Act::Hints);
    let transport = make(Options { ca: Some(ca.pem().to_owned()), ..two_seconds() });
    within_patience(flooded(&*transport, &flood.server, &flood.url())).await;
}

#[tokio::test]
async fn hyper() {
    over_http1(clients::hyper).await;
    over_http2(clients::hyper).await;
}

#[tokio::test]
async fn hyper_blocking() {
    over_http1(clients::hyper_blocking).await;
    over_http2(clients::hyper_blocking).await;
}

/// Such a client reads for long before other tasks run, so that it needs a second thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reqwest() {
    over_http1(clients::reqwest).await;
    over_http2(clients::reqwest).await;
}

#[tokio::test]
async fn ureq() {
    over_http1(clients::ureq).await;
}
