//! The part of the neighbour: tokens and TLS with the crypto provider that it chose.

use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

/// Tokens by jsonwebtoken's free functions, which find their provider by the features that are on.
pub fn tokens() {
    let claims = json!({ "sub": "neighbour", "exp": 4_102_444_800_u64 });
    let key = EncodingKey::from_secret(b"the neighbour's");
    let token = jsonwebtoken::encode(&Header::default(), &claims, &key).expect("signed by rust_crypto");
    let key = DecodingKey::from_secret(b"the neighbour's");
    let found = jsonwebtoken::decode::<Value>(token, &key, &Validation::default()).expect("verified");
    assert_eq!(found.claims, claims);
}

/// TLS by rustls' short form, which finds its provider by the features that are on.
pub fn tls() {
    let config = rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty());
    let config = config.with_no_client_auth();
    // Ring has no key exchange that is safe from quantum computers, aws-lc-rs has.
    let exchanges = config.crypto_provider().kx_groups.iter().map(|group| group.name());
    assert!(!exchanges.into_iter().any(|name| name == rustls::NamedGroup::X25519MLKEM768), "it is ring");
}

/// Whether a default was installed for the process. Only the application may do that.
pub fn is_installed() -> bool {
    rustls::crypto::CryptoProvider::get_default().is_some()
}
