//! The one error of the facade.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use kore_auth::KeyError;
use kore_protocol::watch::{DeadlineTooSoon, PollError};
use kore_protocol::{InvalidToken, ResponseError, RetryAfter};
use kore_transport::{Phase, TransportError};

/// Why a client could not be built, or a call has no result.
///
/// Ask it with the `is_…` methods; its message is one line, and neither that nor its `Debug` shows
/// a token or a secret.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    attempts: u32,
    worth_a_new_token: bool,
    may_have_started: bool,
}

enum Kind {
    Config {
        message: String,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    Key(KeyError),
    Token(InvalidToken),
    Transport(TransportError),
    Response(ResponseError),
    /// The rate limit is kept on this side.
    NoRoom {
        free_in: Duration,
        left: Duration,
    },
}

impl Error {
    fn new(kind: Kind) -> Self {
        Self(Box::new(Inner { kind, attempts: 0, worth_a_new_token: false, may_have_started: false }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config { message: message.into(), source: None })
    }

    /// A setting that another crate refused, whose words say enough.
    pub(crate) fn setting(name: &str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::Config { message: format!("{name}: {source}"), source: Some(Box::new(source)) })
    }

    /// The rate limit leaves room for a request in so much time, and less is left.
    pub(crate) fn no_room(free_in: Duration, left: Duration) -> Self {
        Self::new(Kind::NoRoom { free_in, left })
    }

    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn set_worth_a_new_token(&mut self, worth: bool) {
        self.0.worth_a_new_token = worth;
    }

    /// Says that the request was to start something, and may have.
    pub(crate) fn in_doubt(mut self) -> Self {
        self.0.may_have_started = true;
        self
    }

    /// Takes these texts out of what arrived.
    pub(crate) fn mask(&mut self, secrets: &[&str]) {
        if let Kind::Response(error) = &mut self.0.kind {
            error.mask(secrets);
        }
    }

    /// Keeps of what arrived that which stands before the first of these keys.
    pub(crate) fn conceal(&mut self, keys: &[&str]) {
        if let Kind::Response(error) = &mut self.0.kind {
            error.conceal(keys);
        }
    }

    /// How many requests were sent, the one that failed among them.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the start of an import was sent, and nothing certain came back: the import may exist, or
    /// not. No public call lists imports, so only the builder shows it. Ask this before the other
    /// questions, which are about what went wrong.
    pub fn may_have_started(&self) -> bool {
        self.0.may_have_started
    }

    /// Whether a file that was to be sent could not be read, or changed. The message names it.
    pub fn is_file(&self) -> bool {
        self.transport().is_some_and(|error| error.phase() == Phase::Content)
    }

    /// Whether a setting is missing or wrong, so that nothing was sent.
    pub fn is_config(&self) -> bool {
        match &self.0.kind {
            Kind::Config { .. } | Kind::Token(_) => true,
            Kind::Key(error) => !error.is_retryable(),
            Kind::Transport(_) | Kind::Response(_) | Kind::NoRoom { .. } => false,
        }
    }

    /// Whether the token or its scope is refused; a page of HTML refuses neither.
    pub fn is_auth(&self) -> bool {
        self.response().is_some_and(ResponseError::is_auth)
    }

    /// Whether the platform does not know what was asked for.
    pub fn is_not_found(&self) -> bool {
        self.response().is_some_and(ResponseError::is_not_found)
    }

    /// Whether the response is about another import, so that it says nothing of the one that was
    /// asked for: its `_id` begins with `bir-` and is not that one, or stands twice with different
    /// meanings.
    pub fn is_other_job(&self) -> bool {
        self.response().is_some_and(ResponseError::is_other_job)
    }

    /// Whether a time limit of this side ran out.
    pub fn is_timeout(&self) -> bool {
        self.transport().is_some_and(TransportError::is_timeout)
    }

