//! Sends an `http::Request` and receives an `http::Response`, with any HTTP client.
//!
//! [`Transport`] and [`BlockingTransport`] have one method each, and know nothing of the API: requests
//! come from `kore-protocol`, and it reads the responses. A closure is a transport, so a test double is
//! a few lines:
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
//!
//! | feature | gives | for |
//! |---|---|---|
//! | `hyper` (default) | `HyperTransport`, `BlockingHyperTransport` | all that the SDK needs: pool, TLS, proxies, limits |
//! | `reqwest` | `ReqwestTransport` | a program that has a reqwest client |
//! | `ureq` | `UreqTransport` | a blocking program that has a ureq agent |
//! | `tower` | `ServiceTransport`, `TransportService` | layers around any of these |
//!
//! All of them refuse plain HTTP to other machines, and do not send it through a proxy. They refuse bodies
//! over a limit, do not follow redirects, and say with a [`TransportError`] how far a request came.
//!
//! Files of a request are read in pieces while they are sent, outside of the threads of an async runtime.
//! A closure gets a whole body from `Body::to_bytes`.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod body_sink;
#[cfg(any(feature = "hyper", feature = "reqwest"))]
mod build_error;
mod certificate;
mod collect;
mod error;
mod failure;
mod http_words;
#[cfg(feature = "hyper")]
mod hyper_transport;
mod new_connection;
mod plain_http;
mod request_timeout;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
#[cfg(any(feature = "hyper", feature = "reqwest"))]
mod send_body;
mod tls_words;
#[cfg(feature = "tower")]
mod tower_transport;
mod transport;
#[cfg(feature = "ureq")]
mod ureq_transport;
mod variant_words;

pub use body_sink::BodySink;
#[cfg(any(feature = "hyper", feature = "reqwest"))]
pub use build_error::BuildError;
pub use collect::Collect;
pub use error::{Phase, TransportError};
#[cfg(feature = "hyper")]
pub use hyper_transport::{BlockingHyperTransport, HyperTransport, HyperTransportBuilder, ProxySettings};
pub use new_connection::NewConnection;
pub use plain_http::PlainHttp;
pub use request_timeout::RequestTimeout;
#[cfg(feature = "reqwest")]
pub use reqwest_transport::ReqwestTransport;
#[cfg(feature = "tower")]
pub use tower_transport::{ServiceTransport, TransportService};
pub use transport::{BlockingTransport, Transport};
#[cfg(feature = "ureq")]
pub use ureq_transport::UreqTransport;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
