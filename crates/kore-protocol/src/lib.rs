//! The Kore.ai bot-import API without IO. To make a call, build its request, send it with any HTTP
//! client, and read the response:
//!
//! ```
//! use kore_protocol::{BaseUrl, BodyLimit, OutgoingRequest, auth_header};
//! use kore_protocol::bot_import::get_status;
//! use kore_types::BotImportId;
//!
//! let request = get_status::Request::new(BotImportId::new("bir-1f")?);
//! let http = request.to_http(&BaseUrl::parse("bots.kore.ai")?, auth_header("a.b.c")?);
//! assert_eq!(http.uri(), "https://bots.kore.ai/api/public/bot/import/status/bir-1f");
//!
//! // The HTTP client sends it and gives back a response:
//! let http = http::Response::new(bytes::Bytes::from_static(br#"{"_id":"bir-1f","status":"pending"}"#));
//! let response = request.read_response(&http, BodyLimit::DEFAULT)?;
//! assert!(!response.import.is_over());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To wait for the end of an import, see [`watch`]. Nothing in this crate opens a socket, reads a clock
//! or knows an HTTP library; `kore-sdk` is the client that does.
//!
//! A server uses the same endpoints from the other side. [`Routes`] finds the endpoint of a request,
//! [`IncomingRequest`] reads it, [`OutgoingResponse`] writes the response, a [`Refusal`] is the
//! platform's error, and [`RequestLogs`] keep the rate limits. `examples/axum_server.rs` of this
//! crate is such a server to copy from, with tokens verified by the `Guard` of `kore-auth`
//! (`cargo run -p kore-protocol --example axum_server`). In short:
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use kore_protocol::bot_import::get_status;
//! use kore_protocol::{AUTH_HEADER, IncomingRequest, OutgoingResponse, Refusal, RequestError, Routes};
//! use kore_types::{BotImport, Status};
//!
//! enum Call {
//!     GetStatus,
//! }
//! const ROUTES: Routes<'_, Call> = Routes::new(&[(get_status::METADATA, Call::GetStatus)]);
//!
//! fn answer(request: &Request<Bytes>) -> Result<Response<Bytes>, RequestError> {
//!     let (metadata, call) = ROUTES.find(request.method(), request.uri().path())?;
//!     // Verify the token, and that its app holds `metadata.scope` if there is one, before the rest
//!     // is looked at.
//!     request.headers().get(AUTH_HEADER).ok_or(Refusal::InvalidSdkCredentials)?;
//!     match call {
//!         Call::GetStatus => {
//!             let asked = get_status::Request::from_http(request)?;
//!             Ok(get_status::Response::new(BotImport::new(asked.import_id, Status::Pending)).to_http())
//!         }
//!     }
//! }
//!
//! let status = |path: &str| {
//!     let request = Request::get(path).header("auth", "a.b.c").body(Bytes::new())?;
//!     Ok::<_, http::Error>(answer(&request).unwrap_or_else(|error| error.to_http()).status())
//! };
//! assert_eq!(status("/api/public/bot/import/status/bir-1f")?, 200);
//! assert_eq!(status("/api/public/bot/import/status/bir-..%2f")?, 400);
//! assert_eq!(status("/")?, 404);
//! # Ok::<(), http::Error>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod bot_export;
pub mod bot_import;
pub mod bot_publish;
pub mod file;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod watch;

mod base_url;
mod body;
mod clock;
mod document;
mod endpoint;
mod exact_json;
mod excerpt;
mod kept_headers;
mod limited;
mod metadata;
mod other_job;
mod own_refusal;
mod path;
mod query;
mod quotes;
mod refusal;
mod request_log;
mod request_logs;
mod response_error;
mod retry_after;
mod routes;
mod split_mix;

/// The OpenAPI 3.1 document of the API, as JSON: made by the feature `openapi` of this crate from
/// the endpoints and the models, and committed, so that servers can serve it without the feature.
pub const OPENAPI_JSON: &str = include_str!("../openapi.json");

#[doc(hidden)]
pub use base_url::is_loopback;
pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use body::{Body, BodyLimit, BodyReader, Boundary, Content, ContentError, InvalidBoundary, Part};
pub use endpoint::{
    AUTH_HEADER, Endpoint, IncomingRequest, IncomingResponse, InvalidToken, JsonResponse, OutgoingRequest,
    OutgoingResponse, RequestError, auth_header,
};
pub use exact_json::{ExactJson, InvalidJson};
pub use excerpt::Excerpt;
#[doc(hidden)]
pub use kept_headers::mask_headers;
pub use limited::Limited;
pub use metadata::{Metadata, RateLimit, Scope};
pub use other_job::OtherJob;
pub use own_refusal::OwnRefusal;
pub use path::PathTemplate;
pub use query::Query;
pub use refusal::Refusal;
pub use request_log::{Millis, Nanos, Quota, Stamp};
pub use request_logs::RequestLogs;
pub use response_error::{Origin, ResponseError, is_transient};
pub use retry_after::RetryAfter;
pub use routes::Routes;
#[doc(hidden)]
pub use split_mix::split_mix;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
