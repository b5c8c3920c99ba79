//! What a client sends through: the built-in transport or one that is set, within layers.

use std::sync::Arc;

use kore_protocol::BaseUrl;
use kore_transport::{BlockingTransport, Transport};

use super::ClientBuilder;
use crate::Error;

/// What is set; without a transport, the built-in one is made.
#[derive(Clone, Default)]
pub(super) struct Transports {
    transport: Option<Arc<dyn Transport>>,
    blocking: Option<Arc<dyn BlockingTransport>>,
    /// The innermost first.
    layers: Vec<Layer<dyn Transport>>,
    blocking_layers: Vec<Layer<dyn BlockingTransport>>,
}

/// Makes a transport around another one.
type Layer<T> = Arc<dyn Fn(Arc<T>) -> Arc<T> + Send + Sync>;

impl ClientBuilder {
    /// Sends requests through another client. The settings of the built-in transport, from
    /// [`timeout`](Self::timeout) down, are that client's own business then, and [`build`](Self::build)
    /// refuses one that is set. To add something to the built-in transport, use [`layer`](Self::layer).
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transports.transport = Some(Arc::new(transport));
        self
    }

    /// As [`transport`](Self::transport), for [`build_blocking`](Self::build_blocking).
    pub fn blocking_transport(mut self, transport: impl BlockingTransport + 'static) -> Self {
        self.transports.blocking = Some(Arc::new(transport));
        self
    }

    /// Puts a layer around the transport, which keeps its authorities, proxies and time limits: to log,
    /// to measure, to add a header. Of several, the last one is the outermost. A layer of tower is one by
    /// [`ServiceTransport`](kore_transport::ServiceTransport), with the feature `tower`.
    ///
    /// ```
    /// use kore_sdk::Client;
    /// use kore_sdk::transport::Transport;
    ///
    /// # fn example() -> Result<(), kore_sdk::Error> {
    /// let client = Client::builder()
    ///     .host("https://bots.kore.ai")
    ///     .token("a.b.c")
    ///     .layer(|inner| {
    ///         move |request: http::Request<_>| {
    ///             let inner = inner.clone();
    ///             async move {
    ///                 // Each request comes by, those that are sent again too. Print no header: one is the token.
    ///                 println!("{} {}", request.method(), request.uri().path());
    ///                 inner.send(request).await
    ///             }
    ///         }
    ///     })
    ///     .build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer<T: Transport + 'static>(
        mut self,
        layer: impl Fn(Arc<dyn Transport>) -> T + Send + Sync + 'static,
    ) -> Self {
        self.transports.layers.push(Arc::new(move |inner| Arc::new(layer(inner))));
        self
    }

    /// As [`layer`](Self::layer), for [`build_blocking`](Self::build_blocking).
    pub fn blocking_layer<T: BlockingTransport + 'static>(
        mut self,
        layer: impl Fn(Arc<dyn BlockingTransport>) -> T + Send + Sync + 'static,
    ) -> Self {
        self.transports.blocking_layers.push(Arc::new(move |inner| Arc::new(layer(inner))));
        self
    }

    pub(super) fn chosen(&mut self, base: &BaseUrl) -> Result<Arc<dyn Transport>, Error> {
        let Transports { transport, blocking, layers, blocking_layers } =
            std::mem::take(&mut self.transports);
        // A double must never be passed over for the network, and nor must a layer.
        if transport.is_none() && blocking.is_some() {
            return Err(other_kind("transport that is set blocks", "build_blocking()", "build()"));
        }
        if layers.is_empty() && !blocking_layers.is_empty() {
            return Err(other_kind("layer that is set blocks", "build_blocking()", "build()"));
        }
        let innermost = match transport {
            Some(transport) => self.without_built_in().map(|()| transport)?,
            None => self.built_in(base)?,
        };
        Ok(layers.iter().fold(innermost, |inner, layer| layer(inner)))
    }

    pub(super) fn chosen_blocking(&mut self, base: &BaseUrl) -> Result<Arc<dyn BlockingTransport>, Error> {
        let Transports { transport, blocking, layers, blocking_layers } =
            std::mem::take(&mut self.transports);
        if blocking.is_none() && transport.is_some() {
            return Err(other_kind("transport that is set is async", "build()", "build_blocking()"));
        }
        if blocking_layers.is_empty() && !layers.is_empty() {
            return Err(other_kind("layer that is set is async", "build()", "build_blocking()"));
        }
        let innermost = match blocking {
            Some(transport) => self.without_built_in().map(|()| transport)?,
            None => self.built_in_blocking(base)?,
        };
        Ok(blocking_layers.iter().fold(innermost, |inner, layer| layer(inner)))
    }
}

fn other_kind(what: &str, expected: &str, found: &str) -> Error {
    Error::config(format!("the {what}: expected {expected}, found {found}"))
}

#[cfg(not(feature = "hyper"))]
impl ClientBuilder {
    fn without_built_in(&self) -> Result<(), Error> {
        Ok(())
    }

    fn built_in<T>(&self, _: &BaseUrl) -> Result<T, Error> {
        Err(Error::config("no transport is set: expected one, or the feature `hyper` of kore-sdk"))
    }

    fn built_in_blocking<T>(&self, base: &BaseUrl) -> Result<T, Error> {
        self.built_in(base)
    }
}
