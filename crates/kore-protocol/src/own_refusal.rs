//! Refusals of endpoints that are not in this crate.

use bytes::Bytes;
use http::StatusCode;
use kore_types::{ErrorBody, ErrorDetail};

use crate::ResponseError;
use crate::endpoint::json_response;

/// A refusal of an endpoint of one's own. Those that any call may have are [`Refusal`](crate::Refusal)s.
///
/// ```
/// use http::StatusCode;
/// use kore_protocol::{OwnRefusal, RequestError, ResponseError};
///
/// const UNKNOWN_BACKUP: OwnRefusal = OwnRefusal::new(StatusCode::NOT_FOUND, 404, "Unknown backup");
///
/// // A server refuses with it, and a client knows it again.
/// let sent = RequestError::from(UNKNOWN_BACKUP).to_http();
/// # use kore_protocol::{BodyLimit, IncomingResponse};
/// let error: ResponseError = <()>::from_http(sent, BodyLimit::DEFAULT).unwrap_err();
/// assert!(UNKNOWN_BACKUP.is_of(&error));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnRefusal {
    status: StatusCode,
    code: u64,
    msg: &'static str,
}

impl OwnRefusal {
    /// The HTTP status, and `code` and `msg` of the platform's error body.
    pub const fn new(status: StatusCode, code: u64, msg: &'static str) -> Self {
        Self { status, code, msg }
    }

    /// The `msg` in the body.
    pub fn msg(self) -> &'static str {
        self.msg
    }

    /// Whether a response is this refusal: by its message, compared without case, as for those of the
    /// platform.
    pub fn is_of(self, error: &ResponseError) -> bool {
        let details = error.error_body().map(ErrorBody::details).unwrap_or_default();
        let mut messages = details.iter().filter_map(ErrorDetail::text);
        messages.any(|msg| msg.trim().eq_ignore_ascii_case(self.msg))
    }

    /// The HTTP response of a server that refuses.
    pub fn to_http(self) -> http::Response<Bytes> {
        let body = ErrorBody::new(self.msg, self.code);
        let json = serde_json::to_vec(&body).expect("an error body is strings and integers");
        json_response(self.status, json)
    }
}
