//! CONNECT: a tunnel through a proxy, which cannot read what it passes on.

use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use tower_service::Service;

use super::proxy::Proxy;
use crate::failure::{Refused, refused_by_proxy};
use crate::{Phase, TransportError};

/// Asks the proxy at the other end of `hop` for a tunnel to the host of `uri`.
pub(super) async fn tunnel<T>(hop: T, uri: &Uri, proxy: &Proxy) -> Result<T, TransportError>
where
    T: Read + Write + Unpin + Send + 'static,
{
    let mut tunnel = Tunnel::new(proxy.uri().clone(), Connected(Some(hop)));
    if let Some(auth) = proxy.auth() {
        tunnel = tunnel.with_auth(auth.clone());
    }
    tunnel.call(uri.clone()).await.map_err(|error| {
        let (name, host) = (proxy.name(), uri.host().unwrap_or_default());
        let told = match refused_by_proxy(&error) {
            Some(Refused::Password) => return proxy.wants_password(),
            Some(Refused::Host) => {
                format!("the proxy {name} opens no way to {host}: it may not be allowed, or not reached from there")
            }
            None => format!("the proxy {name} broke the connection off before it answered"),
        };
        TransportError::new(Phase::Connect, told).with_source(error)
    })
}

/// The tunnel of hyper-util wants a connector. This one returns the existing connection, once.
struct Connected<T>(Option<T>);

impl<T> Service<Uri> for Connected<T> {
    type Response = T;
    type Error = io::Error;
    type Future = Ready<Result<T, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}
