//! The mark of a request that must not go over a connection that was used before.

use http::Request;

/// Marks a request that is sent over a new connection, since it must not be sent twice. It is one of the
/// request's [extensions](Request::extensions).
///
/// A server closes a connection that is idle for too long. If a request crosses that close on its way,
/// nobody can say whether the server read it. On a new connection this does not happen.
///
/// `HyperTransport` and `UreqTransport` respect the mark. reqwest cannot, so a client of it needs
/// `pool_max_idle_per_host(0)` for the same certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewConnection;

impl NewConnection {
    /// Marks a request.
    pub fn mark<B>(request: &mut Request<B>) {
        request.extensions_mut().insert(Self);
    }

    /// Whether a request has the mark.
    pub fn is_wanted<B>(request: &Request<B>) -> bool {
        request.extensions().get::<Self>().is_some()
    }
}
