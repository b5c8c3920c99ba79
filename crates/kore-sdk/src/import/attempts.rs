//! Whether a request of an import that failed is sent again, and when, for both clients.

use std::time::{Instant, SystemTime};

use crate::Error;
use crate::attempts::{Again, Attempts, is_untaken};

use super::ImportEvent;

/// How often a request is sent again that failed on the way. A rate limit does not count.
const RETRIES: u32 = 4;

/// The attempts at one request of an import.
pub(super) struct Sending {
    attempts: Attempts,
    deadline: Instant,
    is_start: bool,
    sent: u32,
}

impl Sending {
    /// An upload leaves nothing behind that anyone would miss, and may be sent again.
    pub(super) fn of_upload(deadline: Instant) -> Self {
        Self::new(false, deadline)
    }

    /// A start makes an import each time that it is taken.
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

    /// What is waited for if a rate limit is reached before anything is sent.
    ///
    /// # Errors
    /// If the deadline comes before there is room.
    pub(super) fn throttled(&self, free_at: Instant) -> Result<Waiting, Error> {
        if free_at > self.deadline {
            let problem = "deadline: the rate limit leaves no room for a request before it";
            return Err(Error::config(problem).after(self.sent));
        }
        Ok(Waiting { until: free_at, because: "the rate limit is used up".to_owned() })
    }

    /// What is waited for before a request that failed is sent again; nothing if it is sent at once.
    ///
    /// # Errors
    /// The error, if it is not sent again: as one after which the import may have started, if that is
    /// so.
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
