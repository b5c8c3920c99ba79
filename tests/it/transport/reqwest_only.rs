//! What the reqwest transport has beyond the shared behaviours.

use kore_transport::{PlainHttp, ReqwestTransport, Transport};
use reqwest::redirect::Policy;

use super::cases::{get, text};
use super::within_patience;
use crate::servers::{ProxyServer, https};

#[tokio::test]
async fn without_proxy_takes_back_one_that_its_builder_has() {
    let server = https::plain();
    let proxy = ProxyServer::builder().route(&server.addr().to_string(), server.addr()).start();
    let builder = || {
        let url = format!("http://{}", proxy.addr());
        reqwest::Client::builder().proxy(reqwest::Proxy::all(url).unwrap())
    };
    let direct = ReqwestTransport::without_proxy(builder()).unwrap();
    assert_eq!(text(&within_patience(direct.send(get(server.url("/x")))).await.unwrap()), "HTTP/1.1 /x");
    assert_eq!(proxy.connections(), 0);
    // By name, everything is allowed.
    let anywhere = ReqwestTransport::new(builder()).unwrap().plain_http(PlainHttp::Anywhere);
    within_patience(anywhere.send(get(server.url("/x")))).await.unwrap();
    assert_eq!(proxy.connections(), 1);
}

#[tokio::test]
async fn a_client_that_exists_is_a_transport_unless_it_follows_redirects() {
    let server = https::plain();
    let builder = || reqwest::Client::builder().no_proxy();
    let client = builder().redirect(Policy::none()).build().unwrap();
    client.get(server.url("/before")).send().await.unwrap();
    let transport = ReqwestTransport::from_client(client).unwrap();
    let refused = transport.send(get(server.url("/x"))).await.unwrap_err();
    assert!(refused.to_string().contains("may send it through a proxy"), "{refused}");
    let transport = transport.plain_http(PlainHttp::Anywhere);
    assert_eq!(text(&within_patience(transport.send(get(server.url("/x")))).await.unwrap()), "HTTP/1.1 /x");
    assert_eq!(server.connections(), 1, "those of the client are used");

    let mut sham = reqwest::header::HeaderMap::new();
    sham.insert("x-sham", r#"redirect_policy: "Policy(None)""#.parse().unwrap());
    for follows in [
        builder(),
        builder().default_headers(sham),
        builder().redirect(Policy::limited(1)),
        builder().redirect(Policy::custom(|attempt| attempt.stop())),
    ] {
        let error = ReqwestTransport::from_client(follows.build().unwrap()).unwrap_err();
        assert!(error.to_string().contains("expected one that is built with redirect"), "{error}");
    }
}
