//! The error of a response that is not the expected one: a refusal, a page, a body that is cut short.
//! Clients get it from every call; the watch decides by it whether to poll again.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use kore_types::{ErrorBody, ErrorDetail};

use crate::kept_headers::{self, LEAST_SECRET, MASK, mask_headers};
use crate::{BodyLimit, Excerpt, OtherJob, Refusal, RetryAfter, document};

/// A message shows this many errors of an error body.
const SHOWN: usize = 5;

/// In the place of a message that may repeat what was sent.
const UNSHOWN: &str = "its message is not shown, since it may repeat what was sent";

/// An error keeps this many bytes of a body.
const KEPT: usize = 16 * 1024;

/// A response that is not the expected one: a refusal, or a body that cannot be read.
///
/// It keeps the status and the start of the body. Its message says on one line what arrived.
pub struct ResponseError(Box<Inner>);

struct Inner {
    kind: Kind,
    status: StatusCode,
    /// Cut at [`KEPT`].
    headers: HeaderMap,
    content_type: Option<Box<str>>,
    retry_after: Option<RetryAfter>,
    /// Cut at [`KEPT`].
    body: Bytes,
    /// The length of the whole body.
    length: usize,
}

enum Kind {
    /// The platform's own error body.
    Refused { body: ErrorBody, known: Option<Refusal> },
    /// An error status without the platform's error body.
    Status,
    /// A redirect, which is not followed.
    Redirect { location: Box<str> },
    /// A success without a body.
    Empty,
    /// A success whose body is not the JSON of the endpoint.
    NotJson(Box<str>),
    /// A success whose body ends too soon.
    CutShort { expected: Option<usize> },
    /// A body over the limit.
    TooLarge(BodyLimit),
    /// A success about another job.
    OtherJob(OtherJob),
}

/// Who wrote a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The platform: the body is a document of the API, or the platform's error body.
    Platform,
    /// Someone on the way, or another host: the response is a page, a redirect, or empty.
    Elsewhere,
    /// Not known: the response is too short to say, or there is none.
    Unknown,
}

impl ResponseError {
    /// Accepts a success that has a body.
    pub(crate) fn check(
        response: &http::Response<Bytes>,
        limit: BodyLimit,
        may_be_empty: bool,
    ) -> Result<(), Self> {
        let status = response.status();
        let body = response.body();
        let kind = if body.len() > limit.get() {
            Kind::TooLarge(limit)
        } else if let Some(expected) =
            content_length(response.headers()).filter(|expected| *expected > body.len())
        {
            Kind::CutShort { expected: Some(expected) }
        } else if status.is_redirection() {
            let location = response.headers().get(LOCATION).map_or(&b""[..], |value| value.as_bytes());
            // A query may hold a session or a signature.
            let place = location.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
            Kind::Redirect { location: Excerpt::new(place).to_string().into() }
        } else if !status.is_success() {
            refused(body).unwrap_or(Kind::Status)
        } else if !may_be_empty && without_bom(body).iter().all(u8::is_ascii_whitespace) {
            Kind::Empty
        } else if let Some(refused) = begins_with_errors(body).then(|| refused(body)).flatten() {
            refused
        } else {
            return Ok(());
        };
        Err(Self::new(response, kind))
    }

    /// A success whose body the endpoint could not read.
    pub(crate) fn not_json(response: &http::Response<Bytes>, error: serde_json::Error) -> Self {
        // A body that ends too soon was cut only if it began as JSON.
        let is_json = matches!(without_bom(response.body()).trim_ascii_start().first(), Some(b'{' | b'['));
        let why = document::why_unread(&error);
        let cut = error.is_eof() && is_json;
        Self::new(response, if cut { Kind::CutShort { expected: None } } else { Kind::NotJson(why.into()) })
    }

    /// A body over the limit, of which a transport read only the start.
    pub fn too_large(start: &http::Response<Bytes>, limit: BodyLimit) -> Self {
        Self::new(start, Kind::TooLarge(limit))
    }

    /// A body of which only the start arrived, since the connection ended.
    pub fn cut_short(start: &http::Response<Bytes>) -> Self {
        Self::new(start, Kind::CutShort { expected: content_length(start.headers()) })
    }

    /// A success about another job than the one that was asked for.
    pub(crate) fn other_job(response: &http::Response<Bytes>, other: OtherJob) -> Self {
        Self::new(response, Kind::OtherJob(other))
    }

    fn new(response: &http::Response<Bytes>, kind: Kind) -> Self {
        let body = response.body();
        let content_type = response.headers().get(CONTENT_TYPE);
        Self(Box::new(Inner {
            kind,
            status: response.status(),
            headers: kept_headers::copy(response.headers(), KEPT),
            content_type: content_type.map(|value| Excerpt::new(value.as_bytes()).to_string().into()),
            retry_after: RetryAfter::from_headers(response.headers()),
            // A copy, so that the error does not keep the whole body alive.
            body: Bytes::copy_from_slice(&body[..body.len().min(KEPT)]),
            length: body.len(),
        }))
    }

