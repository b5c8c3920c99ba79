//! In place of the cryptography of encrypted tokens, where it is switched off: no key can be made.

use std::convert::Infallible;

use zeroize::Zeroizing;

use super::{ContentEncryption, KeyEncryption, Sealed};
use crate::KeyError;

fn absent<T>() -> Result<T, KeyError> {
    Err(KeyError::new(
        "encrypted tokens need the feature `aws-lc-rs` of kore-auth: ring cannot encrypt with RSA",
    ))
}

#[derive(Clone)]
pub(super) struct PublicKey(Infallible);

impl PublicKey {
    pub(super) fn new(_n: &[u8], _e: &[u8]) -> Result<Self, KeyError> {
        absent()
    }

    pub(super) fn seal(
        &self,
        _: (KeyEncryption, ContentEncryption),
        _content_key: &[u8],
        _aad: &[u8],
        _content: &[u8],
    ) -> Result<Sealed, KeyError> {
        match self.0 {}
    }
}

pub(super) struct PrivateKey(Infallible);

impl PrivateKey {
    pub(super) fn from_pkcs1(_der: &[u8]) -> Result<Self, KeyError> {
        absent()
    }

    pub(super) fn from_pkcs8(_der: &[u8]) -> Result<Self, KeyError> {
        absent()
    }

    pub(super) fn public_components(&self) -> (Vec<u8>, Vec<u8>) {
        match self.0 {}
    }

    pub(super) fn open(
        &self,
        _: (KeyEncryption, ContentEncryption),
        _sealed: Sealed,
        _aad: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        match self.0 {}
    }
}
