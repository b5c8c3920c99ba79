//! The Kore.ai bot-import API without IO.
//!
//! An endpoint is a request, a response and their mapping to `http::Request` and `http::Response`
//! in both directions, so that clients and servers are built from the same file. Nothing here
//! opens a socket, reads a clock or knows an HTTP library.
//!
//! ```
//! use kore_protocol::{BaseUrl, BodyLimit, IncomingResponse, OutgoingRequest, auth_header};
//! use kore_protocol::bot_import::get_status;
//! use kore_types::BotImportId;
//!
//! let request = get_status::Request::new(BotImportId::new("bir-1f")?);
//! let request = request.to_http(&BaseUrl::parse("bots.kore.ai")?, auth_header("a.b.c")?);
//! assert_eq!(request.uri(), "https://bots.kore.ai/api/public/bot/import/status/bir-1f");
//!
//! // Send it with any HTTP client, and hand the answer back:
//! let answer = http::Response::new(bytes::Bytes::from_static(br#"{"_id":"bir-1f","status":"pending"}"#));
//! let response = get_status::Response::from_http(answer, BodyLimit::DEFAULT)?;
//! assert!(!response.import.is_over());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod bot_import;

mod base_url;
mod body;
mod endpoint;
mod excerpt;
mod metadata;
mod path;
mod refusal;
mod response_error;
mod retry_after;

pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use body::{Body, BodyLimit};
pub use endpoint::{
    AUTH_HEADER, Endpoint, IncomingRequest, IncomingResponse, InvalidToken, OutgoingRequest,
    OutgoingResponse, RequestError, auth_header,
};
pub use excerpt::Excerpt;
pub use metadata::{Metadata, RateLimit, Scope};
pub use path::PathTemplate;
pub use refusal::Refusal;
pub use response_error::ResponseError;
pub use retry_after::RetryAfter;
