//! How long one request may take.

use std::time::Duration;

use http::Request;

/// How long a request may take, in the place of the limit that its transport has. It travels in the
/// request's [extensions](Request::extensions); the transports of this crate keep to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTimeout(Duration);

impl RequestTimeout {
    /// So long.
    pub const fn new(timeout: Duration) -> Self {
        Self(timeout)
    }

    /// That of a request, if it has one.
    pub fn of<B>(request: &Request<B>) -> Option<Duration> {
        request.extensions().get().map(|Self(timeout)| *timeout)
    }
}
