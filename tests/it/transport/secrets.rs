//! No error shows a header or a proxy's password, whatever went wrong and however it is printed.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request};
use kore_protocol::{Body, BodyLimit};
use kore_transport::{HyperTransport, Phase, ProxySettings, Transport};

use super::clients::{self, Options, Proxy};
use super::within_patience;
use crate::servers::{Ca, ProxyServer, Server, hostile, https};

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJhcHBJZCI6InRvcC1zZWNyZXQifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";
const PASSWORD: &str = "hunter2-of-the-proxy";
/// `ann:hunter2-of-the-proxy` as it stands in a header.
const BASIC: &str = "YW5uOmh1bnRlcjItb2YtdGhlLXByb3h5";

fn request(url: String) -> Request<Body> {
    // Not marked as sensitive, as a careless caller would have it.
    Request::get(url).header("auth", HeaderValue::from_static(TOKEN)).body(Body::empty()).unwrap()
}

/// All that can be printed of an error and its causes.
fn printed(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        write!(text, "{error} {error:#} {error:?} {error:#?} ").unwrap();
        next = error.source();
    }
    text
}

#[track_caller]
fn assert_silent(text: &str) {
    for secret in [TOKEN, "eyJ", PASSWORD, "hunter2", BASIC] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

async fn every_failure_keeps_secrets(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let trusted = || Some(ca.pem().to_owned());
    let through =
        |proxy: &ProxyServer| Some(Proxy { login: Some(("ann", PASSWORD)), ..Proxy::to(proxy.addr()) });
    let echo = Server::start(|mut stream| async move {
        let head = hostile::read_head(&mut stream).await;
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{head}");
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes()).await;
    });
    let (closing, not_http, silent) =
        (hostile::closes_before_it_answers(), hostile::speaks_no_http(), hostile::silent());
    let untrusted = https::serve(Ca::new().issue(&["localhost"]), &["http/1.1"]);
    let wants_more = ProxyServer::builder().password("ann", "another").start();
    let refusing = ProxyServer::builder().refuse("403 Forbidden").start();
    let lost = ProxyServer::builder().password("ann", PASSWORD).start();
    let short = Duration::from_millis(100);
    let failures = [
        (Options::default(), echo.url("/")),
        (Options { limit: BodyLimit::bytes(64), ..Options::default() }, echo.url("/")),
        (Options::default(), closing.url("/")),
        (Options::default(), not_http.url("/")),
        (Options { request_timeout: short, ..Options::default() }, silent.url("/")),
        (Options { ca: trusted(), ..Options::default() }, untrusted.https_url("localhost", "/")),
        (Options { proxy: through(&wants_more), ..Options::default() }, "https://platform.test/".into()),
        (Options { proxy: through(&refusing), ..Options::default() }, "https://platform.test/".into()),
        (Options { proxy: through(&lost), ..Options::default() }, "https://platform.test/".into()),
        (Options { proxy: through(&lost), ..Options::default() }, "http://platform.test/".into()),
    ];
    for (options, url) in failures {
        let error = make(options).send(request(url)).await.unwrap_err();
        assert_silent(&printed(&error));
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
}

#[tokio::test]
async fn of_hyper() {
    within_patience(every_failure_keeps_secrets(clients::hyper)).await;
}

#[tokio::test]
async fn of_hyper_blocking() {
    within_patience(every_failure_keeps_secrets(clients::hyper_blocking)).await;
}

#[tokio::test]
async fn of_reqwest() {
    within_patience(every_failure_keeps_secrets(clients::reqwest)).await;
}

#[tokio::test]
async fn of_ureq() {
    within_patience(every_failure_keeps_secrets(clients::ureq)).await;
}

#[tokio::test]
async fn of_settings_and_their_errors() {
    let good = ProxySettings::new().all(format!("http://ann:{PASSWORD}@127.0.0.1:1"));
    let builder = HyperTransport::builder().proxy(good);
    assert_silent(&format!("{builder:?}"));
    assert_silent(&format!("{:?}", builder.build().unwrap()));
    let bad = ProxySettings::new().https(format!("http://ann:{PASSWORD}@127.0.0.1:port"));
    assert_silent(&printed(&bad.check(&"https://platform.test/".parse().unwrap()).unwrap_err()));
    let transport = HyperTransport::builder().proxy(bad).build().unwrap();
    let error = within_patience(transport.send(request("https://platform.test/".into()))).await.unwrap_err();
    assert_eq!((error.phase(), error.is_retryable()), (Phase::Proxy, false), "{error}");
    assert_silent(&printed(&error));
}
