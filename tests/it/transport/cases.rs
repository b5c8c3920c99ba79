//! The behaviours that all transports share: one list of cases, which each client runs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::{Body, BodyLimit};
use kore_transport::{NewConnection, Phase, PlainHttp, RequestTimeout, Transport, TransportError};
use tokio::sync::mpsc;
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::clients::{Options, Proxy};
use crate::servers::{Ca, ProxyServer, Server, hostile, https};

const SHORT: Duration = Duration::from_millis(250);

pub(super) fn get(url: impl AsRef<str>) -> Request<Body> {
    Request::get(url.as_ref()).header("auth", "a.b.c").body(Body::empty()).unwrap()
}

pub(super) fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn short() -> Options {
    Options { request_timeout: SHORT, ..Options::default() }
}

pub(super) async fn any_status_is_an_answer(make: fn(Options) -> Arc<dyn Transport>) {
    let (server, transport) = (MockServer::start().await, make(Options::default()));
    for status in [200, 201, 304, 400, 401, 403, 404, 407, 418, 429, 500, 503] {
        let answer = ResponseTemplate::new(status).insert_header("x-status", status.to_string());
        Mock::given(path(format!("/{status}"))).respond_with(answer).expect(1).mount(&server).await;
        let response = transport.send(get(format!("{}/{status}", server.uri()))).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["x-status"], status.to_string());
    }
}

pub(super) async fn method_headers_and_body_arrive(make: fn(Options) -> Arc<dyn Transport>) {
    let server = MockServer::start().await;
    let asked = Mock::given(method("POST")).and(path("/api")).and(header("auth", "a.b.c"));
    let answer = ResponseTemplate::new(201).set_body_string("taken");
    asked.and(body_string("sent")).respond_with(answer).expect(1).mount(&server).await;
    let request = Request::post(format!("{}/api", server.uri())).header("auth", "a.b.c");
    let request = request.body(Body::from(b"sent".to_vec())).unwrap();
    let response = make(Options::default()).send(request).await.unwrap();
    assert_eq!((response.status().as_u16(), text(&response)), (201, "taken"));
}

pub(super) async fn a_redirect_is_an_answer(make: fn(Options) -> Arc<dyn Transport>) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(302).insert_header("location", format!("{}/new", server.uri()));
    Mock::given(path("/old")).respond_with(answer).expect(1).mount(&server).await;
    Mock::given(path("/new")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let response = make(Options::default()).send(get(format!("{}/old", server.uri()))).await.unwrap();
    assert_eq!(response.status(), 302);
}

pub(super) async fn a_connection_is_used_again(make: fn(Options) -> Arc<dyn Transport>) {
    let (server, transport) = (https::plain(), make(Options::default()));
    for _ in 0..3 {
        let response = transport.send(get(server.url("/x"))).await.unwrap();
        assert_eq!(text(&response), "HTTP/1.1 /x");
    }
    assert_eq!(server.connections(), 1);
}

pub(super) async fn a_request_may_have_a_connection_of_its_own(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let tls = https::serve(ca.issue(&["localhost"]), &["h2", "http/1.1"]);
    let plain = https::plain();
    for (server, url) in [(&plain, plain.url("/x")), (&tls, tls.https_url("localhost", "/x"))] {
        let transport = make(Options { ca: Some(ca.pem().to_owned()), ..Options::default() });
        for is_marked in [false, true, true, false] {
            let mut request = get(&url);
            if is_marked {
                NewConnection::mark(&mut request);
            }
            let response = transport.send(request).await.unwrap();
            assert!(text(&response).ends_with(" /x"), "{}", text(&response));
        }
        assert_eq!(server.connections(), 3, "one for the first and the last, {url}");
    }
}

pub(super) async fn a_body_of_exactly_the_limit_is_taken(make: fn(Options) -> Arc<dyn Transport>) {
    let server = MockServer::start().await;
    for length in [1000_usize, 1001] {
        let answer = ResponseTemplate::new(200).set_body_string("x".repeat(length));
        Mock::given(path(format!("/{length}"))).respond_with(answer).mount(&server).await;
    }
    let transport = make(Options { limit: BodyLimit::bytes(1000), ..Options::default() });
    let response = transport.send(get(format!("{}/1000", server.uri()))).await.unwrap();
    assert_eq!(response.body().len(), 1000);
    let error = transport.send(get(format!("{}/1001", server.uri()))).await.unwrap_err();
    assert_too_large(&error);
}

#[track_caller]
fn assert_too_large(error: &TransportError) {
    assert_eq!(error.phase(), Phase::Body, "{error}");
    assert!(error.to_string().contains("over the limit of 1000 bytes"), "{error}");
    assert!(error.to_string().contains("it starts: xxx"), "{error}");
    assert!(!error.is_timeout() && !error.is_retryable(), "{error}");
    assert_eq!(error.response().unwrap().status(), 200);
}

