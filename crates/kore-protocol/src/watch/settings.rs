//! What the owner of a watch brings: the time, the settings, and an error type that says whether a
//! failed poll is worth another try.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use kore_types::Outcome;

use super::{Backoff, Host, Pacing};
use crate::{Origin, ResponseError, RetryAfter};

/// The time by both clocks. A watch measures with the monotonic clock. It needs the wall clock for
/// dates that the platform names, and for resume tokens. Exhaustive, since there is no third clock.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The monotonic clock.
    pub instant: Instant,
    /// The wall clock.
    pub wall: SystemTime,
}

/// The error of a failed poll. A watch decides by it whether to poll again, and when.
pub trait PollError: fmt::Display + From<ResponseError> {
    /// The unexpected response, if there was a response. The other methods ask it by default.
    fn response(&self) -> Option<&ResponseError>;

    /// Whether the same poll may succeed later.
    fn is_retryable(&self) -> bool {
        self.response().is_some_and(ResponseError::is_retryable)
    }

    /// Whether a rate limit of the platform was reached.
    fn is_rate_limited(&self) -> bool {
        self.response().is_some_and(ResponseError::is_rate_limited)
    }

    /// Whether the platform refused a token that was used before, so that a new one may help. By
    /// default it is not, since a response alone does not say which token the request had.
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

/// How to watch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How often to poll.
    pub pacing: Pacing,
    /// The waits after a failure of the network or the server.
    pub transient: Backoff,
    /// The waits after the platform refused a poll for its rate limit.
    pub rate_limited: Backoff,
    /// What a status means, if it is not what [`Job::outcome`](super::Job::outcome) says. The case of
    /// letters makes no difference; of two for the same status the last counts.
    pub words: Vec<(String, Outcome)>,
    /// How long a poll may take. One that is given up before may still reach the platform within this
    /// time, so it counts for the rate limit from then.
    pub poll_timeout: Duration,
    /// Any number, from which the jitter follows. The same number gives the same waits.
    pub seed: u64,
    /// Whether the host is the platform. Watches that share it learn from each other.
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
