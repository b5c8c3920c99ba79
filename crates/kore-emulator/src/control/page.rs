//! The page for a browser. It is in the binary, and loads nothing from elsewhere.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode};

use crate::bodies::{AnswerBody, whole};

/// The address of the page.
pub(super) const PAGE: &str = "/_emulator/";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
    Html,
    Css,
    JavaScript,
}

pub(super) fn answer(file: File) -> Response<AnswerBody> {
    let (kind, text) = match file {
        File::Html => ("text/html; charset=utf-8", include_str!("page/page.html")),
        File::Css => ("text/css; charset=utf-8", include_str!("page/page.css")),
        File::JavaScript => ("text/javascript; charset=utf-8", include_str!("page/page.js")),
    };
    let mut response = Response::new(whole(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

pub(super) fn redirect() -> Response<AnswerBody> {
    let mut response = Response::new(whole(Bytes::new()));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(PAGE));
    response
}