    /// Whether a rate limit of the platform was reached: by its own word, or by the count of a client
    /// that [keeps to it](crate::ClientBuilder::wait_for_rate_limit).
    pub fn is_rate_limited(&self) -> bool {
        matches!(self.0.kind, Kind::NoRoom { .. })
            || self.response().is_some_and(ResponseError::is_rate_limited)
    }

    /// Whether the same call may fare better later.
    pub fn is_retryable(&self) -> bool {
        match &self.0.kind {
            Kind::Config { .. } | Kind::Token(_) => false,
            Kind::Key(error) => error.is_retryable(),
            Kind::Transport(error) => error.is_retryable(),
            Kind::Response(error) => error.is_retryable(),
            Kind::NoRoom { .. } => true,
        }
    }

    /// The HTTP status, if an answer arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(ResponseError::status)
    }

    /// The headers of the response, if one arrived: the id of the request for a support ticket is
    /// among them, in `x-request-id` or another one of the gateway's choice.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(ResponseError::headers)
    }

    /// When the platform asks to be called again, or has room again by the count of this client.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        match self.0.kind {
            Kind::NoRoom { free_in, .. } => Some(RetryAfter::Delay(free_in)),
            _ => self.response().and_then(ResponseError::retry_after),
        }
    }

    /// The answer that was not the one asked for, or what had arrived of it.
    pub fn response(&self) -> Option<&ResponseError> {
        match &self.0.kind {
            Kind::Response(error) => Some(error),
            _ => None,
        }
    }

    /// Why no whole answer arrived.
    pub fn transport(&self) -> Option<&TransportError> {
        match &self.0.kind {
            Kind::Transport(error) => Some(error),
            _ => None,
        }
    }
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::new(Kind::Key(error))
    }
}

impl From<InvalidToken> for Error {
    fn from(error: InvalidToken) -> Self {
        Self::new(Kind::Token(error))
    }
}

/// For `?`: a deadline that the rate limits leave no look before is a setting that is wrong.
impl From<DeadlineTooSoon> for Error {
    fn from(too_soon: DeadlineTooSoon) -> Self {
        Self::setting("deadline", too_soon)
    }
}

/// An answer that broke off is an answer: what had arrived of it tells more than how it ended.
impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::new(error.into_response().map_or_else(Kind::Transport, Kind::Response))
    }
}

impl From<ResponseError> for Error {
    fn from(error: ResponseError) -> Self {
        Self::new(Kind::Response(error))
    }
}

impl PollError for Error {
    fn response(&self) -> Option<&ResponseError> {
        Self::response(self)
    }

    fn is_retryable(&self) -> bool {
        Self::is_retryable(self)
    }

    fn is_worth_a_new_token(&self) -> bool {
        self.0.worth_a_new_token
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Config { message, .. } => f.write_str(message)?,
            Kind::Key(error) => error.fmt(f)?,
            Kind::Token(error) => error.fmt(f)?,
            Kind::Transport(error) => error.fmt(f)?,
            Kind::Response(error) => error.fmt(f)?,
            Kind::NoRoom { free_in, left } => write!(
                f,
                "the rate limit of this call is used up: the next request may be sent in {} s, and {} s are left \
                 to wait for it",
                free_in.as_secs_f64().ceil(),
                left.as_secs_f64().floor(),
            )?,
        }
        match self.0.attempts {
            0 | 1 => Ok(()),
            attempts => write!(f, " (after {attempts} requests)"),
        }?;
        if self.0.may_have_started {
            f.write_str(
                "; the import may have started all the same: no public call lists imports, so look for it in the \
                 builder before it is started again",
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message is that of the cause already, so the chain goes on behind it.
        match &self.0.kind {
            Kind::Config { source, .. } => source.as_deref().and_then(|source| source.source()),
            Kind::Key(error) => error.source(),
            Kind::Token(error) => error.source(),
            Kind::Transport(error) => error.source(),
            Kind::Response(error) => error.source(),
            Kind::NoRoom { .. } => None,
        }
    }
}
