//! The error of the crate: a wrong setting, or a call without its response.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use kore_auth::KeyError;
use kore_protocol::watch::{DeadlineTooSoon, PollError};
use kore_protocol::{InvalidJson, InvalidToken, Refusal, ResponseError, RetryAfter, Scope};
use kore_transport::{Phase, TransportError};
use kore_types::InvalidId;

/// Why a client could not be built, or why a call has no result.
///
/// The `is_…` methods say what happened. The message is one line. Neither the message nor `Debug` shows a
/// token or a secret.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    attempts: u32,
    worth_a_new_token: bool,
    /// That the call needs.
    scope: Option<Scope>,
    /// Of what it is that may have started.
    may_have_started: Option<&'static str>,
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
    /// A file that the program opened itself.
    File(std::io::Error),
    /// The client itself keeps the rate limit.
    NoRoom {
        free_in: Duration,
        left: Duration,
    },
}

impl Error {
    fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            attempts: 0,
            worth_a_new_token: false,
            scope: None,
            may_have_started: None,
        }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config { message: message.into(), source: None })
    }

    /// A setting that another crate refused. Its message is good enough for users.
    pub(crate) fn setting(name: &str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::Config { message: format!("{name}: {source}"), source: Some(Box::new(source)) })
    }

    /// The rate limit allows the request only after a time that is longer than the call may wait.
    pub(crate) fn no_room(free_in: Duration, left: Duration) -> Self {
        Self::new(Kind::NoRoom { free_in, left })
    }

    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.set_attempts(attempts);
        self
    }

    pub(crate) fn set_attempts(&mut self, attempts: u32) {
        self.0.attempts = attempts;
    }

    pub(crate) fn of_scope(mut self, scope: Option<Scope>) -> Self {
        self.0.scope = scope;
        self
    }

    pub(crate) fn set_worth_a_new_token(&mut self, worth: bool) {
        self.0.worth_a_new_token = worth;
    }

    /// Marks the failure of a request that may have started something.
    pub(crate) fn in_doubt(self) -> Self {
        self.in_doubt_of(
            "the import may have started all the same: no public call lists imports, so look for it in the \
             builder before it is started again",
        )
    }

    pub(crate) fn in_doubt_of(mut self, what: &'static str) -> Self {
        self.0.may_have_started = Some(what);
        self
    }

    /// Masks these texts in what arrived.
    pub(crate) fn mask(&mut self, secrets: &[&str]) {
        if let Kind::Response(error) = &mut self.0.kind {
            error.mask(secrets);
        }
    }

    /// Keeps of what arrived that which stands before the first of these keys and repeats no secret of
    /// the request.
    pub(crate) fn conceal(&mut self, keys: &[&str], may_quote: impl Fn(&str) -> bool) {
        if let Kind::Response(error) = &mut self.0.kind {
            error.conceal(keys);
            error.conceal_quotes(may_quote);
        }
    }

    /// How many requests were sent, with the one that failed.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the start of an import was sent without a clear response: the import may exist or not. No
    /// public call lists imports, so only the bot builder shows it. Ask this before the other questions,
    /// which are about what went wrong.
    pub fn may_have_started(&self) -> bool {
        self.0.may_have_started.is_some()
    }

    /// Whether a file could not be read, or changed while it was sent. The message names it.
    pub fn is_file(&self) -> bool {
        matches!(self.0.kind, Kind::File(_))
            || self.transport().is_some_and(|error| error.phase() == Phase::Content)
    }

    /// Whether a setting is missing or wrong, so that nothing was sent.
    pub fn is_config(&self) -> bool {
        match &self.0.kind {
            Kind::Config { .. } | Kind::Token(_) => true,
            Kind::Key(error) => !error.is_retryable(),
            Kind::Transport(_) | Kind::Response(_) | Kind::File(_) | Kind::NoRoom { .. } => false,
        }
    }

    /// Whether the platform refused the token or its scope. A page of HTML refuses neither.
    pub fn is_auth(&self) -> bool {
        self.response().is_some_and(ResponseError::is_auth)
    }

    /// The scope that the app needs for the call, if a response arrived and the call needs one. If the
    /// platform says that the app lacks it, the message names it.
    pub fn scope(&self) -> Option<Scope> {
        self.0.scope
    }

    /// Whether the platform does not know the import or bot.
    pub fn is_not_found(&self) -> bool {
        self.response().is_some_and(ResponseError::is_not_found)
    }

    /// Whether the response is about another import, so that it says nothing about the one that was asked
    /// for: its `_id` begins with `bir-` and is another one, or stands twice with different meanings.
    pub fn is_other_job(&self) -> bool {
        self.response().is_some_and(ResponseError::is_other_job)
    }

    /// Whether a time limit of this client ran out.
    pub fn is_timeout(&self) -> bool {
        self.transport().is_some_and(TransportError::is_timeout)
    }

    /// Whether a rate limit of the platform was reached. The platform said so, or the client itself, if
    /// it [keeps the limits](crate::ClientBuilder::wait_for_rate_limit).
    pub fn is_rate_limited(&self) -> bool {
        matches!(self.0.kind, Kind::NoRoom { .. })
            || self.response().is_some_and(ResponseError::is_rate_limited)
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        match &self.0.kind {
            Kind::Config { .. } | Kind::Token(_) | Kind::File(_) => false,
            Kind::Key(error) => error.is_retryable(),
            Kind::Transport(error) => error.is_retryable(),
            Kind::Response(error) => error.is_retryable(),
            Kind::NoRoom { .. } => true,
        }
    }

    /// The HTTP status, if a response arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(ResponseError::status)
    }

    /// The headers of the response, if one arrived. Among them is the id of the request for a support
    /// ticket, as `x-request-id` or whatever the gateway calls it.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(ResponseError::headers)
    }

    /// When to call again: as the platform asks, or when the rate limit allows it by the count of this
    /// client.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        match self.0.kind {
            Kind::NoRoom { free_in, .. } => Some(RetryAfter::Delay(free_in)),
            _ => self.response().and_then(ResponseError::retry_after),
        }
    }

    /// The unexpected response, or the part of it that arrived.
    pub fn response(&self) -> Option<&ResponseError> {
        match &self.0.kind {
            Kind::Response(error) => Some(error),
            _ => None,
        }
    }

    /// Why no whole response arrived.
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

