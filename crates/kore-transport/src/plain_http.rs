//! Where a token may go unencrypted.

use http::Uri;
use http::uri::Scheme;

use crate::{Phase, TransportError};

/// Whether a request may go over plain `http://`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlainHttp {
    /// To this machine only, and never through a proxy: `localhost`, `127.0.0.0/8`, `::1`.
    #[default]
    Loopback,
    /// To anywhere. The token can be read on the way.
    Anywhere,
}

impl PlainHttp {
    /// Lets a request through, or says why not.
    ///
    /// # Errors
    /// [`Phase::Refused`], before anything is sent.
    pub fn check(self, uri: &Uri) -> Result<(), TransportError> {
        let refused = |why: &str| Err(TransportError::new(Phase::Refused, why));
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => Ok(()),
            Some(scheme) if *scheme == Scheme::HTTP => match self {
                Self::Anywhere => Ok(()),
                Self::Loopback if is_loopback(uri) => Ok(()),
                Self::Loopback => refused(
                    "http:// sends the token unencrypted: expected https://, or http:// to this machine, \
                     unless plain HTTP is allowed by name",
                ),
            },
            _ => refused("expected a URL that begins with https:// or http://"),
        }
    }
}

impl PlainHttp {
    /// The same for a client that may go through a proxy, which is not known here: what may go to this
    /// machine only must not go at all then. `instead` says how it may.
    #[cfg(any(feature = "reqwest", feature = "tower"))]
    pub(crate) fn check_of_unknown_way(self, uri: &Uri, instead: &str) -> Result<(), TransportError> {
        self.check(uri)?;
        if self == Self::Loopback && uri.scheme() == Some(&Scheme::HTTP) {
            let why = format!(
                "http:// sends the token unencrypted, and this client may send it through a proxy: expected {instead}"
            );
            return Err(TransportError::new(Phase::Refused, why));
        }
        Ok(())
    }
}

/// Whether a URI's host is this machine by its name or address.
pub(crate) fn is_loopback(uri: &Uri) -> bool {
    uri.host().is_some_and(kore_protocol::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(policy: PlainHttp, uri: &'static str) -> bool {
        policy.check(&Uri::from_static(uri)).is_ok()
    }

    #[test]
    fn unencrypted_to_this_machine_only_unless_allowed() {
        for uri in ["https://a.example/x", "http://127.0.0.1:1/x", "http://[::1]/x", "http://localhost/x"] {
            assert!(allowed(PlainHttp::Loopback, uri), "{uri}");
        }
        for uri in ["http://a.example/x", "http://localhost.example/x", "http://127.0.0.1@a.example/x"] {
            assert!(!allowed(PlainHttp::Loopback, uri), "{uri}");
        }
        assert!(allowed(PlainHttp::Anywhere, "http://a.example/x"));
        assert!(!allowed(PlainHttp::Anywhere, "/no-host"));
    }
}
