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

mod error;
mod plain_http;
mod transport;

pub use error::{Phase, TransportError};
pub use plain_http::PlainHttp;
pub use transport::{BlockingTransport, Transport};