/// For `?`: a deadline before the next allowed poll is a wrong setting.
impl From<DeadlineTooSoon> for Error {
    fn from(too_soon: DeadlineTooSoon) -> Self {
        Self::setting("deadline", too_soon)
    }
}

/// For `?`: a text that is no id is a wrong setting.
impl From<InvalidId> for Error {
    fn from(invalid: InvalidId) -> Self {
        Self::new(Kind::Config { message: invalid.to_string(), source: None })
    }
}

/// For `?`: a file for [`ImportFile::from_path`](crate::ImportFile::from_path) that cannot be read;
/// [`is_file`](Self::is_file) is true.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::File(error))
    }
}

/// For `?`: a file of options that is not sent as it is.
impl From<InvalidJson> for Error {
    fn from(invalid: InvalidJson) -> Self {
        Self::new(Kind::Config { message: invalid.to_string(), source: None })
    }
}

/// A response that broke off is still a response: the part that arrived says more than how it ended.
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
            Kind::File(error) => error.fmt(f)?,
            Kind::NoRoom { free_in, left } => write!(
                f,
                "the rate limit of this call is used up: the next request may be sent in {} s, and {} s are left \
                 to wait for it",
                free_in.as_secs_f64().ceil(),
                left.as_secs_f64().floor(),
            )?,
        }
        let is_wrong_scope = self.response().and_then(ResponseError::refusal) == Some(Refusal::WrongScope);
        if let Some(Scope { admin_console, name, .. }) = self.0.scope.filter(|_| is_wrong_scope) {
            write!(f, "; the app needs the scope \"{admin_console}\" ({name})")?;
        }
        match self.0.attempts {
            0 | 1 => Ok(()),
            attempts => write!(f, " (after {attempts} requests)"),
        }?;
        match self.0.may_have_started {
            Some(what) => write!(f, "; {what}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // This message is that of the cause, so the chain continues after the cause.
        match &self.0.kind {
            Kind::Config { source, .. } => source.as_deref().and_then(|source| source.source()),
            Kind::Key(error) => error.source(),
            Kind::Token(error) => error.source(),
            Kind::Transport(error) => error.source(),
            Kind::Response(error) => error.source(),
            Kind::File(error) => error.source(),
            Kind::NoRoom { .. } => None,
        }
    }
}
