//! From an `http::Request` to an `http::Response`, by whatever client.
//!
//! [`Transport`] and its twin [`BlockingTransport`] have one method each and know nothing of the
//! API: requests come from `kore-protocol`'s builders, answers go back to it. A closure is a
//! transport, so a test double is a few lines:
//!
//! ```
//! use bytes::Bytes;
//! use kore_protocol::Body;
//! use kore_transport::{Transport, TransportError};
//!
//! let double = |request: http::Request<Body>| async move {
//!     assert_eq!(request.uri().path(), "/ping");
//!     Ok::<_, TransportError>(http::Response::new(Bytes::from_static(b"{}")))
//! };
//! let transport: Box<dyn Transport> = Box::new(double);
//! ```
#![forbid(unsafe_code)]

mod build_error;
#[cfg(any(feature = "hyper", feature = "reqwest", feature = "ureq"))]
mod certificate;
#[cfg(any(feature = "hyper", feature = "reqwest"))]
mod collect;
mod error;
#[cfg(any(feature = "hyper", feature = "reqwest", feature = "ureq"))]
mod failure;
#[cfg(feature = "hyper")]
mod hyper_transport;
mod plain_http;
mod transport;

pub use build_error::BuildError;
pub use error::{Phase, TransportError};
#[cfg(feature = "hyper")]
pub use hyper_transport::{BlockingHyperTransport, HyperTransport, HyperTransportBuilder, ProxySettings};
pub use plain_http::PlainHttp;
pub use transport::{BlockingTransport, Transport};
