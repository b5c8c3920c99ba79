//! What the reqwest transport has beyond the shared behaviours.

use kore_transport::{PlainHttp, ReqwestTransport, Transport};

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
