//! The time limit of a single request, which takes the place of the transport's own.

use std::time::Duration;

use http::Request;

/// The time limit of a request, in place of that of its transport. It is one of the request's
/// [extensions](Request::extensions). All transports of this crate respect it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTimeout(Duration);

impl RequestTimeout {
    /// Sets the limit.
    pub const fn new(timeout: Duration) -> Self {
        Self(timeout)
    }

    /// The limit of a request, if it has one.
    pub fn of<B>(request: &Request<B>) -> Option<Duration> {
        request.extensions().get().map(|Self(timeout)| *timeout)
    }
}
