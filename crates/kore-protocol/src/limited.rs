//! The error of a request over a rate limit, which a server turns into its response.

use std::fmt;
use std::time::Duration;

use crate::{Refusal, RetryAfter};

/// A request is over a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limited {
    refusal: Refusal,
    free_in: Duration,
}

impl Limited {
    pub(crate) fn new(refusal: Refusal, free_in: Duration) -> Self {
        Self { refusal, free_in }
    }

    /// [`Refusal::MinuteLimit`] or [`Refusal::HourLimit`]. If both limits are reached, it is the one
    /// that allows the next request later.
    pub fn refusal(self) -> Refusal {
        self.refusal
    }

    /// How long it takes until both limits allow a request.
    pub fn free_in(self) -> Duration {
        self.free_in
    }

    /// The response, with [`Retry-After`](RetryAfter). No source says whether the platform sends that
    /// header; a server that does not want to sends the response of [`refusal`](Self::refusal).
    pub fn to_http(self) -> http::Response<bytes::Bytes> {
        let mut response = self.refusal.to_http();
        RetryAfter::Delay(self.free_in).write(response.headers_mut());
        response
    }
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} The next request is allowed in {:?}.", self.refusal.msg(), self.free_in)
    }
}

impl std::error::Error for Limited {}
