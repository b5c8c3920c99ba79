//! The settings of the transport on hyper.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kore_protocol::BodyLimit;

use super::connector::Connector;
use super::pools::Pools;
use super::provider::provider;
use super::proxy::Proxies;
use super::tls::{Tls, read_pem};
use super::{BlockingHyperTransport, HyperTransport, Inner, ProxySettings};
use crate::{BuildError, PlainHttp};

/// How many headers a response over HTTP/1.1 may have, and how many bytes in all over HTTP/2. Hyper's
/// own limits of 100 and 16 KB can be passed by a proxy that writes down what it does.
const MAX_HEADERS: usize = 256;
const MAX_HEADER_BYTES: u32 = 256 * 1024;

/// The settings of a [`HyperTransport`]. None fails before [`build`](Self::build).
#[must_use]
pub struct HyperTransportBuilder {
    connect_timeout: Duration,
    request_timeout: Duration,
    idle_timeout: Duration,
    ping: (Duration, Duration),
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
            ping: (Duration::from_secs(10), Duration::from_secs(10)),
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
    /// 30 s by default. One with files may take longer, as long as pieces of them are taken: the limit
    /// is then the longest time without progress.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// How long a connection is kept for later requests. 90 s by default.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// How long an HTTP/2 connection may be silent while a response is due before it is asked with a
    /// ping whether the other end is there, and how long it may take to answer that. A connection
    /// that does not answer is closed, and its requests fail. 10 s and 10 s by default.
    pub fn http2_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.ping = (interval, timeout);
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
    /// If an added bundle holds no certificate, or there is no crypto provider: neither the feature
    /// `aws-lc-rs` nor `ring` is on, and the application has installed none. A proxy's text that is
    /// none is told when a request would go through it, or before by [`ProxySettings::check`].
    pub fn build(self) -> Result<HyperTransport, BuildError> {
        let tls = Tls::new(read_pem(&self.ca_bundles)?, provider()?);
        let proxies = Arc::new(Proxies::new(&self.proxy));
        let connector = Connector::new(tls, proxies.clone(), self.connect_timeout);
        let (interval, timeout) = self.ping;
        let mut client = Client::builder(TokioExecutor::new());
        client
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.idle_timeout)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .http2_keep_alive_interval(interval)
            .http2_keep_alive_timeout(timeout);
        Ok(HyperTransport(Arc::new(Inner {
            pools: Pools::new(client, connector),
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
            .field("http2_keep_alive", &self.ping)
            .field("body_limit", &self.limit)
            .field("plain_http", &self.plain_http)
            .field("ca_bundles", &self.ca_bundles.len())
            .field("proxy", &self.proxy)
            .finish()
    }
}