pub(super) async fn a_body_that_announces_too_much_is_refused(make: fn(Options) -> Arc<dyn Transport>) {
    // The rest never comes: a client that waited for more than the start would run into its limit.
    let server = hostile::announces(1 << 40);
    let transport = make(Options { limit: BodyLimit::bytes(1000), ..Options::default() });
    assert_too_large(&transport.send(get(server.url("/"))).await.unwrap_err());
}

pub(super) async fn a_body_that_announces_too_much_is_too_large_even_if_it_is_cut(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    let server = hostile::ends_before_its_length();
    let transport = make(Options { limit: BodyLimit::bytes(50), ..Options::default() });
    let error = transport.send(get(server.url("/"))).await.unwrap_err();
    assert!(error.to_string().contains("over the limit of 50 bytes") && !error.is_retryable(), "{error}");
}

pub(super) async fn an_endless_body_is_refused_at_the_limit(make: fn(Options) -> Arc<dyn Transport>) {
    let server = hostile::drips(300, Duration::from_millis(1));
    let transport = make(Options { limit: BodyLimit::bytes(1000), ..Options::default() });
    assert_too_large(&transport.send(get(server.url("/"))).await.unwrap_err());
}

#[track_caller]
fn assert_cut_short(error: &TransportError) {
    assert_eq!(error.phase(), Phase::Body, "{error}");
    assert!(!error.is_timeout() && error.is_retryable(), "{error}");
    let response = error.response().expect("what arrived");
    assert!(response.is_cut_short());
    assert_eq!(response.status(), 200);
    assert_eq!(response.body(), hostile::START);
}

pub(super) async fn a_body_that_ends_before_its_length_is_cut_short(make: fn(Options) -> Arc<dyn Transport>) {
    let server = hostile::ends_before_its_length();
    let error = make(Options::default()).send(get(server.url("/"))).await.unwrap_err();
    assert_cut_short(&error);
    assert!(error.to_string().contains(&format!("after {} bytes of 100", hostile::START.len())), "{error}");
}

pub(super) async fn a_body_that_ends_before_its_last_chunk_is_cut_short(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    let server = hostile::ends_before_its_last_chunk();
    assert_cut_short(&make(Options::default()).send(get(server.url("/"))).await.unwrap_err());
}

pub(super) async fn a_reset_within_the_body_is_cut_short(make: fn(Options) -> Arc<dyn Transport>) {
    let server = hostile::resets_within_the_body();
    assert_cut_short(&make(Options::default()).send(get(server.url("/"))).await.unwrap_err());
}

