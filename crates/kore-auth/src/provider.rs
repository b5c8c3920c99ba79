//! The cryptography of tokens: HMAC and RSA of aws-lc-rs or ring, behind jsonwebtoken's traits.
//!
//! jsonwebtoken finds its provider by Cargo features, or by an installation for the whole process.
//! Both would decide for every other crate of a program too. So neither is used: signers and verifiers
//! are made here, and `credentials` and `verifier` use them directly.

use jsonwebtoken::crypto::{JwtSigner, JwtVerifier};
use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::{Algorithm, KeyError};

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod implement;

/// Makes signers and verifiers.
pub(crate) struct Provider {
    name: &'static str,
    pub(crate) signer: for<'k> fn(Algorithm, &'k EncodingKey) -> Box<dyn JwtSigner + 'k>,
    pub(crate) verifier: for<'k> fn(Algorithm, &'k DecodingKey) -> Box<dyn JwtVerifier + 'k>,
}

/// The providers that are switched on. The first one is used.
pub(crate) static PROVIDERS: &[Provider] = &[
    #[cfg(feature = "aws-lc-rs")]
    implement::aws_lc_rs::PROVIDER,
    #[cfg(feature = "ring")]
    implement::ring::PROVIDER,
];

/// The provider that is used.
pub(crate) fn chosen() -> Result<&'static Provider, KeyError> {
    PROVIDERS.first().ok_or_else(|| {
        KeyError::new(
            "kore-auth has no cryptography: expected its feature `aws-lc-rs` or `ring`, or a signer of your own",
        )
    })
}

/// The crate that signs and verifies tokens: `aws-lc-rs`, or `ring` if only the feature of that
/// name is on; `None` without either.
pub fn provider() -> Option<&'static str> {
    PROVIDERS.first().map(|provider| provider.name)
}

#[cfg(all(test, feature = "aws-lc-rs", feature = "ring"))]
mod tests {
    use super::*;

    #[test]
    fn with_both_features_it_is_aws_lc_rs() {
        assert_eq!(provider(), Some("aws-lc-rs"));
        assert_eq!(PROVIDERS.iter().map(|provider| provider.name).collect::<Vec<_>>(), ["aws-lc-rs", "ring"]);
    }
}
