//! The settings of the built-in transport, which the feature `hyper` adds to the builder.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use kore_protocol::BaseUrl;
use kore_transport::{
    BlockingTransport, HyperTransport, HyperTransportBuilder, PlainHttp, ProxySettings, Transport,
};

use super::ClientBuilder;
use crate::{Error, environment};

/// What the user has set. The transport has its own defaults for the rest.
#[derive(Clone, Default)]
pub(crate) struct BuiltIn {
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    ca_pem: Vec<Vec<u8>>,
    plain_http: PlainHttp,
    proxies: Proxies,
}

#[derive(Clone)]
enum Proxies {
    /// By default, or since it `is_set`.
    OfEnvironment {
        is_set: bool,
    },
    None,
    Set(ProxySettings),
}

impl Default for Proxies {
    fn default() -> Self {
        Self::OfEnvironment { is_set: false }
    }
}

impl ClientBuilder {
    /// How long one request may take, from its first byte to the last byte of its response. A call that
    /// is repeated with a new token may take twice as long.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.built_in.timeout = Some(timeout);
        self
    }

    /// How long it may take to connect: name lookup, TCP, proxy and TLS handshake together.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.built_in.connect_timeout = Some(timeout);
        self
    }

    /// How long an idle connection is kept for the next request.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.built_in.idle_timeout = Some(timeout);
        self
    }

    /// Adds certificate authorities in PEM to those of the operating system. Verification cannot be
    /// switched off.
    pub fn add_ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.built_in.ca_pem.push(pem.into());
        self
    }

    /// Allows `http://` to other hosts than this machine. Then others can read the token on the way.
    pub fn allow_http(mut self, allowed: bool) -> Self {
        self.built_in.plain_http = if allowed { PlainHttp::Anywhere } else { PlainHttp::Loopback };
        self
    }

    /// Whether to use the proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    pub fn environment_proxies(mut self, used: bool) -> Self {
        self.built_in.proxies = if used { Proxies::OfEnvironment { is_set: true } } else { Proxies::None };
        self
    }

    /// Sets the proxies, in place of those of the environment.
    pub fn proxies(mut self, proxies: ProxySettings) -> Self {
        self.built_in.proxies = Proxies::Set(proxies);
        self
    }

    /// Refuses settings that have no effect, since another transport is set.
    pub(super) fn without_built_in(&self) -> Result<(), Error> {
        let BuiltIn { timeout, connect_timeout, idle_timeout, ca_pem, plain_http, proxies } = &self.built_in;
        let idle = [
            ("timeout", timeout.is_some()),
            ("connect_timeout", connect_timeout.is_some()),
            ("idle_timeout", idle_timeout.is_some()),
            ("add_ca_pem", !ca_pem.is_empty()),
            ("allow_http", *plain_http != PlainHttp::Loopback),
            ("environment_proxies", matches!(proxies, Proxies::OfEnvironment { is_set: true })),
            ("proxies", matches!(proxies, Proxies::Set(_))),
        ];
        match idle.iter().find(|(_, is_set)| *is_set) {
            None => Ok(()),
            Some((setting, _)) => Err(Error::config(format!(
                "{setting}: it has no effect with the transport that is set: expected that transport to be set up so"
            ))),
        }
    }

    fn hyper(&mut self, base: &BaseUrl) -> Result<HyperTransportBuilder, Error> {
        let settings = std::mem::take(&mut self.built_in);
        if base.is_plain_http() && !base.is_loopback() && settings.plain_http == PlainHttp::Loopback {
            return Err(Error::config(format!(
                "host: {base} would send the token unencrypted: expected https://, or that plain HTTP is allowed by name"
            )));
        }
        let mut builder =
            HyperTransport::builder().body_limit(self.body_limit).plain_http(settings.plain_http);
        let proxies = match settings.proxies {
            Proxies::OfEnvironment { .. } => environment::proxies(),
            Proxies::None => ProxySettings::new(),
            Proxies::Set(proxies) => proxies,
        };
        let uri = Uri::try_from(base.to_string()).map_err(|error| Error::setting("host", error))?;
        proxies.check(&uri).map_err(|error| Error::setting("transport", error))?;
        builder = builder.proxy(proxies);
        if let Some(timeout) = settings.timeout {
            builder = builder.request_timeout(timeout);
        }
        if let Some(timeout) = settings.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(timeout) = settings.idle_timeout {
            builder = builder.idle_timeout(timeout);
        }
        Ok(settings.ca_pem.into_iter().fold(builder, HyperTransportBuilder::add_ca_pem))
    }

    pub(super) fn built_in(&mut self, base: &BaseUrl) -> Result<Arc<dyn Transport>, Error> {
        let transport = self.hyper(base)?.build().map_err(|error| Error::setting("transport", error))?;
        Ok(Arc::new(transport))
    }

    pub(super) fn built_in_blocking(&mut self, base: &BaseUrl) -> Result<Arc<dyn BlockingTransport>, Error> {
        let transport =
            self.hyper(base)?.build_blocking().map_err(|error| Error::setting("transport", error))?;
        Ok(Arc::new(transport))
    }
}
