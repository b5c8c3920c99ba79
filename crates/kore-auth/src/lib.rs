//! Signs and verifies the JWTs of the Kore.ai platform, and knows when to renew them.
//!
//! A client has its tokens from a [`TokenSource`], which signs one and keeps it until shortly before
//! it expires:
//!
//! ```
//! use std::time::SystemTime;
//! use kore_auth::{Credentials, Secret, TokenSource, Verifier};
//! use kore_types::ClientId;
//!
//! let secret = Secret::new("not a real secret")?;
//! let verifier = Verifier::hmac(kore_auth::Algorithm::Hs256, &secret)?;
//! let credentials = Credentials::new(ClientId::new("cs-1f")?, secret);
//!
//! let now = SystemTime::now();
//! let mut source = TokenSource::kept(credentials, "pipeline");
//! let issued = source.token(now, String::new)?;
//! let claims = verifier.verify(issued.token.expose(), now)?;
//! assert_eq!(claims.app_id, "cs-1f");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A server asks a [`Guard`], which finds the app of a token, verifies it, accepts each `jti` once
//! and checks the scope. Several servers share the used `jti`s through a [`ReplayStore`].
//!
//! For an app that enforces JWE, an [`Encrypter`] encrypts the tokens of a [`TokenSource`], and the
//! [`Guard`] of a server has a [`Decrypter`].
//!
//! The platform takes the JWT in the header `auth`, without a scheme word. Its payload names the
//! subject (`sub`, any text) and the client app (`appId`). It is signed with the app's secret, with
//! HS256 unless the app says otherwise.
//!
//! # Time, randomness and secrets
//!
//! The time and each `jti` are arguments, so a test needs no clock. The `Debug` of each type leaves
//! secrets and tokens out, and memory that held one is wiped on drop.
//!
//! # Cryptography
//!
//! The feature `aws-lc-rs` (on by default) or `ring` chooses it; with both it is aws-lc-rs, and
//! [`provider`] tells. With neither, a [`Signer`] of your own still signs, for a key in a KMS or an
//! HSM. jsonwebtoken reads the keys, but none of its provider features is switched on and nothing is
//! installed for the process. So `jsonwebtoken::encode` elsewhere in your program keeps its own choice.
//! Encrypted tokens need aws-lc-rs: ring cannot encrypt with RSA.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod algorithm;
mod claims;
mod credentials;
mod guard;
mod jwe;
mod jws;
mod provider;
mod replays;
mod secret;
mod signer;
mod source;
mod verifier;

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use credentials::{Credentials, KeyError};
pub use guard::{Apps, Guard};
pub use jwe::{
    ContentEncryption, Decrypter, Encrypter, EncrypterSettings, JweContent, KeyEncryption, PublicJwk,
};
pub use provider::provider;
pub use replays::{ReplayStore, Replays, Used};
pub use secret::{InvalidSecret, Secret, Token};
pub use signer::{BlockingSigner, Signer, SignerError};
pub use source::{
    DEFAULT_LIFETIME, IAT_BACKDATED, Issued, MAX_JTI_LIFETIME, MAX_LIFETIME, Prepared, TokenSource, Unsigned,
};
pub use verifier::{Verifier, VerifyError, unverified_claims};

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
