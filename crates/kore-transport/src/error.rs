//! Why no whole answer arrived.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use kore_protocol::{BodyLimit, ResponseError};

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// It was not sent at all: plain HTTP, or a URL that cannot be called.
    Refused,
    /// The host's name was not found.
    Dns,
    /// No connection to the host.
    Connect,
    /// No encrypted connection: a certificate that is not trusted or not the host's, or no TLS.
    Tls,
    /// The proxy did not let it through.
    Proxy,
    /// A file that was to be sent could not be read, or changed. The request was not completed.
    Content,
    /// Sent, at least in part, and the answer did not arrive whole.
    Exchange,
    /// The body of the answer was not taken whole: cut short, or over the limit.
    Body,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "not sent",
            Self::Dns => "cannot find the host",
            Self::Connect => "cannot connect",
            Self::Tls => "no trusted TLS connection",
            Self::Proxy => "the proxy did not let the request through",
            Self::Content => "not sent whole",
            Self::Exchange => "no answer",
            Self::Body => "the answer did not arrive whole",
        }
    }
}

/// Why no whole answer arrived. Names no client's types, and never shows a header.
pub struct TransportError(Box<Inner>);

struct Inner {
    phase: Phase,
    is_timeout: bool,
    is_unprocessed: bool,
    message: Box<str>,
    /// Shared, so that a connector's error can be taken out of the client's error around it.
    source: Option<Arc<dyn Error + Send + Sync>>,
    response: Option<ResponseError>,
}

impl TransportError {
    /// An error of that phase, in words that end a sentence: "cannot connect: …".
    pub fn new(phase: Phase, message: impl Into<String>) -> Self {
        let message = message.into().into();
        let is_unprocessed = match phase {
            Phase::Refused | Phase::Dns | Phase::Connect | Phase::Tls | Phase::Proxy => true,
            // What is done with a request that breaks off is the host's business.
            Phase::Content | Phase::Exchange | Phase::Body => false,
        };
        Self(Box::new(Inner {
            phase,
            is_timeout: false,
            is_unprocessed,
            message,
            source: None,
            response: None,
        }))
    }

    /// The time for that phase ran out. `waited` names the limit and its value: "30 s for the
    /// whole request".
    pub fn timeout(phase: Phase, waited: impl fmt::Display) -> Self {
        let mut error = Self::new(phase, format!("timed out after {waited}"));
        error.0.is_timeout = true;
        error
    }

    /// The connection ended within the body; `start` holds what arrived.
    pub fn cut_short(start: &Response<Bytes>) -> Self {
        Self::of_body(ResponseError::cut_short(start))
    }

    /// The body was over the limit; `start` holds what was taken of it.
    pub fn too_large(start: &Response<Bytes>, limit: BodyLimit) -> Self {
        Self::of_body(ResponseError::too_large(start, limit))
    }

    fn of_body(response: ResponseError) -> Self {
        let mut error = Self::new(Phase::Body, response.to_string());
        error.0.response = Some(response);
        error
    }

    /// Adds the error that caused this one. Its words are not repeated in the message.
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Says that the host certainly did nothing with the request, though it was sent: HTTP/2's
    /// REFUSED_STREAM is such a word. Of the phases before [`Phase::Content`] this is known.
    pub fn unprocessed(mut self) -> Self {
        self.0.is_unprocessed = true;
        self
    }

    /// The opposite: bytes of the request may have reached the host.
    pub(crate) fn perhaps_processed(mut self) -> Self {
        self.0.is_unprocessed = false;
        self
    }

    /// A copy of what a connector says, which never has a response.
    #[cfg(feature = "hyper")]
    pub(crate) fn without_response(&self) -> Self {
        let Inner { phase, is_timeout, is_unprocessed, message, source, response: _ } = &*self.0;
        Self(Box::new(Inner {
            phase: *phase,
            is_timeout: *is_timeout,
            is_unprocessed: *is_unprocessed,
            message: message.clone(),
            source: source.clone(),
            response: None,
        }))
    }

    /// The words alone.
    #[cfg(feature = "hyper")]
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// How far the request came.
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// Whether a time limit ran out.
    pub fn is_timeout(&self) -> bool {
        self.0.is_timeout
    }

    /// Whether the host certainly did nothing with the request, so that even a request that starts
    /// something may be sent again. `false` is no certainty of the opposite.
    pub fn is_unprocessed(&self) -> bool {
        self.0.is_unprocessed
    }

    /// What had arrived of the answer when its body broke off.
    pub fn response(&self) -> Option<&ResponseError> {
        self.0.response.as_ref()
    }

    /// The same, taken out of the error; the error itself if nothing had arrived.
    ///
    /// # Errors
    /// The error, unchanged.
    pub fn into_response(mut self) -> Result<ResponseError, Self> {
        self.0.response.take().ok_or(self)
    }

    /// Whether the same request may fare better later: no connection, a time limit, an answer that
    /// broke off. Not for an untrusted certificate, a refusal of the proxy, or a body over the limit.
    pub fn is_retryable(&self) -> bool {
        match self.0.phase {
            Phase::Refused | Phase::Content => false,
            Phase::Tls | Phase::Proxy => self.0.is_timeout,
            Phase::Dns | Phase::Connect | Phase::Exchange => true,
            Phase::Body => self.0.response.as_ref().is_none_or(ResponseError::is_cut_short),
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What arrived of an answer says itself that it is not whole.
        if self.0.response.is_none() {
            write!(f, "{}: ", self.0.phase.as_str())?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("phase", &self.0.phase)
            .field("message", &self.0.message)
            .finish_non_exhaustive()
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
