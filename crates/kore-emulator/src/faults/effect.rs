//! What a fault does.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

#[derive(Clone, Debug)]
pub(super) enum Effect {
    Answer(Response<Bytes>),
    ContentType(HeaderValue),
    Latency(Duration),
    Reset,
    ResetAfter(usize),
    CutAfter(usize),
    Drip { bytes: NonZeroUsize, pause: Duration },
}

pub(super) fn proxy_page() -> Response<Bytes> {
    let page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n\
                <body><h1>502 Bad Gateway</h1><p>The proxy got no answer from the server.</p></body></html>\n";
    let mut response = Response::new(Bytes::from_static(page.as_bytes()));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
