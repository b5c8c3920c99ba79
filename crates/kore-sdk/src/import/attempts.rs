//! Whether a request of an import that failed is sent again, and when, for both clients.

use std::time::{Instant, SystemTime};

use kore_protocol::watch::{Backoff, PollError as _};

use crate::Error;
use crate::attempts::is_untaken;
use crate::call::random;

/// How often a request is sent that fails on the way. A rate limit does not count.
const MOST: u32 = 5;

/// The attempts at one request.
pub(super) struct Attempts {
    is_start: bool,
    deadline: Instant,
    sent: u32,
    /// That failed on the way, and that a rate limit refused, in a row.
    failed: u32,
    limited: u32,
    is_renewed: bool,
}

/// When to send a request again.
pub(super) enum Again {
    /// At once, with a new token.
    Now,
    /// At that time, and why.
    At(Instant, String),
}

impl Attempts {
    /// An upload leaves nothing behind that anyone would miss, and may be sent again.
    pub(super) fn at_upload(deadline: Instant) -> Self {
        Self { is_start: false, deadline, sent: 0, failed: 0, limited: 0, is_renewed: false }
    }

    /// A start makes an import each time that it is taken.
    pub(super) fn at_start(deadline: Instant) -> Self {
        Self { is_start: true, ..Self::at_upload(deadline) }
    }

    /// Takes note that the request is sent.
    pub(super) fn sent(&mut self) {
        self.sent += 1;
    }

    /// Takes note of a rate limit that is reached before anything is sent.
    ///
    /// # Errors
    /// If the deadline comes before there is room.
    pub(super) fn throttled(&self, free_at: Instant) -> Result<Again, Error> {
        if free_at > self.deadline {
            let problem = "the rate limit leaves no room for a request before the deadline";
            return Err(Error::config(format!("deadline: {problem}")).after(self.sent));
        }
        Ok(Again::At(free_at, "the rate limit is used up".to_owned()))
    }

    /// Says when the request is sent again.
    ///
    /// # Errors
    /// The error, if it is not: as one after which the import may have started, if that is so.
    pub(super) fn failed(&mut self, error: Error, now: Instant, wall: SystemTime) -> Result<Again, Error> {
        let error = error.after(self.sent);
        if error.is_worth_a_new_token() && !self.is_renewed {
            self.is_renewed = true;
            return Ok(Again::Now);
        }
        if self.is_start && !is_untaken(&error) {
            return Err(error.in_doubt());
        }
        let backoff = if error.is_rate_limited() {
            self.limited += 1;
            Backoff::RATE_LIMITED.wait(self.limited, random())
        } else {
            self.failed += 1;
            Backoff::TRANSIENT.wait(self.failed, random())
        };
        let asked = error.retry_after().map(|retry_after| retry_after.delay(wall)).unwrap_or_default();
        let at = now.checked_add(backoff.max(asked)).filter(|at| *at <= self.deadline);
        match at {
            Some(at) if error.is_retryable() && self.failed < MOST => Ok(Again::At(at, error.to_string())),
            _ => Err(error),
        }
    }
}
