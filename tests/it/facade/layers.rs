//! Transports within layers, and settings that a transport of one's own cannot follow.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use kore_sdk::protocol::Body;
use kore_sdk::transport::{BlockingTransport, ServiceTransport, Transport};
use kore_sdk::{Client, ClientBuilder};
use tower::ServiceBuilder;

use super::{builder, id};
use crate::servers::{Ca, https};

type Seen = Arc<Mutex<Vec<String>>>;

/// A layer that notes the path of each request.
fn noting(seen: &Seen, name: &'static str) -> impl Fn(Arc<dyn Transport>) -> Box<dyn Transport> + use<> {
    let seen = seen.clone();
    move |inner| {
        let seen = seen.clone();
        Box::new(move |request: Request<Body>| {
            seen.lock().unwrap().push(format!("{name} {}", request.uri().path()));
            let inner = inner.clone();
            async move { inner.send(request).await }
        })
    }
}

fn path() -> String {
    format!("/api/public/bot/import/status/{}", id())
}

#[tokio::test]
async fn a_layer_is_around_the_built_in_transport_with_its_authorities_and_timeouts() {
    let ca = Ca::new();
    let server = https::serve(ca.issue(&["127.0.0.1"]), &["http/1.1"]);
    let seen = Seen::default();
    let client = builder(&format!("https://{}", server.addr()))
        .add_ca_pem(ca.pem())
        .timeout(Duration::from_secs(30))
        .layer(noting(&seen, "inner"))
        .layer(noting(&seen, "outer"))
        .build()
        .unwrap();
    let error = client.bot_import_status(&id()).await.unwrap_err();
    // The server answers with the path, which is no document. So the TLS connection worked.
    assert_eq!(error.status().unwrap(), 200, "{error}");
    assert_eq!(*seen.lock().unwrap(), [format!("outer {}", path()), format!("inner {}", path())]);
}

#[tokio::test]
async fn a_layer_of_tower_is_a_layer() {
    let double = |_: Request<Body>| async { Ok(http::Response::new(Bytes::from_static(b"{}"))) };
    let layers = ServiceBuilder::new().timeout(Duration::from_secs(10));
    let layered = builder("bots.kore.ai")
        .transport(double)
        .layer(move |inner| ServiceTransport::around(inner, |inner| layers.service(inner)));
    layered.build().unwrap().bot_import_status(&id()).await.unwrap();
}

#[test]
fn a_blocking_transport_has_layers_too() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let double = |_: Request<Body>| Ok(http::Response::new(Bytes::from_static(b"{}")));
    let layered = builder("bots.kore.ai").blocking_transport(double).blocking_layer(move |inner| {
        let counted = counted.clone();
        move |request: Request<Body>| {
            counted.fetch_add(1, Ordering::Relaxed);
            inner.send(request)
        }
    });
    layered.build_blocking().unwrap().bot_import_status(&id()).unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[test]
fn a_layer_of_the_other_kind_is_an_error() {
    let error = builder("x").layer(noting(&Seen::default(), "x")).build_blocking().unwrap_err();
    assert!(error.to_string().starts_with("the layer that is set is async: expected build()"), "{error}");
    let same = |inner: Arc<dyn BlockingTransport>| inner;
    let error = builder("x").blocking_layer(same).build().unwrap_err();
    assert!(
        error.to_string().starts_with("the layer that is set blocks: expected build_blocking()"),
        "{error}"
    );
}

#[test]
fn a_setting_that_the_transport_cannot_follow_is_an_error() {
    type Set = fn(ClientBuilder) -> ClientBuilder;
    let settings: [(&str, Set); 7] = [
        ("timeout", |builder| builder.timeout(Duration::from_secs(1))),
        ("connect_timeout", |builder| builder.connect_timeout(Duration::from_secs(1))),
        ("idle_timeout", |builder| builder.idle_timeout(Duration::from_secs(1))),
        ("add_ca_pem", |builder| builder.add_ca_pem("x")),
        ("allow_http", |builder| builder.allow_http(true)),
        ("environment_proxies", |builder| builder.environment_proxies(true)),
        ("proxies", |builder| builder.proxies(kore_sdk::transport::ProxySettings::new())),
    ];
    let response = || Ok(http::Response::new(Bytes::new()));
    for (name, set) in settings {
        let double = move |_: Request<Body>| std::future::ready(response());
        let error = set(builder("x")).transport(double).build().unwrap_err();
        let blocking = set(builder("x")).blocking_transport(move |_: Request<Body>| response());
        let says = format!("{name}: it has no effect with the transport that is set");
        for error in [error, blocking.build_blocking().unwrap_err()] {
            assert!(error.is_config() && error.to_string().starts_with(&says), "{error}");
        }
        // A setting that holds anyway is accepted.
        let allowed = Client::builder().host("x").token("a.b.c").environment_proxies(false).allow_http(false);
        allowed.transport(double).build().unwrap();
    }
}
