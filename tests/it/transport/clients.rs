//! The clients under test, each from the same options.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kore_protocol::{Body, BodyLimit};
use kore_transport::{
    BlockingTransport, HyperTransport, HyperTransportBuilder, PlainHttp, ProxySettings, ReqwestTransport,
    Transport, TransportError, UreqTransport,
};

/// The settings that a test changes. All others have generous values.
pub(super) struct Options {
    pub(super) request_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) limit: BodyLimit,
    pub(super) plain_http: PlainHttp,
    /// A CA to trust, as PEM.
    pub(super) ca: Option<String>,
    pub(super) proxy: Option<Proxy>,
}

/// A proxy to go through.
pub(super) struct Proxy {
    pub(super) addr: SocketAddr,
    pub(super) login: Option<(&'static str, &'static str)>,
    /// Hosts to call directly.
    pub(super) no: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(30),
            limit: BodyLimit::DEFAULT,
            plain_http: PlainHttp::Loopback,
            ca: None,
            proxy: None,
        }
    }
}

impl Proxy {
    pub(super) fn to(addr: SocketAddr) -> Self {
        Self { addr, login: None, no: "" }
    }

    pub(super) fn url(&self) -> String {
        let login = self.login.map(|(user, password)| format!("{user}:{password}@")).unwrap_or_default();
        format!("http://{login}{}", self.addr)
    }
}

pub(super) fn hyper_builder(options: Options) -> HyperTransportBuilder {
    let Options { request_timeout, connect_timeout, limit, plain_http, ca, proxy } = options;
    let mut builder = HyperTransport::builder()
        .request_timeout(request_timeout)
        .connect_timeout(connect_timeout)
        .body_limit(limit)
        .plain_http(plain_http);
    if let Some(pem) = ca {
        builder = builder.add_ca_pem(pem);
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(ProxySettings::new().all(proxy.url()).no(proxy.no));
    }
    builder
}

pub(super) fn hyper(options: Options) -> Arc<dyn Transport> {
    Arc::new(hyper_builder(options).build().unwrap())
}

pub(super) fn hyper_blocking(options: Options) -> Arc<dyn Transport> {
    Arc::new(OnThread(Arc::new(hyper_builder(options).build_blocking().unwrap())))
}

pub(super) fn reqwest(options: Options) -> Arc<dyn Transport> {
    let Options { request_timeout, connect_timeout, limit, plain_http, ca, proxy } = options;
    let mut builder = reqwest::Client::builder().timeout(request_timeout).connect_timeout(connect_timeout);
    if let Some(pem) = ca {
        builder = builder.tls_certs_merge([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()]);
    }
    let transport = match proxy {
        None => ReqwestTransport::without_proxy(builder),
        Some(proxy) => {
            let no = reqwest::NoProxy::from_string(proxy.no);
            ReqwestTransport::new(builder.proxy(reqwest::Proxy::all(proxy.url()).unwrap().no_proxy(no)))
        }
    };
    Arc::new(transport.unwrap().body_limit(limit).plain_http(plain_http))
}

pub(super) fn ureq(options: Options) -> Arc<dyn Transport> {
    let Options { request_timeout, connect_timeout, limit, plain_http, ca, proxy } = options;
    let ca = ca.map(|pem| ureq::tls::Certificate::from_pem(pem.as_bytes()).unwrap());
    let tls = ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::from(ca))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    let proxy = proxy.map(|proxy| {
        let mut builder = ureq::Proxy::builder(ureq::ProxyProtocol::Http)
            .host(&proxy.addr.ip().to_string())
            .port(proxy.addr.port());
        if let Some((user, password)) = proxy.login {
            builder = builder.username(user).password(password);
        }
        for host in proxy.no.split(',').filter(|host| !host.is_empty()) {
            builder = builder.no_proxy(host);
        }
        builder.build().unwrap()
    });
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(request_timeout))
        .timeout_connect(Some(connect_timeout))
        .tls_config(tls)
        .proxy(proxy)
        .build();
    let transport = UreqTransport::new(config.new_agent()).body_limit(limit).plain_http(plain_http);
    Arc::new(OnThread(Arc::new(transport)))
}

/// A blocking transport on a thread where it may block.
struct OnThread(Arc<dyn BlockingTransport>);

impl Transport for OnThread {
    fn send(
        &self,
        request: Request<Body>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + '_>> {
        let transport = self.0.clone();
        let sending = tokio::task::spawn_blocking(move || transport.send(request));
        Box::pin(async { sending.await.expect("sending does not panic") })
    }
}
