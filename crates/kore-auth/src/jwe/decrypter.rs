//! Decrypts tokens with the private key of a server, through a [`Guard`](crate::Guard) as a rule.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;

use super::compact::Parts;
use super::{ContentEncryption, KeyEncryption, PrivateKey};
use crate::verifier::{is_there, object};
use crate::{KeyError, Secret, Token, VerifyError};

/// Decrypts tokens that clients have encrypted to a server's public key.
///
/// Whatever is wrong with a token, the error is the same and so is the work, as far as the provider
/// lets it: one that told more would let others decrypt tokens bit by bit (RFC 7516, 11.5). So a
/// content key that cannot be decrypted is replaced with a random one, and the content is then found
/// to be wrong.
#[derive(Clone)]
pub struct Decrypter {
    key: Arc<PrivateKey>,
    kids: Vec<String>,
}

/// What is read of a header. With one of the last two, which name a compression and extensions,
/// a token is refused.
#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "zip", deserialize_with = "is_there")]
    has_zip: bool,
    #[serde(default, rename = "crit", deserialize_with = "is_there")]
    has_crit: bool,
}

impl Decrypter {
    /// An RSA private key in PEM (PKCS #1 or PKCS #8) of 2048 to 8192 bits.
    ///
    /// # Errors
    /// If the key cannot be read or used, or the feature `aws-lc-rs` is off.
    pub fn rsa_pem(pem: &Secret) -> Result<Self, KeyError> {
        let key = jsonwebtoken::EncodingKey::from_rsa_pem(pem.expose()).map_err(|_| {
            KeyError::new("expected an RSA private key in PEM, of 2048 to 8192 bits, found something else")
        })?;
        Ok(Self::of(PrivateKey::from_pkcs1(key.as_bytes())?))
    }

    /// The same in PKCS #8, as DER.
    ///
    /// # Errors
    /// As [`rsa_pem`](Self::rsa_pem).
    pub fn rsa_pkcs8(der: &Secret) -> Result<Self, KeyError> {
        Ok(Self::of(PrivateKey::from_pkcs8(der.expose())?))
    }

    fn of(key: PrivateKey) -> Self {
        Self { key: Arc::new(key), kids: Vec::new() }
    }

    /// Refuses tokens with another `kid` in their header, or none. May be called again, for another
    /// spelling of the same id.
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kids.push(kid.into());
        self
    }

    /// The public key as a JWK, as the Admin Console shows it, with the first
    /// [`kid`](Self::kid).
    pub fn public_jwk(&self) -> String {
        let (n, e) = self.key.public_components();
        let mut jwk = serde_json::Map::new();
        jwk.insert("e".to_owned(), BASE64URL.encode(e).into());
        if let Some(kid) = self.kids.first() {
            jwk.insert("kid".to_owned(), kid.as_str().into());
        }
        jwk.insert("kty".to_owned(), "RSA".into());
        jwk.insert("n".to_owned(), BASE64URL.encode(n).into());
        serde_json::Value::from(jwk).to_string()
    }

    /// What a token has inside: a signed JWT, if its client does as documented. Nothing of it is
    /// verified.
    ///
    /// # Errors
    /// [`VerifyError::CannotDecrypt`], whatever the reason.
    pub fn decrypt(&self, jwe: &str) -> Result<Token, VerifyError> {
        self.content(jwe).ok_or(VerifyError::CannotDecrypt)
    }

    fn content(&self, jwe: &str) -> Option<Token> {
        let Parts { header, aad, sealed } = Parts::split(jwe)?;
        let header: Header = object(&header)?;
        let alg = KeyEncryption::ALL.into_iter().find(|known| known.as_str() == header.alg)?;
        let enc = ContentEncryption::ALL.into_iter().find(|known| known.as_str() == header.enc)?;
        let is_ours = self.kids.is_empty() || header.kid.is_some_and(|kid| self.kids.contains(&kid));
        if header.has_zip || header.has_crit || !is_ours {
            return None;
        }
        let content = self.key.open((alg, enc), sealed, aad.as_bytes())?;
        Some(Token::new(str::from_utf8(&content).ok()?))
    }
}

impl fmt::Debug for Decrypter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypter").field("kids", &self.kids).finish_non_exhaustive()
    }
}
