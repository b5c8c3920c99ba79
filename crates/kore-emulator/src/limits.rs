//! The rate limits of the emulated platform, and how it answers a request over one of them.

use std::time::Instant;

use bytes::Bytes;
use http::{Response, StatusCode};
use kore_protocol::{Limited, Nanos, OutgoingRequest, RequestLogs};

/// What may be set of the rate limits. Their periods and messages are documented; no source names the
/// HTTP status or says whether there is a `Retry-After`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimitRules {
    pub(crate) lenient: bool,
    pub(crate) status: StatusCode,
    pub(crate) retry_after: bool,
}

impl Default for LimitRules {
    fn default() -> Self {
        Self { lenient: false, status: StatusCode::TOO_MANY_REQUESTS, retry_after: false }
    }
}

impl LimitRules {
    /// Counts a request for an import that is held.
    pub(crate) fn admit<R: OutgoingRequest>(
        self,
        requests: &RequestLogs<Nanos>,
        request: &R,
        now: Instant,
    ) -> Result<(), Limited> {
        if self.lenient { Ok(()) } else { requests.admit(request, now) }
    }

    pub(crate) fn answer(self, limited: Limited) -> Response<Bytes> {
        let mut response = if self.retry_after { limited.to_http() } else { limited.refusal().to_http() };
        *response.status_mut() = self.status;
        response
    }
}
