//! Servers that behave well or badly. Each has a port of its own and ends when it is dropped; each
//! runs on a thread of its own, so that blocking tests can use them as well.

mod ca;
pub(crate) mod hostile;
pub(crate) mod http2;
pub(crate) mod https;
mod proxy;
mod server;

pub(crate) use ca::{Ca, Identity};
pub(crate) use proxy::ProxyServer;
pub(crate) use server::Server;
