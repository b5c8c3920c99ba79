//! Chooses the crypto provider of TLS, explicitly, so that the choice does not depend on other crates.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use crate::BuildError;

/// The provider aws-lc-rs, or ring if only that feature is on. With neither feature, the provider that
/// the process has installed. Nothing is installed here. rustls would choose by the features of the whole
/// workspace, and panics if two providers are on.
pub(super) fn provider() -> Result<Arc<CryptoProvider>, BuildError> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    let provider = Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    let provider = CryptoProvider::get_default().cloned();

    provider.ok_or_else(|| {
        BuildError::new(
            "there is no crypto provider for TLS: expected the feature `aws-lc-rs` or `ring` of kore-transport \
             (kore-sdk has both too), or one that the application has installed with \
             rustls::crypto::CryptoProvider::install_default()",
        )
    })
}

#[cfg(all(test, feature = "aws-lc-rs", feature = "ring"))]
mod tests {
    use rustls::NamedGroup;

    use super::*;

    /// aws-lc-rs has a post-quantum key exchange, ring has none.
    #[test]
    fn with_both_features_aws_lc_rs_is_used_and_nothing_is_installed() {
        let groups = |provider: &CryptoProvider| {
            provider.kx_groups.iter().map(|group| group.name()).collect::<Vec<_>>()
        };
        assert!(groups(&provider().expect("one")).contains(&NamedGroup::X25519MLKEM768));
        assert!(!groups(&rustls::crypto::ring::default_provider()).contains(&NamedGroup::X25519MLKEM768));
        assert!(CryptoProvider::get_default().is_none());
    }
}
