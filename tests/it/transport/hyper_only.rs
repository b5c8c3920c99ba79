//! What the hyper transport has beyond the shared behaviours: timeouts by phase, proxies, pools.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use kore_transport::{BlockingTransport, HyperTransport, Phase, PlainHttp, ProxySettings, Transport};

use super::cases::{get, text};
use super::clients::{self, Options, Proxy, hyper_builder};
use super::within_patience;
use crate::servers::{Ca, ProxyServer, Server, hostile, https};

/// Long enough for a connection on a busy machine.
const SHORT: Duration = Duration::from_millis(1500);

fn through(proxy: &ProxyServer) -> Options {
    Options { proxy: Some(Proxy::to(proxy.addr())), ..Options::default() }
}

#[tokio::test]
async fn a_stalled_handshake_falls_under_the_connect_timeout() {
    let server = hostile::silent();
    let transport = clients::hyper(Options { connect_timeout: SHORT, ..Options::default() });
    let error = within_patience(transport.send(get(server.https_url("localhost", "/")))).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable() && error.phase() == Phase::Tls, "{error}");
    assert!(error.to_string().contains("1.5 s for connecting to localhost:"), "{error}");
}

#[tokio::test]
async fn a_silent_proxy_falls_under_the_connect_timeout() {
    let server = hostile::silent();
    let proxy = Some(Proxy::to(server.addr()));
    let transport = clients::hyper(Options { connect_timeout: SHORT, proxy, ..Options::default() });
    let error = within_patience(transport.send(get("https://platform.test/"))).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable() && error.phase() == Phase::Proxy, "{error}");
}

#[tokio::test]
async fn the_timeout_of_the_whole_request_is_named() {
    let server = hostile::silent();
    let transport = clients::hyper(Options { request_timeout: SHORT, ..Options::default() });
    let error = within_patience(transport.send(get(server.url("/")))).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer: timed out after 1.5 s for the whole request");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_timeout() {
    let server = https::plain();
    let transport = HyperTransport::builder().idle_timeout(Duration::from_millis(1)).build().unwrap();
    for _ in 0..2 {
        within_patience(transport.send(get(server.url("/")))).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn this_machine_is_called_directly_whatever_the_proxy() {
    let (server, proxy) = (https::plain(), ProxyServer::builder().start());
    let transport = clients::hyper(through(&proxy));
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{}/x", server.addr().port());
        assert_eq!(text(&within_patience(transport.send(get(url))).await.unwrap()), "HTTP/1.1 /x");
    }
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn http2_goes_through_a_proxy_reached_over_tls() {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["platform.test"]), &["h2"]);
    let proxy = ProxyServer::builder().route("platform.test:8443", server.addr()).password("ann", "p@ss");
    let proxy = proxy.start_tls(ca.issue(&["127.0.0.1"]));
    let settings = ProxySettings::new().https(format!("https://ann:p%40ss@{}", proxy.addr()));
    let transport = HyperTransport::builder().proxy(settings).add_ca_pem(ca.pem()).build().unwrap();
    let response = within_patience(transport.send(get("https://platform.test:8443/x"))).await.unwrap();
    assert_eq!(text(&response), "HTTP/2.0 /x");
    assert_eq!(proxy.seen(), ["CONNECT platform.test:8443 HTTP/1.1"]);
}

#[tokio::test]
async fn plain_http_asks_the_proxy_for_the_whole_url() {
    let server = https::plain();
    let proxy = ProxyServer::builder().route("platform.test:8080", server.addr()).start();
    let transport = clients::hyper(Options { plain_http: PlainHttp::Anywhere, ..through(&proxy) });
    within_patience(transport.send(get("http://platform.test:8080/x"))).await.unwrap();
    assert_eq!(proxy.seen(), ["GET http://platform.test:8080/x HTTP/1.1"]);
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_is_told_apart_from_the_host() {
    let proxy = ProxyServer::builder().password("ann", "hunter2").start();
    let transport = clients::hyper(Options { plain_http: PlainHttp::Anywhere, ..through(&proxy) });
    let error = within_patience(transport.send(get("http://platform.test/"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Proxy, "{error}");
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_is_named_and_retryable() {
    for status in ["403 Forbidden", "301 Moved Permanently", "502 Bad Gateway", "504 Gateway Timeout"] {
        let proxy = ProxyServer::builder().refuse(status).start();
        let transport = clients::hyper(through(&proxy));
        let error = within_patience(transport.send(get("https://platform.test/"))).await.unwrap_err();
        assert_eq!((error.phase(), error.is_retryable()), (Phase::Connect, true), "{error}");
        let says = format!("the proxy {} opens no way to platform.test", proxy.addr());
        assert!(error.to_string().contains(&says), "{error}");
    }
}

#[tokio::test]
async fn an_unreachable_proxy_is_named() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let proxy = Some(Proxy::to(socket.local_addr().unwrap()));
    let transport = clients::hyper(Options { proxy, ..Options::default() });
    let error = within_patience(transport.send(get("https://platform.test/"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Connect, "{error}");
    assert!(error.to_string().contains("the proxy 127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn the_names_in_another_hosts_certificate_are_shown() {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["elsewhere.test", "other.test"]), &["http/1.1"]);
    let transport = clients::hyper(Options { ca: Some(ca.pem().to_owned()), ..Options::default() });
    let error = within_patience(transport.send(get(server.https_url("localhost", "/")))).await.unwrap_err();
    assert!(
        error.to_string().contains("elsewhere.test") && error.to_string().contains("other.test"),
        "{error}"
    );
}

#[test]
fn a_ca_bundle_without_a_certificate_is_refused_when_built() {
    let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let rubbish = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    for (pem, found) in [
        ("", "an empty file"),
        ("not PEM", "no certificate"),
        (key, "no certificate"),
        (rubbish, "what is no X.509 certificate"),
        (broken, "broken PEM"),
    ] {
        let error = HyperTransport::builder().add_ca_pem(pem).build().unwrap_err().to_string();
        assert!(error.contains("expected PEM") && error.ends_with(found), "{error}");
    }
}

#[test]
fn blocking_threads_are_served_in_parallel() {
    const THREADS: usize = 4;
    // Answers nobody before all have asked.
    let all_here = Arc::new(tokio::sync::Barrier::new(THREADS));
    let server = Server::start(move |mut stream| {
        let all_here = all_here.clone();
        async move {
            hostile::read_head(&mut stream).await;
            all_here.wait().await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.unwrap();
        }
    });
    let options = Options { request_timeout: Duration::from_secs(10), ..Options::default() };
    let transport = hyper_builder(options).build_blocking().unwrap();
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                assert_eq!(text(&transport.send(get(server.url("/"))).unwrap()), "ok");
            });
        }
    });
    assert_eq!(server.connections(), THREADS);
}

#[tokio::test]
async fn blocking_within_an_async_runtime_does_not_panic() {
    let server = https::plain();
    let transport = hyper_builder(Options::default()).build_blocking().unwrap();
    assert_eq!(text(&transport.send(get(server.url("/x"))).unwrap()), "HTTP/1.1 /x");
    drop(transport);
}

#[test]
fn a_blocking_transport_that_is_dropped_closes_its_connections() {
    let server = https::plain();
    let transport = hyper_builder(Options::default()).build_blocking().unwrap();
    transport.send(get(server.url("/x"))).unwrap();
    assert_eq!(server.open_connections(), 1);
    drop(transport);
    while server.open_connections() > 0 {
        thread::sleep(Duration::from_millis(5));
    }
}
