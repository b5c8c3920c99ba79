//! The rule for plain `http://`, which sends the token unencrypted. All transports keep it.

use http::Uri;
use http::uri::Scheme;

use crate::{Phase, TransportError};

/// Whether a request may go over plain `http://`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlainHttp {
    /// Only to this machine (`localhost`, `127.0.0.0/8`, `::1`), and not through a proxy.
    #[default]
    Loopback,
    /// To any host. Others can read the token on the way.
    Anywhere,
}

impl PlainHttp {
    /// Checks that a request may be sent.
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
    /// The same for a client that may use a proxy which is not known here. Then plain HTTP to this machine
    /// is refused too. `instead` says how to allow it.
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

/// Whether the host of a URI is this machine.
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
    fn plain_http_goes_only_to_this_machine_unless_it_is_allowed() {
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