    /// Replaces these texts by `[secret]` wherever they occur in what arrived, since a server may echo
    /// what it received. Texts of less than eight bytes are left, since they are no secrets.
    pub fn mask(&mut self, secrets: &[&str]) {
        let Inner { kind, headers, content_type, body, .. } = &mut *self.0;
        let masked = |text: &str| {
            let secrets = secrets.iter().filter(|secret| secret.len() >= LEAST_SECRET);
            secrets.fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
        };
        mask_headers(headers, secrets);
        if let Some(content_type) = content_type {
            *content_type = masked(content_type).into();
        }
        match kind {
            Kind::Redirect { location } => *location = masked(location).into(),
            Kind::NotJson(why) => *why = masked(why).into(),
            Kind::OtherJob(other) => other.found = masked(&other.found),
            Kind::Refused { body, .. } => {
                // Tokens have no characters that JSON escapes.
                let json = serde_json::to_string(body).map(|json| masked(&json));
                *body = json.and_then(|json| serde_json::from_str(&json)).unwrap_or_default();
            }
            _ => {}
        }
        if let Ok(text) = std::str::from_utf8(body) {
            *body = masked(text).into();
        }
    }

    /// Keeps of the body what stands before the first of these keys; of an empty key nothing. The
    /// platform's own message is kept.
    pub fn conceal(&mut self, keys: &[&str]) {
        let Inner { kind, body, .. } = &mut *self.0;
        let first = keys.iter().filter_map(|key| {
            let key = key.as_bytes();
            // No window is empty.
            if key.is_empty() {
                return Some(0);
            }
            body.windows(key.len()).position(|found| found.eq_ignore_ascii_case(key))
        });
        if let Some(at) = first.min() {
            body.truncate(at);
            // What the platform says in an error body stands there a second time.
            if let Kind::Refused { body, .. } = kind {
                body.extra.clear();
            }
        }
    }

    /// Keeps only the code of each message that may repeat what was sent, and nothing of a body that
    /// may. The words of a known [`Refusal`] are kept.
    pub fn conceal_quotes(&mut self, may_quote: impl Fn(&str) -> bool) {
        let Inner { kind, body, .. } = &mut *self.0;
        if may_quote(&String::from_utf8_lossy(body)) {
            *body = Bytes::new();
        }
        let Kind::Refused { body: errors, .. } = kind else { return };
        for detail in errors.errors.iter_mut().flat_map(|errors| &mut errors.items) {
            let is_known = detail.text().is_some_and(|text| Refusal::of_message(text).is_some());
            if is_known || !serde_json::to_string(detail).is_ok_and(|json| may_quote(&json)) {
                continue;
            }
            let code =
                detail.code.take().filter(|code| !may_quote(&code.to_string()) || code.as_u64().is_some());
            *detail = ErrorDetail::default();
            (detail.msg, detail.code) = (Some(UNSHOWN.to_owned()), code);
        }
        if serde_json::to_string(&errors.extra).is_ok_and(|json| may_quote(&json)) {
            errors.extra.clear();
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The headers, the first 16 KiB of them. Gateways name a request there for a support ticket:
    /// `x-request-id`, `x-correlation-id`, `cf-ray`.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The start of the body, at most 16 KiB.
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// The platform's own error body, if there is one.
    pub fn error_body(&self) -> Option<&ErrorBody> {
        match &self.0.kind {
            Kind::Refused { body, .. } => Some(body),
            _ => None,
        }
    }

    /// The refusal, if it is a known one.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.0.kind {
            Kind::Refused { known, .. } => known,
            _ => None,
        }
    }

