//! Why the file of an export is not here.

use std::fmt;

use kore_protocol::RetryAfter;

/// Why the file of an export is not here. Ask it with the `is_…` methods; it shows nothing of the
/// signed address but the host.
pub struct DownloadError {
    kind: Kind,
    message: String,
    attempts: u32,
    retry: Option<Retry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The document names no file, or the host did not answer with one.
    NoFile,
    /// Its address is plain HTTP, which this client does not allow.
    PlainHttp,
    NoResponse,
    WrongSize,
    Output,
}

/// A failure that may pass.
#[derive(Clone, Copy)]
pub(super) struct Retry {
    /// When the host asks to be called again.
    pub(super) after: Option<RetryAfter>,
}

impl DownloadError {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), attempts: 0, retry: None }
    }

    pub(super) fn with_retry(self, retry: Option<Retry>) -> Self {
        Self { retry, ..self }
    }

    pub(super) fn with_attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    pub(super) fn retry(&self) -> Option<Retry> {
        self.retry
    }

    /// Whether no response came, or it ended before its time.
    pub fn is_no_response(&self) -> bool {
        self.kind == Kind::NoResponse
    }

    /// Whether the file has another size than the platform says.
    pub fn is_wrong_size(&self) -> bool {
        self.kind == Kind::WrongSize
    }

    /// Whether the file would come over plain `http://`, which the client does not allow. Nothing was sent.
    pub fn is_plain_http(&self) -> bool {
        self.kind == Kind::PlainHttp
    }

    /// Whether the file could not be written here.
    pub fn is_output(&self) -> bool {
        self.kind == Kind::Output
    }
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.attempts {
            0 | 1 => Ok(()),
            attempts => write!(f, " (after {attempts} requests)"),
        }
    }
}

impl fmt::Debug for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DownloadError({:?}: {self})", self.kind)
    }
}

impl std::error::Error for DownloadError {}
