//! The refusals of the platform that are known: status, code and message. Servers respond with them,
//! clients recognise them, the OpenAPI document lists them.

use bytes::Bytes;
use http::StatusCode;
use kore_types::{ErrorBody, ErrorCode, ErrorDetail, TokenRefusal};

use crate::endpoint::json_response;

struct Known {
    refusal: Refusal,
    status: StatusCode,
    code: u64,
    msg: &'static str,
    meaning: &'static str,
}

/// Declares the enum and the table of what is known of each refusal, so that neither can miss one.
macro_rules! refusals {
    (
        $(#[$meta:meta])*
        pub enum Refusal {
            $( $(#[doc = $doc:literal])+ $name:ident = $status:ident, $code:literal, $msg:literal; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Refusal {
            $( $(#[doc = $doc])+ $name, )*
        }

        const TABLE: &[Known] = &[$(
            Known {
                refusal: Refusal::$name,
                status: StatusCode::$status,
                code: $code,
                msg: $msg,
                meaning: concat!($($doc),+).trim_ascii(),
            },
        )*];
    };
}

refusals! {
    /// A refusal whose status, code and message are known.
    ///
    /// "Documented" is from the vendor's documents, "tested" from the vendor's public test suite of
    /// 2022; where neither says a status, the doc comment says so.
    pub enum Refusal {
        /// No token, or one with a broken signature (tested).
        InvalidSdkCredentials = UNAUTHORIZED, 4002, "Invalid SDK credentials";
        /// The token is not a JWT at all (tested).
        InvalidJwt = UNAUTHORIZED, 4002, "Invalid JWT token";
        /// The app lacks the scope (tested; 401, not 403).
        WrongScope = UNAUTHORIZED, 4002, "Permission denied. Scope is incorrect!";
        /// The token has a `jti`, and an `exp` more than an hour off (documented).
        JtiTooLong = UNAUTHORIZED, 401, r#"error verifying the jwt: if "jti" claim "exp" must be <= 1 hour(s)"#;
        /// The `jti` of the token was used before (documented).
        Replay = UNAUTHORIZED, 401, "error verifying the jwt: possibly a replay";
        /// The import request is not known (tested; 400, not 404).
        InvalidRequestId = BAD_REQUEST, 400, "Invalid request ID";
        /// The bot does not exist (tested).
        InvalidStreamId = BAD_REQUEST, 400, "Invalid StreamId";
        /// The file to import was not uploaded (documented, tested).
        InvalidFileId = BAD_REQUEST, 400, "Invalid file id";
        /// An export of tasks that names none (tested).
        NoComponent = BAD_REQUEST, 400, "Please select at least one component";
        /// The path exists with another method (tested).
        MethodNotAllowed = METHOD_NOT_ALLOWED, 405, "Method Not Allowed";
        /// A required field is missing (tested).
        InvalidArguments = PRECONDITION_FAILED, 412, "Validation errors/ Invalid arguments";
        /// Something broke (tested).
        InternalServerError = INTERNAL_SERVER_ERROR, 500, "Internal Server Error";
        /// More than 60 requests in 60 s. The message is documented; the status is a guess.
        MinuteLimit = TOO_MANY_REQUESTS, 429, "You've exceeded the per-minute rate limit. Please wait for sometime before retrying.";
        /// More than 1800 requests in 3600 s. The message is documented; the status is a guess.
        HourLimit = TOO_MANY_REQUESTS, 429, "You've exceeded the hourly rate limit. Please wait for sometime before retrying.";
        /// Either limit, in the words of older documents; the status is a guess.
        RateLimit = TOO_MANY_REQUESTS, 429, "Rate limit for this API has been reached. Please try again after some time.";
        /// A path that the API does not have; all of it is a guess.
        UnknownPath = NOT_FOUND, 404, "Not Found";
    }
}

impl Refusal {
    fn known(self) -> &'static Known {
        TABLE.iter().find(|known| known.refusal == self).expect("the macro makes a row for each")
    }

    /// All known refusals.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(|known| known.refusal)
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        self.known().status
    }

    /// The `code` in the body.
    pub fn code(self) -> ErrorCode {
        self.known().code.into()
    }

    /// The `msg` in the body.
    pub fn msg(self) -> &'static str {
        self.known().msg
    }

    /// What it says of a request, and how sure that is: the variant's documentation.
    pub fn meaning(self) -> &'static str {
        self.known().meaning
    }

    /// Whether it says that a rate limit was reached.
    pub fn is_rate_limit(self) -> bool {
        matches!(self, Self::MinuteLimit | Self::HourLimit | Self::RateLimit)
    }

    /// The refusal that an error body has, by its message. The case of letters makes no difference, nor
    /// does the status, which is not known for all refusals.
    pub fn recognise(body: &ErrorBody) -> Option<Self> {
        body.details().iter().filter_map(ErrorDetail::text).find_map(Self::of_message)
    }

    pub(crate) fn of_message(msg: &str) -> Option<Self> {
        TABLE.iter().find(|known| known.msg.eq_ignore_ascii_case(msg.trim())).map(|known| known.refusal)
    }

    /// The HTTP response of a server that refuses.
    pub fn to_http(self) -> http::Response<Bytes> {
        let body = ErrorBody::new(self.msg(), self.code());
        json_response(
            self.status(),
            serde_json::to_vec(&body).expect("an error body is strings and integers"),
        )
    }
}

impl From<TokenRefusal> for Refusal {
    /// How the platform responds to [`CannotTell`](TokenRefusal::CannotTell) is not known. It becomes a
    /// 500, which clients retry.
    fn from(refusal: TokenRefusal) -> Self {
        match refusal {
            TokenRefusal::InvalidSdkCredentials => Self::InvalidSdkCredentials,
            TokenRefusal::InvalidJwt => Self::InvalidJwt,
            TokenRefusal::WrongScope => Self::WrongScope,
            TokenRefusal::JtiTooLong => Self::JtiTooLong,
            TokenRefusal::Replay => Self::Replay,
            // A refusal that is added later gives no access either.
            TokenRefusal::CannotTell | _ => Self::InternalServerError,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_written_and_recognised() {
        for refusal in Refusal::all() {
            let http = refusal.to_http();
            assert_eq!(http.status(), refusal.status());
            let body: ErrorBody = serde_json::from_slice(http.body()).expect("an error body");
            assert_eq!(Refusal::recognise(&body), Some(refusal));
            assert_eq!(body.details()[0].code, Some(refusal.code()));
        }
    }

    #[test]
    fn a_refused_token_is_answered_in_the_words_of_the_platform() {
        for (found, answered) in [
            (TokenRefusal::InvalidSdkCredentials, Refusal::InvalidSdkCredentials),
            (TokenRefusal::InvalidJwt, Refusal::InvalidJwt),
            (TokenRefusal::WrongScope, Refusal::WrongScope),
            (TokenRefusal::JtiTooLong, Refusal::JtiTooLong),
            (TokenRefusal::Replay, Refusal::Replay),
            (TokenRefusal::CannotTell, Refusal::InternalServerError),
        ] {
            assert_eq!(Refusal::from(found), answered);
        }
    }

    #[test]
    fn a_message_is_recognised_under_either_key_and_in_any_case() {
        let body = serde_json::from_str(r#"{"errors":[{"message":" INVALID request id ","code":"400"}]}"#);
        assert_eq!(Refusal::recognise(&body.expect("an error body")), Some(Refusal::InvalidRequestId));
    }
}
