//! What a watch is told, and what it asks of a failed look.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use kore_types::Outcome;

use super::{Backoff, Host, Pacing};
use crate::{Origin, ResponseError, RetryAfter};

/// A reading of both clocks. The machine measures with the first; the second only tells how far
/// off a date is that the platform names. Exhaustive: there is no third.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The monotonic clock.
    pub instant: Instant,
    /// The clock on the wall.
    pub wall: SystemTime,
}

/// Why a poll failed, as a watch asks it.
pub trait PollError: fmt::Display + From<ResponseError> {
    /// The response that was not the expected one, if there was one. It answers the questions below
    /// by default.
    fn response(&self) -> Option<&ResponseError>;

    /// Whether the same poll may fare better later.
    fn is_retryable(&self) -> bool {
        self.response().is_some_and(ResponseError::is_retryable)
    }

    /// Whether a rate limit of the platform was reached.
    fn is_rate_limited(&self) -> bool {
        self.response().is_some_and(ResponseError::is_rate_limited)
    }

    /// Whether the platform refused a token that had been used before, so that a new one may be
    /// better. A response alone does not say which token the request had.
    fn is_worth_a_new_token(&self) -> bool {
        false
    }

    /// When the platform asks to be called again.
    fn retry_after(&self) -> Option<RetryAfter> {
        self.response().and_then(ResponseError::retry_after)
    }

    /// Who wrote the response.
    fn origin(&self) -> Origin {
        self.response().map_or(Origin::Unknown, ResponseError::origin)
    }
}

impl PollError for ResponseError {
    fn response(&self) -> Option<&ResponseError> {
        Some(self)
    }
}

/// How to watch. The default is the design's: the documented windows, a pace of 1 s to 5 s.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How often to look.
    pub pacing: Pacing,
    /// The waits after a failure on the way.
    pub transient: Backoff,
    /// The waits after a rate limit.
    pub rate_limited: Backoff,
    /// What a word of the status means, where that is not what [`Status::outcome`](kore_types::Status::outcome) says. Compared
    /// without case.
    pub words: Vec<(String, Outcome)>,
    /// How long a request may take at the most: one that is given up before its answer may reach
    /// the platform that much later.
    pub poll_timeout: Duration,
    /// Where the jitter begins; any number. The same one gives the same waits.
    pub seed: u64,
    /// What is known of the host. A clone of another watch's shares what that one has seen.
    pub host: Host,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pacing: Pacing::default(),
            transient: Backoff::TRANSIENT,
            rate_limited: Backoff::RATE_LIMITED,
            words: Vec::new(),
            poll_timeout: Duration::from_secs(30),
            seed: 0,
            host: Host::default(),
        }
    }
}
