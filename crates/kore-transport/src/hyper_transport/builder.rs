//! The settings of the transport on hyper.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kore_protocol::BodyLimit;

use super::connector::Connector;
use super::provider::provider;
use super::proxy::Proxies;
use super::tls::{Tls, read_pem};
use super::{BlockingHyperTransport, HyperTransport, Inner, ProxySettings};
use crate::{BuildError, PlainHttp};

/// How often HTTP/2 asks whether the other end is still there while an answer is due, and how long
/// it waits; without it a dead connection would be used until the system gives it up.
const PING: Duration = Duration::from_secs(10);

/// The settings of a [`HyperTransport`]. None fails before [`build`](Self::build).
#[must_use]
pub struct HyperTransportBuilder {
    connect_timeout: Duration,
    request_timeout: Duration,
    idle_timeout: Duration,
    limit: BodyLimit,
    plain_http: PlainHttp,
    ca_bundles: Vec<Vec<u8>>,
    proxy: ProxySettings,
}

impl HyperTransportBuilder {
    pub(super) fn new() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(90),
            limit: BodyLimit::DEFAULT,
            plain_http: PlainHttp::default(),
            ca_bundles: Vec::new(),
            proxy: ProxySettings::new(),
        }
    }

    /// How long a new connection may take: name, TCP, proxy and TLS together. 10 s by default.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a request may take, connecting included, until the last byte of the answer.
    /// 30 s by default.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// How long a connection is kept for later requests. 90 s by default.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// How long an answer's body may be. [`BodyLimit::DEFAULT`] by default.
    pub fn body_limit(mut self, limit: BodyLimit) -> Self {
        self.limit = limit;
        self
    }

    /// Where plain `http://` may go. [`PlainHttp::Loopback`] by default.
    pub fn plain_http(mut self, allowed: PlainHttp) -> Self {
        self.plain_http = allowed;
        self
    }

    /// Trusts the certificates of a PEM bundle as well as the platform's roots.
    pub fn add_ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_bundles.push(pem.into());
        self
    }

    /// The proxies to go through. None by default: the environment is not read.
    pub fn proxy(mut self, settings: ProxySettings) -> Self {
        self.proxy = settings;
        self
    }

    /// Builds the transport. The platform's roots are read when the first `https://` request is
    /// sent, on Linux from where `SSL_CERT_FILE` and `SSL_CERT_DIR` say if they are set; without
    /// usable roots such requests fail, each with the reason, and plain HTTP works.
    ///
    /// # Errors
    /// If an added bundle holds no certificate, a proxy's text is none, or there is no crypto
    /// provider: neither the feature `aws-lc-rs` nor `ring` is on, and the application has installed
    /// none.
    pub fn build(self) -> Result<HyperTransport, BuildError> {
        let tls = Tls::new(read_pem(&self.ca_bundles)?, provider()?);
        let proxies = Arc::new(Proxies::new(self.proxy)?);
        let connector = Connector::new(tls, proxies.clone(), self.connect_timeout);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.idle_timeout)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING)
            .build(connector);
        Ok(HyperTransport(Arc::new(Inner {
            client,
            proxies,
            request_timeout: self.request_timeout,
            limit: self.limit,
            plain_http: self.plain_http,
        })))
    }

    /// The same for threads that block, with a runtime of its own on a thread of its own.
    ///
    /// # Errors
    /// As [`build`](Self::build), and if the system gives no thread.
    pub fn build_blocking(self) -> Result<BlockingHyperTransport, BuildError> {
        BlockingHyperTransport::new(self.build()?)
    }
}

impl fmt::Debug for HyperTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransportBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("body_limit", &self.limit)
            .field("plain_http", &self.plain_http)
            .field("ca_bundles", &self.ca_bundles.len())
            .field("proxy", &self.proxy)
            .finish()
    }
}
