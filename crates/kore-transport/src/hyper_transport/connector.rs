//! Makes the connection to a URL: name lookup, TCP, proxy and TLS, within one time limit.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::{Proxies, Proxy};
use super::seconds::Seconds;
use super::stream::Stream;
use super::tls::{Tls, handshake};
use super::tunnel::tunnel;
use crate::failure::{self, peer};
use crate::{Phase, TransportError};

/// A single `Arc`, since the client clones it for each request.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    tcp: HttpConnector,
    tls: Tls,
    proxies: Arc<Proxies>,
    timeout: Duration,
}

impl Connector {
    pub(super) fn new(tls: Tls, proxies: Arc<Proxies>, timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self(Arc::new(Inner { tcp, tls, proxies, timeout }))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move { inner.connect(uri).await })
    }
}

impl Inner {
    async fn connect(&self, uri: Uri) -> Result<Stream, TransportError> {
        // For the error, if the time runs out.
        let mut phase = Phase::Connect;
        let connected = tokio::time::timeout(self.timeout, self.steps(&uri, &mut phase)).await;
        connected.unwrap_or_else(|_| {
            let limit = format!("{} for connecting to {}", Seconds(self.timeout), peer(&uri));
            Err(TransportError::timeout(phase, limit))
        })
    }

    async fn steps(&self, uri: &Uri, phase: &mut Phase) -> Result<Stream, TransportError> {
        let is_https = uri.scheme() == Some(&Scheme::HTTPS);
        // First, since without roots there is no need to connect.
        let tls = is_https.then(|| self.tls.for_host()).transpose()?;
        let proxy = self.proxies.for_uri(uri)?;
        let mut hop = match &proxy {
            None => MaybeHttpsStream::Http(self.tcp(uri, &peer(uri)).await?),
            Some(proxy) => self.to_proxy(proxy, phase).await?,
        };
        let Some(tls) = tls else {
            return Ok(Stream::new(MaybeHttpsStream::Http(hop), proxy.is_some()));
        };
        if let Some(proxy) = &proxy {
            *phase = Phase::Proxy;
            hop = tunnel(hop, uri, proxy).await?;
        }
        *phase = Phase::Tls;
        let tls = handshake(tls, uri.host().unwrap_or_default(), hop).await?;
        Ok(Stream::new(tls.into(), false))
    }

    async fn to_proxy(
        &self,
        proxy: &Proxy,
        phase: &mut Phase,
    ) -> Result<MaybeHttpsStream<TokioIo<TcpStream>>, TransportError> {
        let tcp = self.tcp(proxy.uri(), &format!("the proxy {}", proxy.name())).await?;
        if proxy.uri().scheme() != Some(&Scheme::HTTPS) {
            return Ok(MaybeHttpsStream::Http(tcp));
        }
        *phase = Phase::Tls;
        let host = proxy.uri().host().unwrap_or_default();
        Ok(handshake(self.tls.for_proxy()?, host, tcp).await?.into())
    }

    async fn tcp(&self, uri: &Uri, name: &str) -> Result<TokioIo<TcpStream>, TransportError> {
        // Always ready, since its resolver is.
        let connecting = self.tcp.clone().call(uri.clone());
        connecting.await.map_err(|error| failure::connect(name, &error).with_source(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hyper_transport::ProxySettings;

    #[test]
    fn without_roots_https_fails_and_plain_http_works() {
        let proxies = Proxies::new(&ProxySettings::new());
        let mut connector = Connector::new(Tls::without_roots(), Arc::new(proxies), Duration::from_secs(30));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("an address");
        let uri = |scheme: &str| format!("{scheme}://{addr}/").parse::<Uri>().expect("a URL");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            connector.call(uri("http")).await.expect("no TLS is needed");
            let error = connector.call(uri("https")).await.err().expect("there are no roots");
            assert_eq!(error.phase(), Phase::Tls);
            assert!(error.to_string().contains("(unexpected error: no roots): install"), "{error}");
        });
    }
}
