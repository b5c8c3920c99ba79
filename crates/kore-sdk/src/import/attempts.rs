//! Decides whether a failed request of an import is sent again, and when. Both clients use it.

use std::time::{Instant, SystemTime};

use crate::Error;
use crate::attempts::{Again, Attempts, is_untaken};

use super::ImportEvent;

/// How often a request that failed on the way is sent again. Refusals by a rate limit do not count.
const RETRIES: u32 = 4;

/// The attempts at one request of an import.
pub(super) struct Sending {
    attempts: Attempts,
    deadline: Instant,
    is_start: bool,
    sent: u32,
}

impl Sending {
    /// An upload may be sent again: a second copy of the file does no harm.
    pub(super) fn of_upload(deadline: Instant) -> Self {
        Self::new(false, deadline)
    }

    /// A start makes a new import each time that the platform takes it.
    pub(super) fn of_start(deadline: Instant) -> Self {
        Self::new(true, deadline)
    }

    fn new(is_start: bool, deadline: Instant) -> Self {
        let attempts = Attempts::new(!is_start, RETRIES, Some(deadline)).patient();
        Self { attempts, deadline, is_start, sent: 0 }
    }

    /// Takes note that the request is sent.
    pub(super) fn sent(&mut self) {
        self.sent += 1;
    }

    /// How long to wait if the rate limit has no room for the request.
    ///
    /// # Errors
    /// If the deadline is earlier than `free_at`.
    pub(super) fn throttled(&self, free_at: Instant) -> Result<Waiting, Error> {
        if free_at > self.deadline {
            let problem = "deadline: the rate limit leaves no room for a request before it";
            return Err(Error::config(problem).after(self.sent));
        }
        Ok(Waiting { until: free_at, because: "the rate limit is used up".to_owned() })
    }

    /// How long to wait before a failed request is sent again. `None` if it is sent again at once.
    ///
    /// # Errors
    /// The error, if the request is not sent again. If the import may have started, the error says so.
    pub(super) fn failed(
        &mut self,
        error: Error,
        now: Instant,
        wall: SystemTime,
    ) -> Result<Option<Waiting>, Error> {
        let error = error.after(self.sent);
        match self.attempts.next(&error, now, wall) {
            Some(Again::Now) => Ok(None),
            Some(Again::At(until)) => Ok(Some(Waiting { until, because: error.to_string() })),
            None if self.is_start && !is_untaken(&error) => Err(error.in_doubt()),
            None => Err(error),
        }
    }
}

/// Until when a request waits, and why.
pub(super) struct Waiting {
    pub(super) until: Instant,
    because: String,
}

impl Waiting {
    pub(super) fn event(&self) -> ImportEvent {
        ImportEvent::Waiting { because: self.because.clone(), until: self.until }
    }
}
