//! The crypto provider of TLS.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use crate::BuildError;

/// aws-lc-rs, or ring if only that feature is on, whatever the process has installed; with neither
/// feature, what the process has installed. Nothing is installed from here, and rustls is never left
/// to guess by the features that are on in the whole workspace: it panics if there are two.
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

    /// Of the two it alone has a key exchange that is safe from quantum computers.
    #[test]
    fn with_both_features_it_is_aws_lc_rs_and_nothing_is_installed() {
        let groups = |provider: &CryptoProvider| {
            provider.kx_groups.iter().map(|group| group.name()).collect::<Vec<_>>()
        };
        assert!(groups(&provider().expect("one")).contains(&NamedGroup::X25519MLKEM768));
        assert!(!groups(&rustls::crypto::ring::default_provider()).contains(&NamedGroup::X25519MLKEM768));
        assert!(CryptoProvider::get_default().is_none());
    }
}
