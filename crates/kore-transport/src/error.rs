//! The error of all transports: why no whole response arrived.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use kore_protocol::{BodyLimit, ResponseError};

/// The phase in which a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Nothing was sent: the request is for plain HTTP, or its URL cannot be called.
    Refused,
    /// The name of the host was not found.
    Dns,
    /// The host was not reached.
    Connect,
    /// TLS failed: the certificate is not trusted or is for another host, or the host has no TLS.
    Tls,
    /// The proxy refused the request.
    Proxy,
    /// A file of the request could not be read, or changed. The request was not completed.
    Content,
    /// The request was sent, at least in part, and no whole response arrived.
    Exchange,
    /// The body of the response was cut short, or is over the limit.
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

/// Why no whole response arrived. It has no type of an HTTP client, and shows no header.
pub struct TransportError(Box<Inner>);

struct Inner {
    phase: Phase,
    is_timeout: bool,
    is_unprocessed: bool,
    message: Box<str>,
    /// Shared, so that the error of a connector can be copied out of the client's error around it.
    source: Option<Arc<dyn Error + Send + Sync>>,
    response: Option<ResponseError>,
}

impl TransportError {
    /// An error of that phase. The words end a sentence such as "cannot connect: …".
    pub fn new(phase: Phase, message: impl Into<String>) -> Self {
        let message = message.into().into();
        let is_unprocessed = match phase {
            Phase::Refused | Phase::Dns | Phase::Connect | Phase::Tls | Phase::Proxy => true,
            // The host may still process a request that broke off.
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

    /// The error of a time limit. `waited` names the limit and its value: "30 s for the whole request".
    pub fn timeout(phase: Phase, waited: impl fmt::Display) -> Self {
        let mut error = Self::new(phase, format!("timed out after {waited}"));
        error.0.is_timeout = true;
        error
    }

    /// The error of a connection that ended within the body. `start` has the part that arrived.
    pub fn cut_short(start: &Response<Bytes>) -> Self {
        Self::of_body(ResponseError::cut_short(start))
    }

    /// The error of a body over the limit. `start` has the part that was read.
    pub fn too_large(start: &Response<Bytes>, limit: BodyLimit) -> Self {
        Self::of_body(ResponseError::too_large(start, limit))
    }

    fn of_body(response: ResponseError) -> Self {
        let mut error = Self::new(Phase::Body, response.to_string());
        error.0.response = Some(response);
        error
    }

    /// Adds the error that caused this one. The message does not repeat it.
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Says that the host certainly did not process the request, though it was sent. HTTP/2 says so with
    /// REFUSED_STREAM. For the phases before [`Phase::Content`] it goes without saying.
    pub fn unprocessed(mut self) -> Self {
        self.0.is_unprocessed = true;
        self
    }

    /// Says that bytes of the request may have reached the host.
    pub(crate) fn perhaps_processed(mut self) -> Self {
        self.0.is_unprocessed = false;
        self
    }

    /// A copy of the error of a connector, which never has a response.
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

    /// The message without its beginning.
    #[cfg(feature = "hyper")]
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// The phase in which the request failed.
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// Whether a time limit ran out.
    pub fn is_timeout(&self) -> bool {
        self.0.is_timeout
    }

    /// Whether the host certainly did not process the request, so that even a request that starts
    /// something may be sent again. `false` means that it is not known.
    pub fn is_unprocessed(&self) -> bool {
        self.0.is_unprocessed
    }

    /// The part of the response that arrived before its body broke off.
    pub fn response(&self) -> Option<&ResponseError> {
        self.0.response.as_ref()
    }

    /// Takes that part out of the error.
    ///
    /// # Errors
    /// The error itself, if nothing arrived.
    pub fn into_response(mut self) -> Result<ResponseError, Self> {
        self.0.response.take().ok_or(self)
    }

    /// Whether the same request may succeed later: after a failed connection, a time limit, or a response
    /// that broke off. An untrusted certificate, a refusal of the proxy and a body over the limit are
    /// permanent.
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
        // The error of the response says itself that it is not whole.
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
