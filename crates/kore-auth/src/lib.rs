//! JWTs for the Kore.ai bot-import API: signing them, verifying them, knowing when to renew them.
//!
//! The platform takes a JWT in the header `auth`, without a scheme word. Its payload names the
//! subject (`sub`, any text) and the client app (`appId`); it is signed with the app's secret,
//! HS256 unless the app says otherwise.
//!
//! No clock and no randomness here: the time and each `jti` are arguments. No secret is ever
//! printed: the `Debug` of each type leaves it out, and memory that held one is wiped on drop.
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
//! A server that has many apps asks a [`Guard`], which finds the app, verifies its token, takes each
//! `jti` once and looks at the scope. Several servers share the `jti`s by way of a [`ReplayStore`].
//!
//! The cryptography is that of aws-lc-rs (the feature `aws-lc-rs`, on by default) or of ring (the
//! feature `ring`); with both it is aws-lc-rs, and [`provider`] tells. jsonwebtoken reads the keys,
//! but none of its provider features is switched on and nothing is installed for the process, so a
//! neighbour's `jsonwebtoken::encode` works with the neighbour's own choice. With neither feature a
//! [`Signer`] of one's own still signs, for a key in a KMS or an HSM.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod algorithm;
mod claims;
mod credentials;
mod guard;
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
