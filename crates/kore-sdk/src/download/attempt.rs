//! One request for the file of an export, without the sending.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, TRANSFER_ENCODING, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use kore_protocol::{Body, RetryAfter, is_transient};
use kore_transport::{BodySink, Phase, TransportError};
use kore_types::BotExport;

use super::DownloadError;
use super::error::{Kind, Retry};
use crate::call::Core;

/// The most that is taken if the platform does not say how large the file is.
const MOST: u64 = 1 << 30;

pub(super) struct Attempt {
    uri: Uri,
    expected: Option<u64>,
    sink: BodySink,
    is_page: Arc<AtomicBool>,
}

impl Attempt {
    pub(super) fn new(
        export: &BotExport,
        writer: impl Write + Send + 'static,
        time: Option<Duration>,
    ) -> Result<Self, DownloadError> {
        let no_file =
            |why: &str| DownloadError::new(Kind::NoFile, format!("the export names no file: {why}"));
        let address = export.download().ok_or_else(|| no_file("its document has no downloadURL"))?;
        // A fragment is not sent, and http::Uri drops it.
        let uri: Uri = address.parse().map_err(|_| no_file("its downloadURL is no URL"))?;
        if uri.scheme().is_none() || uri.host().is_none() {
            return Err(no_file("its downloadURL names no host"));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(no_file("its downloadURL has a user name, expected none"));
        }
        let expected = export.bytes();
        let is_page = Arc::new(AtomicBool::new(false));
        let writer = NoPage { writer, has_begun: false, is_page: is_page.clone() };
        let sink = BodySink::new(writer, expected.unwrap_or(MOST).min(MOST)).within(time);
        Ok(Self { uri, expected, sink, is_page })
    }

    /// Without the token, and without the headers that a client adds for the platform.
    pub(super) fn request(&self, core: &Core) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.uri.clone();
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        if let Some(agent) = core.user_agent() {
            request.headers_mut().insert(USER_AGENT, agent.clone());
        }
        request.extensions_mut().insert(self.sink.clone());
        request
    }

    /// The number of bytes that were written, if they are the file.
    pub(super) fn finish(
        self,
        response: Result<Response<Bytes>, TransportError>,
    ) -> Result<u64, DownloadError> {
        let host = self.uri.host().unwrap_or_default();
        let error =
            |kind, why: String| DownloadError::new(kind, format!("the file of the export at {host}: {why}"));
        let failed = |kind, why: String| Err(error(kind, why));
        if let Ok(response) = &response
            && response.status() == StatusCode::OK
            && !response.body().is_empty()
        {
            self.sink.write(response.body());
        }
        if self.is_page.load(Ordering::Relaxed) {
            return failed(Kind::NoFile, "a page of HTML or XML came in its place".to_owned());
        }
        if let Some(error) = self.sink.take_failure() {
            return failed(Kind::Output, format!("cannot be written: {error}"));
        }
        if self.sink.is_over_limit() {
            let most = self.expected.unwrap_or(MOST).min(MOST);
            return failed(Kind::WrongSize, format!("expected {most} bytes at the most, found more"));
        }
        let response = match response {
            Err(error) if error.response().is_some_and(|response| !response.is_cut_short()) => {
                return failed(Kind::WrongSize, "its body is over the limit of this client".to_owned());
            }
            Err(refused) if refused.phase() == Phase::Refused => {
                if self.uri.scheme() != Some(&Scheme::HTTP) {
                    return failed(Kind::NoFile, refused.to_string());
                }
                let why = "its address begins with http://, so others could read and change the file on \
                           its way: expected https://, unless plain HTTP is allowed by name";
                return failed(Kind::PlainHttp, why.to_owned());
            }
            Err(cut) => {
                let retry = cut.is_retryable().then_some(Retry { after: None });
                return Err(error(Kind::NoResponse, cut.to_string()).with_retry(retry));
            }
            Ok(response) => response,
        };
        match response.status() {
            StatusCode::OK => {}
            status if status.is_redirection() => {
                return failed(Kind::NoFile, format!("the answer is {status}, a redirect; none is followed"));
            }
            status => {
                let after = RetryAfter::from_headers(response.headers());
                let retry = is_transient(status).then_some(Retry { after });
                let error = error(Kind::NoFile, format!("expected 200 OK, found {status}"));
                return Err(error.with_retry(retry));
            }
        }
        if let Err(error) = self.sink.flush() {
            return failed(Kind::Output, format!("cannot be written: {error}"));
        }
        let found = self.sink.written();
        match self.expected {
            Some(expected) if expected != found => failed(
                Kind::WrongSize,
                format!("expected {expected} bytes, as the platform says, found {found}"),
            ),
            None if !has_end(&response) => failed(
                Kind::NoResponse,
                format!(
                    "nothing said how long it is, so the {found} bytes that came may be a part: expected \
                     fileSize in the document, or Content-Length"
                ),
            ),
            _ => Ok(found),
        }
    }
}

/// Whether a body that was cut short would have been noticed. In HTTP/1 without a length the end of the
/// connection is the end of the body, whatever the reason.
fn has_end(response: &Response<Bytes>) -> bool {
    let has = |name| response.headers().contains_key(name);
    response.version() > Version::HTTP_11 || has(CONTENT_LENGTH) || has(TRANSFER_ENCODING)
}

const BOM: &[u8] = "\u{feff}".as_bytes();

/// Takes no page of a portal or a proxy, whatever its size and the type that its headers name.
struct NoPage<W> {
    writer: W,
    has_begun: bool,
    is_page: Arc<AtomicBool>,
}

impl<W: Write> Write for NoPage<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let start: &[u8] =
            if self.has_begun { b"" } else { bytes.strip_prefix(BOM).unwrap_or(bytes).trim_ascii_start() };
        self.has_begun |= !start.is_empty();
        if start.first() == Some(&b'<') {
            self.is_page.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
