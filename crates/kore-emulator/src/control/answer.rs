//! Answers of the control: JSON, and what was wrong with a request.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use kore_types::Printable;
use serde::Serialize;

use crate::bodies::{AnswerBody, whole};
use crate::{InputError, plain_text};

/// The most that is shown of what was found, in bytes.
const SHOWN: usize = 600;

pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response<AnswerBody> {
    json_text(status, serde_json::to_vec(value).expect("its keys are texts"))
}

pub(super) fn json_text(status: StatusCode, text: impl Into<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(whole(text));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

pub(super) fn no_content() -> Response<AnswerBody> {
    let mut response = Response::new(whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Why a request was not done, and what to do.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    expected: String,
    found: String,
    hint: String,
    allow: Option<String>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, expected: impl Into<String>) -> Self {
        Self { status, expected: expected.into(), found: String::new(), hint: String::new(), allow: None }
    }

    /// A body that is not what was expected.
    pub(super) fn body(expected: &str, error: InputError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, expected).found(error).hint("correct the body and send it again")
    }

    pub(super) fn found(mut self, found: impl fmt::Display) -> Self {
        self.found = Printable::new(found.to_string().as_bytes(), SHOWN).to_string();
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(super) fn allow(mut self, methods: &str) -> Self {
        self.allow = Some(methods.to_owned());
        self
    }

    pub(super) fn into_response(self) -> Response<AnswerBody> {
        #[derive(Serialize)]
        struct Body<'a> {
            error: Error<'a>,
        }
        #[derive(Serialize)]
        struct Error<'a> {
            expected: &'a str,
            found: &'a str,
            hint: &'a str,
        }
        let error = Error { expected: &self.expected, found: &self.found, hint: &self.hint };
        let mut response = json(self.status, &Body { error });
        if let Some(allow) = self.allow.and_then(|methods| HeaderValue::try_from(methods).ok()) {
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    }
}

/// The text of a body, as people's tools write files that are sent.
pub(super) fn text(body: &Bytes) -> Result<Cow<'_, str>, Problem> {
    let refused = |found: String| {
        Problem::new(StatusCode::BAD_REQUEST, "JSON in UTF-8").found(found).hint("send the body in UTF-8")
    };
    let none = |error: std::str::Utf8Error| {
        refused(format!("a byte that is none, after {} bytes", error.valid_up_to()))
    };
    match plain_text::decoded(body).map_err(|error| refused(error.to_string()))? {
        None => str::from_utf8(body).map(Cow::Borrowed).map_err(none),
        Some(text) => String::from_utf8(text).map(Cow::Owned).map_err(|error| none(error.utf8_error())),
    }
}