    /// When the platform asks to be called again.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        self.0.retry_after
    }

    /// Who wrote the response.
    pub fn origin(&self) -> Origin {
        match self.0.kind {
            Kind::Refused { .. } | Kind::OtherJob(_) => Origin::Platform,
            Kind::Status | Kind::Redirect { .. } | Kind::Empty | Kind::NotJson(_) if !self.is_auth() => {
                Origin::Elsewhere
            }
            _ => Origin::Unknown,
        }
    }

    /// Whether the token or its scope was refused: 401, or 403 with the platform's error body. A page of
    /// HTML does not refuse a token, and any other 403 comes from a firewall.
    pub fn is_auth(&self) -> bool {
        let is_refusal = match self.0.status {
            StatusCode::UNAUTHORIZED => !self.is_html(),
            StatusCode::FORBIDDEN => self.error_body().is_some(),
            _ => false,
        };
        is_refusal && !self.is_rate_limited()
    }

    /// Whether the platform does not know the import: 400 with "Invalid request ID", or 404 with the
    /// platform's error body.
    pub fn is_not_found(&self) -> bool {
        let is_404 = self.0.status == StatusCode::NOT_FOUND && self.error_body().is_some();
        self.refusal() == Some(Refusal::InvalidRequestId) || is_404
    }

    /// Whether the response is about another job than the one that was asked for.
    pub fn is_other_job(&self) -> bool {
        matches!(self.0.kind, Kind::OtherJob(_))
    }

    /// Whether the body is a page of HTML, as a proxy, a login page or a wrong host sends.
    pub fn is_html(&self) -> bool {
        // Some servers send JSON with the content type of HTML, so only the body counts.
        without_bom(&self.0.body).trim_ascii_start().starts_with(b"<")
    }

    /// Whether a rate limit was reached: 429, or the message of one whatever the status.
    pub fn is_rate_limited(&self) -> bool {
        self.0.status == StatusCode::TOO_MANY_REQUESTS || self.refusal().is_some_and(Refusal::is_rate_limit)
    }

    /// Whether the body ended too soon.
    pub fn is_cut_short(&self) -> bool {
        matches!(self.0.kind, Kind::CutShort { .. })
    }

    /// Whether the same request may succeed later: 408, 425, 429, every 5xx but 501 and 505, a rate
    /// limit, a body that was cut short.
    pub fn is_retryable(&self) -> bool {
        is_transient(self.0.status) || self.is_rate_limited() || self.is_cut_short()
    }
}

/// Whether a status says that a problem is transient. 501 and 505 say what a server never does. Proxies
/// and CDNs have their own 5xx, such as 520 to 530.
pub fn is_transient(status: StatusCode) -> bool {
    match status.as_u16() {
        408 | 425 | 429 => true,
        501 | 505 => false,
        status => (500..600).contains(&status),
    }
}

/// For a watch whose owner hands over documents without their HTTP responses.
impl From<OtherJob> for ResponseError {
    fn from(other: OtherJob) -> Self {
        Self::other_job(&http::Response::new(Bytes::new()), other)
    }
}

/// Removes the byte order mark that some servers send before JSON.
pub(crate) fn without_bom(json: &[u8]) -> &[u8] {
    json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json)
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn refused(body: &[u8]) -> Option<Kind> {
    let body = serde_json::from_slice(without_bom(body)).ok();
    let body = body.filter(|body: &ErrorBody| !body.details().is_empty())?;
    let known = Refusal::recognise(&body);
    Some(Kind::Refused { body, known })
}

/// Whether the first key is that of an error body. No success has it.
fn begins_with_errors(body: &[u8]) -> bool {
    without_bom(body)
        .trim_ascii_start()
        .strip_prefix(b"{")
        .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"errors\""))
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, status, content_type, body, length, .. } = &*self.0;
        let what = |f: &mut fmt::Formatter<'_>| match content_type {
            Some(content_type) => write!(f, ", content type {content_type}"),
            None => Ok(()),
        };
        let start = |f: &mut fmt::Formatter<'_>| {
            if *length == 0 {
                f.write_str("; nothing arrived")
            } else {
                write!(f, "; it starts: {}", Excerpt::new(body))
            }
        };
        match kind {
            Kind::Refused { body, .. } => {
                write!(f, "the platform answered {status}: ")?;
                for (n, detail) in body.details().iter().take(SHOWN).enumerate() {
                    let separator = if n == 0 { "" } else { "; " };
                    let msg = detail.text().unwrap_or("no message");
                    write!(f, "{separator}{}", Excerpt::new(msg.as_bytes()))?;
                    if let Some(code) = &detail.code {
                        write!(f, " (code {})", Excerpt::new(code.to_string().as_bytes()))?;
                    }
                }
                match body.details().len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more"),
                }
            }
            Kind::Status => {
                write!(f, "the response is {status} without the platform's error body")?;
                what(f)?;
                start(f)
            }
            Kind::Redirect { location } => {
                write!(f, "the response is {status}, a redirect to \"{location}\"; none is followed")
            }
            Kind::OtherJob(other) => other.fmt(f),
            Kind::Empty => write!(f, "the response is {status} with an empty body, expected JSON"),
            Kind::NotJson(error) => {
                write!(f, "the response is {status}, but its body is not the expected JSON ({error})")?;
                what(f)?;
                start(f)
            }
            Kind::CutShort { expected } => {
                write!(f, "the response is {status}, but its body was cut short after {length} bytes")?;
                if let Some(expected) = expected {
                    write!(f, " of {expected}")?;
                }
                start(f)
            }
            Kind::TooLarge(limit) => {
                write!(
                    f,
                    "the response is {status}, but its body is over the limit of {} bytes",
                    limit.get()
                )?;
                what(f)?;
                start(f)
            }
        }
    }
}

impl fmt::Debug for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseError({self})")
    }
}

impl std::error::Error for ResponseError {}

#[cfg(test)]
mod tests;
