//! The signature algorithms that the platform documents.

use std::fmt;

/// A JWS algorithm. The platform documents these four; for apps of API scope HS256 is the usual
/// one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256 and the client secret.
    #[default]
    Hs256,
    /// HMAC with SHA-512 and the client secret.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256 and an RSA key.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-512 and an RSA key.
    Rs512,
}

impl Algorithm {
    /// The name in a JOSE header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
        }
    }

    /// Whether the key is a secret that both sides know (HMAC), and no pair of keys (RSA).
    pub fn is_hmac(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs512)
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    pub(crate) fn to_jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
            Self::Hs512 => jsonwebtoken::Algorithm::HS512,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Rs512 => jsonwebtoken::Algorithm::RS512,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
