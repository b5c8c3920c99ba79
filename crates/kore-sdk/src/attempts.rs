//! Decides whether a failed request is sent again, and when. Single calls, imports and downloads of both
//! clients use it.

use std::time::{Duration, Instant, SystemTime};

use http::StatusCode;
use kore_protocol::ResponseError;
use kore_protocol::watch::{Backoff, PollError as _};
use kore_transport::TransportError;

use crate::Error;
use crate::call::random;

/// The attempts at one request.
pub(crate) struct Attempts {
    /// A second request does no harm if the first one was taken.
    is_repeatable: bool,
    /// How often it is sent again after it failed on the way.
    retries: u32,
    /// Whether a rate limit is waited for until the deadline. Else it counts as a failure on the way.
    is_patient: bool,
    deadline: Option<Instant>,
    /// How many attempts failed on the way, and how many a rate limit refused.
    failed: u32,
    limited: u32,
    is_renewed: bool,
}

/// When to send a request again.
pub(crate) enum Again {
    /// At once, with a new token.
    Now,
    /// At that time.
    At(Instant),
}

impl Attempts {
    pub(crate) fn new(is_repeatable: bool, retries: u32, deadline: Option<Instant>) -> Self {
        Self { is_repeatable, retries, is_patient: false, deadline, failed: 0, limited: 0, is_renewed: false }
    }

    /// Waits for rate limits as often as needed until the deadline.
    pub(crate) fn patient(self) -> Self {
        Self { is_patient: true, ..self }
    }

    /// When to send a request again that failed with this error. `None` if it is not sent again.
    pub(crate) fn next(&mut self, error: &Error, now: Instant, wall: SystemTime) -> Option<Again> {
        if error.is_worth_a_new_token() && !self.is_renewed {
            self.is_renewed = true;
            return Some(Again::Now);
        }
        let is_allowed = error.is_retryable() && (self.is_repeatable || is_untaken(error));
        let asked = error.retry_after().map(|retry_after| retry_after.delay(wall)).unwrap_or_default();
        if is_allowed { self.later(error.is_rate_limited(), asked, now).map(Again::At) } else { None }
    }

    /// When to send a request again after a failure that may pass, at the earliest after `asked`. `None`
    /// if it is not sent again.
    pub(crate) fn later(&mut self, is_limited: bool, asked: Duration, now: Instant) -> Option<Instant> {
        let failed = if self.is_patient { self.failed } else { self.failed + self.limited };
        if failed >= self.retries && !(self.is_patient && is_limited) {
            return None;
        }
        let backoff = if is_limited {
            self.limited += 1;
            Backoff::RATE_LIMITED.wait(self.limited, random())
        } else {
            self.failed += 1;
            Backoff::TRANSIENT.wait(self.failed, random())
        };
        let at = now.checked_add(backoff.max(asked))?;
        self.deadline.is_none_or(|deadline| at <= deadline).then_some(at)
    }
}

/// Whether the platform certainly did not take a request that failed, by what is known of each answer:
///
/// | answer | taken? |
/// |---|---|
/// | the request was not sent, or its stream was refused | no |
/// | a 401, of whoever writes one | no: HTTP says that such a request was not applied, and the platform looks at the token first |
/// | a rate limit or another 4xx in the platform's form, but 408 | no: it says itself what it refuses |
/// | a 429 in another form | not known: HTTP does not say it, and a gateway that repeats requests passes on the last answer |
/// | all else that the platform did not write, its 5xx, and no answer | not known |
pub(crate) fn is_untaken(error: &Error) -> bool {
    if let Some(transport) = error.transport() {
        return TransportError::is_unprocessed(transport);
    }
    let Some(response) = error.response() else { return true };
    let is_unauthorized = response.status() == StatusCode::UNAUTHORIZED && response.is_auth();
    is_unauthorized || is_refused(response)
}

/// Whether the platform says in its own form that it refuses. A rate limit may come with any status.
fn is_refused(response: &ResponseError) -> bool {
    let (status, is_its_own) = (response.status(), response.error_body().is_some());
    let is_refusal = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT;
    is_its_own && (is_refusal || response.is_rate_limited())
}
