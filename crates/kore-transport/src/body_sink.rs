//! Where the body of a response goes while it arrives, for files that are too large to be held.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Request;

/// Takes the body of a response with status 200 piece by piece; the response then comes with an empty
/// one. It travels in the request's [extensions](Request::extensions). The transport on hyper pours
/// into it; any other gives the whole body back, and its caller [writes](Self::write) it here.
#[derive(Clone)]
pub struct BodySink {
    inner: Arc<Mutex<Inner>>,
    time: Option<Duration>,
}

struct Inner {
    writer: Box<dyn Write + Send>,
    limit: u64,
    written: u64,
    failure: Option<io::Error>,
    is_over_limit: bool,
}

impl BodySink {
    /// Writes there, and nothing beyond so many bytes.
    pub fn new(writer: impl Write + Send + 'static, limit: u64) -> Self {
        let writer = Box::new(writer);
        let inner = Inner { writer, limit, written: 0, failure: None, is_over_limit: false };
        Self { inner: Arc::new(Mutex::new(inner)), time: None }
    }

    /// The body has to be whole within that time from the sending, however steadily bytes arrive.
    #[must_use]
    pub fn within(self, time: Option<Duration>) -> Self {
        Self { time, ..self }
    }

    /// How long the request and its response may take in all.
    pub fn time(&self) -> Option<Duration> {
        self.time
    }

    /// That of a request, if it has one.
    pub fn of<B>(request: &Request<B>) -> Option<Self> {
        request.extensions().get().cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a piece. False if no more is to come, for one of the two reasons below.
    pub fn write(&self, piece: &[u8]) -> bool {
        let mut inner = self.lock();
        if inner.written.saturating_add(piece.len() as u64) > inner.limit {
            inner.is_over_limit = true;
            return false;
        }
        match inner.writer.write_all(piece) {
            Ok(()) => inner.written += piece.len() as u64,
            Err(error) => inner.failure = Some(error),
        }
        inner.failure.is_none()
    }

    /// Writes out what the writer holds back.
    ///
    /// # Errors
    /// As the writer says.
    pub fn flush(&self) -> io::Result<()> {
        self.lock().writer.flush()
    }

    /// How many bytes were written.
    pub fn written(&self) -> u64 {
        self.lock().written
    }

    /// Why a piece could not be written, if that is so.
    pub fn take_failure(&self) -> Option<io::Error> {
        self.lock().failure.take()
    }

    /// Whether more came than there may be.
    pub fn is_over_limit(&self) -> bool {
        self.lock().is_over_limit
    }
}
