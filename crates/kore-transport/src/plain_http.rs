//! Where a token may go unencrypted.

use http::Uri;
use http::uri::Scheme;
use kore_protocol::BaseUrl;

use crate::{Phase, TransportError};

/// Whether a request may go over plain `http://`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlainHttp {
    /// To this machine only: `localhost`, `127.0.0.0/8`, `::1`.
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
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return Ok(());
        }
        let refused = |why: &str| Err(TransportError::new(Phase::Refused, why));
        match BaseUrl::parse(&uri.to_string()) {
            Ok(url) if self == Self::Anywhere || url.is_loopback() => Ok(()),
            Ok(_) => refused(
                "http:// sends the token unencrypted: expected https://, or http:// to this machine, \
                 unless plain HTTP is allowed by name",
            ),
            Err(error) => refused(&error.to_string()),
        }
    }
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
        assert!(!allowed(PlainHttp::Loopback, "http://a.example/x"));
        assert!(allowed(PlainHttp::Anywhere, "http://a.example/x"));
        assert!(!allowed(PlainHttp::Anywhere, "/no-host"));
    }
}