pub(super) async fn silence_is_a_timeout(make: fn(Options) -> Arc<dyn Transport>) {
    let server = hostile::silent();
    let error = make(short()).send(get(server.url("/"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Exchange, "{error}");
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
    assert!(error.to_string().starts_with("no answer: timed out after "), "{error}");
}

pub(super) async fn a_request_may_have_a_timeout_of_its_own(make: fn(Options) -> Arc<dyn Transport>) {
    let within = |url: String, timeout| {
        let mut request = get(url);
        request.extensions_mut().insert(RequestTimeout::new(timeout));
        request
    };
    let error = make(Options::default()).send(within(hostile::silent().url("/"), SHORT)).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(SHORT * 2);
    Mock::given(method("GET")).respond_with(late).mount(&server).await;
    make(short()).send(within(server.uri(), Duration::from_secs(30))).await.unwrap();
}

pub(super) async fn a_body_slower_than_the_limit_is_a_timeout(make: fn(Options) -> Arc<dyn Transport>) {
    let server = hostile::drips(1, Duration::from_millis(20));
    let error = make(short()).send(get(server.url("/"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Body, "{error}");
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
}

pub(super) async fn a_connection_closed_before_the_answer_may_be_tried_again(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    let server = hostile::closes_before_it_answers();
    let error = make(Options::default()).send(get(server.url("/"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Exchange, "{error}");
    assert!(!error.is_timeout() && error.is_retryable(), "{error}");
    assert_eq!(server.connections(), 1, "the transport itself sends once");
}

pub(super) async fn what_is_not_http_is_no_answer(make: fn(Options) -> Arc<dyn Transport>) {
    let server = hostile::speaks_no_http();
    let error = make(Options::default()).send(get(server.url("/"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Exchange, "{error}");
}

pub(super) async fn a_refused_connection_is_told_with_its_port(make: fn(Options) -> Arc<dyn Transport>) {
    // Bound and not listening: nobody else gets the port, and nobody answers at it.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = socket.local_addr().unwrap();
    let error = make(Options::default()).send(get(format!("http://{addr}/"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Connect, "{error}");
    assert!(error.to_string().contains(&format!("{addr} refused the connection")), "{error}");
    assert!(error.is_retryable() && !error.is_timeout(), "{error}");
}

pub(super) async fn an_unknown_host_is_told_by_name(make: fn(Options) -> Arc<dyn Transport>) {
    let error = make(Options::default()).send(get("https://kore.invalid/")).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Dns, "{error}");
    assert!(error.to_string().contains("kore.invalid"), "{error}");
}

pub(super) async fn plain_http_to_another_machine_is_not_sent(make: fn(Options) -> Arc<dyn Transport>) {
    let server = https::plain();
    let proxy = ProxyServer::builder().route("platform.test:80", server.addr()).start();
    let options = Options { proxy: Some(Proxy::to(proxy.addr())), ..Options::default() };
    let error = make(options).send(get("http://platform.test:80/")).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Refused, "{error}");
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(proxy.connections(), 0);
}

pub(super) async fn a_certificate_of_an_added_ca_is_trusted(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let transport = make(Options { ca: Some(ca.pem().to_owned()), ..Options::default() });
    let server = https::serve(ca.issue(&["localhost", "127.0.0.1"]), &["http/1.1"]);
    for host in ["localhost", "127.0.0.1"] {
        let response = transport.send(get(server.https_url(host, "/x"))).await.unwrap();
        assert_eq!(text(&response), "HTTP/1.1 /x");
    }
}

#[track_caller]
fn assert_untrusted(error: &TransportError, says: &str) {
    assert_eq!(error.phase(), Phase::Tls, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(!error.is_retryable() && !error.is_timeout(), "{error}");
}

pub(super) async fn a_certificate_of_an_unknown_ca_is_not(make: fn(Options) -> Arc<dyn Transport>) {
    let server = https::serve(Ca::new().issue(&["localhost"]), &["http/1.1"]);
    let other = Ca::new().pem().to_owned();
    let transport = make(Options { ca: Some(other), ..Options::default() });
    let error = transport.send(get(server.https_url("localhost", "/"))).await.unwrap_err();
    assert_untrusted(&error, "is not trusted (unknown issuer)");
    assert!(error.to_string().contains("add that CA's certificate"), "{error}");
}

pub(super) async fn a_certificate_of_a_ca_made_anew_is_not(make: fn(Options) -> Arc<dyn Transport>) {
    let (old, new) = (Ca::named("Our CA"), Ca::named("Our CA"));
    let server = https::serve(new.issue(&["localhost"]), &["http/1.1"]);
    let transport = make(Options { ca: Some(old.pem().to_owned()), ..Options::default() });
    let error = transport.send(get(server.https_url("localhost", "/"))).await.unwrap_err();
    assert_untrusted(&error, "perhaps that CA was made anew");
}

pub(super) async fn a_certificate_for_another_host_is_not(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["elsewhere.test"]), &["http/1.1"]);
    let transport = make(Options { ca: Some(ca.pem().to_owned()), ..Options::default() });
    let error = transport.send(get(server.https_url("localhost", "/"))).await.unwrap_err();
    assert_untrusted(&error, "the certificate is for another host than localhost");
}

pub(super) async fn an_expired_certificate_is_not(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let server = https::serve(ca.issue_expired(&["localhost"]), &["http/1.1"]);
    let transport = make(Options { ca: Some(ca.pem().to_owned()), ..Options::default() });
    let error = transport.send(get(server.https_url("localhost", "/"))).await.unwrap_err();
    assert_untrusted(&error, "has expired");
}

pub(super) async fn a_server_without_tls_is_told(make: fn(Options) -> Arc<dyn Transport>) {
    let server = https::plain();
    let error = make(Options::default()).send(get(server.https_url("localhost", "/"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Tls, "{error}");
}

pub(super) async fn a_handshake_broken_off_may_be_tried_again(make: fn(Options) -> Arc<dyn Transport>) {
    let server = hostile::hangs_up();
    let error = make(Options::default()).send(get(server.https_url("localhost", "/"))).await.unwrap_err();
    assert!(error.is_retryable() && !error.is_timeout(), "{error}");
    assert_ne!(error.phase(), Phase::Tls, "{error}");
}

/// A platform behind a proxy that wants a password, and what a client needs to reach it.
fn behind_proxy(login: Option<(&'static str, &'static str)>) -> (Server, ProxyServer, Options) {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["platform.test"]), &["http/1.1"]);
    let proxy = ProxyServer::builder().password("ann", "hunter2").route("platform.test:443", server.addr());
    let proxy = proxy.start();
    let through = Proxy { login, ..Proxy::to(proxy.addr()) };
    let options = Options { ca: Some(ca.pem().to_owned()), proxy: Some(through), ..Options::default() };
    (server, proxy, options)
}

pub(super) async fn a_proxy_with_a_password_leads_to_the_host(make: fn(Options) -> Arc<dyn Transport>) {
    let (_server, proxy, options) = behind_proxy(Some(("ann", "hunter2")));
    let transport = make(options);
    for _ in 0..2 {
        let response = transport.send(get("https://platform.test/x")).await.unwrap();
        assert_eq!(text(&response), "HTTP/1.1 /x");
    }
    assert_eq!(proxy.seen(), ["CONNECT platform.test:443 HTTP/1.1"]);
}

pub(super) async fn a_wrong_password_is_the_proxys_refusal(make: fn(Options) -> Arc<dyn Transport>) {
    let (server, _proxy, options) = behind_proxy(Some(("ann", "hunter3")));
    let error = make(options).send(get("https://platform.test/")).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Proxy, "{error}");
    assert!(!error.is_retryable() && !error.to_string().contains("hunter"), "{error}");
    assert_eq!(server.connections(), 0);
}

pub(super) async fn a_missing_password_is_the_proxys_refusal(make: fn(Options) -> Arc<dyn Transport>) {
    let (_server, _proxy, options) = behind_proxy(None);
    let error = make(options).send(get("https://platform.test/")).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Proxy, "{error}");
    assert!(error.to_string().contains("give them in its URL, http://user:password@"), "{error}");
}

pub(super) async fn a_host_named_as_direct_does_not_go_through_the_proxy(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    let (_server, proxy, mut options) = behind_proxy(Some(("ann", "hunter2")));
    options.proxy.as_mut().unwrap().no = "other.test,platform.test";
    // Nobody but the proxy knows the name.
    let error = make(options).send(get("https://platform.test/")).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Dns, "{error}");
    assert_eq!(proxy.connections(), 0);
}

pub(super) async fn plain_http_goes_through_a_proxy_if_it_is_allowed(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    let server = https::plain();
    let proxy = ProxyServer::builder().password("ann", "hunter2").route("platform.test:8080", server.addr());
    let proxy = proxy.start();
    let through = Proxy { login: Some(("ann", "hunter2")), ..Proxy::to(proxy.addr()) };
    let options = Options { plain_http: PlainHttp::Anywhere, proxy: Some(through), ..Options::default() };
    let response = make(options).send(get("http://platform.test:8080/x")).await.unwrap();
    assert_eq!(text(&response), "HTTP/1.1 /x");
    assert_eq!(proxy.seen().len(), 1);
}

pub(super) async fn plain_http_to_this_machine_goes_through_no_proxy(
    make: fn(Options) -> Arc<dyn Transport>,
) {
    let server = https::plain();
    let proxy = ProxyServer::builder().route(&server.addr().to_string(), server.addr()).start();
    let transport = make(Options { proxy: Some(Proxy::to(proxy.addr())), ..Options::default() });
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let url = format!("http://{host}:{}/x", server.addr().port());
        match transport.send(get(url)).await {
            Ok(response) => assert_eq!(text(&response), "HTTP/1.1 /x"),
            Err(error) => {
                assert_eq!(error.phase(), Phase::Refused, "{error}");
                assert!(error.to_string().contains("ReqwestTransport::without_proxy"), "{error}");
            }
        }
    }
    assert_eq!(proxy.connections(), 0);
}

pub(super) async fn http2_is_spoken_if_the_server_has_it(make: fn(Options) -> Arc<dyn Transport>) {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["localhost"]), &["h2", "http/1.1"]);
    let transport = make(Options { ca: Some(ca.pem().to_owned()), ..Options::default() });
    for _ in 0..2 {
        let response = transport.send(get(server.https_url("localhost", "/x"))).await.unwrap();
        assert_eq!((response.version(), text(&response)), (http::Version::HTTP_2, "HTTP/2.0 /x"));
    }
    assert_eq!(server.connections(), 1);
}

pub(super) async fn a_dropped_future_gives_the_request_up(make: fn(Options) -> Arc<dyn Transport>) {
    let (received, mut receiving) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let received = received.clone();
        async move {
            hostile::read_head(&mut stream).await;
            received.send(()).unwrap();
            hostile::wait_for_end(&mut stream).await;
        }
    });
    let transport = make(Options::default());
    tokio::select! {
        answer = transport.send(get(server.url("/"))) => panic!("{answer:?}"),
        request = receiving.recv() => request.unwrap(),
    }
    while server.open_connections() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
