//! The builder of the built-in transport.

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

/// How many headers a response may have over HTTP/1.1, and how many bytes of headers over HTTP/2. Proxies
/// that add many headers exceed hyper's own limits of 100 and 16 KB. hyper writes 64 bytes for each header
/// that a response may have, so that a higher limit slows every response down.
const MAX_HEADERS: usize = 160;
const MAX_HEADER_BYTES: u32 = 256 * 1024;

/// The settings of a [`HyperTransport`]. Setters cannot fail; [`build`](Self::build) does.
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

    /// How long a new connection may take: name lookup, TCP, proxy and TLS together. The default is 10 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a request may take, from connecting to the last byte of the response. The default is 30 s.
    /// For a request with files it is the longest time without progress.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// How long an idle connection is kept for later requests. The default is 90 s.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// When to ping an HTTP/2 connection that is silent while a response is due, and how long the host may
    /// take to respond to the ping. Without a response the connection is closed, and its requests fail.
    /// The default is 10 s for each.
    pub fn http2_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.ping = (interval, timeout);
        self
    }

    /// The longest body of a response. The default is [`BodyLimit::DEFAULT`].
    pub fn body_limit(mut self, limit: BodyLimit) -> Self {
        self.limit = limit;
        self
    }

    /// Where plain `http://` may go. The default is [`PlainHttp::Loopback`].
    pub fn plain_http(mut self, allowed: PlainHttp) -> Self {
        self.plain_http = allowed;
        self
    }

    /// Trusts the certificates of a PEM bundle, beside the roots of the operating system.
    pub fn add_ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_bundles.push(pem.into());
        self
    }

    /// The proxies to use. The default is none; the environment is not read.
    pub fn proxy(mut self, settings: ProxySettings) -> Self {
        self.proxy = settings;
        self
    }

    /// Builds the transport. The roots of the operating system are read at the first `https://` request, on
    /// Linux from `SSL_CERT_FILE` and `SSL_CERT_DIR` if they are set. Without usable roots such requests
    /// fail with the reason, and plain HTTP works.
    ///
    /// # Errors
    /// If an added bundle has no certificate, or if there is no crypto provider: neither of the features
    /// `aws-lc-rs` and `ring` is on, and the application has installed none. An invalid proxy is reported
    /// when a request would use it, or earlier by [`ProxySettings::check`].
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

    /// Builds a transport that blocks, with its own runtime on its own thread.
    ///
    /// # Errors
    /// As [`build`](Self::build), and if no thread can be started.
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
