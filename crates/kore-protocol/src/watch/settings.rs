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

/// What a machine asks of a failed look, and what it makes of a document about another import.
pub trait PollError: fmt::Display + From<ResponseError> {
    /// Whether the same look may fare better later.
    fn is_retryable(&self) -> bool;
    /// Whether a rate limit of the platform was reached.
    fn is_rate_limited(&self) -> bool;
    /// Whether the platform refused a token that had been used before, so that a new one may be
    /// better.
    fn is_worth_a_new_token(&self) -> bool;
    /// When the platform asks to be called again.
    fn retry_after(&self) -> Option<RetryAfter>;
    /// Who wrote the response, if one arrived.
    fn origin(&self) -> Origin {
        Origin::Unknown
    }
}

impl PollError for ResponseError {
    fn is_retryable(&self) -> bool {
        Self::is_retryable(self)
    }

    fn is_rate_limited(&self) -> bool {
        Self::is_rate_limited(self)
    }

    /// Never: an answer alone does not tell which token the request bore.
    fn is_worth_a_new_token(&self) -> bool {
        false
    }

    fn retry_after(&self) -> Option<RetryAfter> {
        Self::retry_after(self)
    }

    fn origin(&self) -> Origin {
        Self::origin(self)
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
