//! The credentials of an app: its client id and what signs its tokens, a key or an external signer.
//! A [`TokenSource`](crate::TokenSource) signs with them.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jsonwebtoken::EncodingKey;
use kore_types::ClientId;

use crate::signer::{BlockingSigner, Signer, SignerError};
use crate::{Algorithm, Claims, Secret, Token, jws, provider};

/// A client app's id, and its signing key or an external signer. A key is wiped on drop and never
/// printed.
#[derive(Clone)]
pub struct Credentials {
    client_id: ClientId,
    algorithm: Algorithm,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Own(EncodingKey),
    External(Arc<dyn Signer>),
    ExternalBlocking(Arc<dyn BlockingSigner>),
}

/// Why nothing can be signed with a key, an algorithm or a signer. The message never shows the key.
#[derive(Debug)]
pub struct KeyError {
    message: String,
    signer: Option<SignerError>,
}

impl KeyError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), signer: None }
    }

    /// Whether an external signer says that the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.signer.as_ref().is_some_and(|signer| signer.is_retryable)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message has the signer's own words already.
        self.signer.as_ref().and_then(|signer| std::error::Error::source(signer))
    }
}

impl From<SignerError> for KeyError {
    fn from(error: SignerError) -> Self {
        Self { message: format!("the signer gave no signature: {error}"), signer: Some(error) }
    }
}

impl Credentials {
    /// A client id and its secret, signing with HS256.
    pub fn new(client_id: ClientId, secret: Secret) -> Self {
        let key = Key::Own(EncodingKey::from_secret(secret.expose()));
        Self { client_id, algorithm: Algorithm::Hs256, key }
    }

    /// A client id and its secret, signing with HS256 or HS512.
    ///
    /// # Errors
    /// If the algorithm is not one of these two.
    pub fn hmac(client_id: ClientId, algorithm: Algorithm, secret: Secret) -> Result<Self, KeyError> {
        if !algorithm.is_hmac() {
            return Err(KeyError::new(format!("{algorithm} signs with an RSA key, found a client secret")));
        }
        Ok(Self { algorithm, ..Self::new(client_id, secret) })
    }

    /// A client id and an RSA private key in PEM (PKCS #1 or PKCS #8), signing with RS256 or RS512.
    ///
    /// # Errors
    /// If the algorithm is not one of these two, or the key cannot be read or used.
    pub fn rsa_pem(client_id: ClientId, algorithm: Algorithm, pem: &Secret) -> Result<Self, KeyError> {
        if algorithm.is_hmac() {
            return Err(KeyError::new(format!("{algorithm} signs with a client secret, found an RSA key")));
        }
        let expected = "expected an RSA private key in PEM, of 2048 bits or more";
        let key = EncodingKey::from_rsa_pem(pem.expose())
            .map_err(|_| KeyError::new(format!("{expected}, found something else")))?;
        let credentials = Self { client_id, algorithm, key: Key::Own(key) };
        // The provider may refuse a key that parses; better now than at the first call.
        credentials
            .sign(&Claims::default())
            .map_err(|error| KeyError::new(format!("{expected}: {error}")))?;
        Ok(credentials)
    }

    /// A client id whose tokens an external signer signs: a KMS, an HSM. It needs no crypto provider.
    /// For the async client: see [`sign_async`](Self::sign_async).
    pub fn with_signer(client_id: ClientId, signer: impl Signer + 'static) -> Self {
        Self { client_id, algorithm: signer.algorithm(), key: Key::External(Arc::new(signer)) }
    }

    /// A client id whose tokens an external signer signs while the thread waits, for the blocking
    /// client.
    pub fn with_blocking_signer(client_id: ClientId, signer: impl BlockingSigner + 'static) -> Self {
        Self { client_id, algorithm: signer.algorithm(), key: Key::ExternalBlocking(Arc::new(signer)) }
    }

    /// The id of the client app.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The algorithm of the signature.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether signing must be awaited, so that [`sign`](Self::sign) fails.
    pub fn is_async(&self) -> bool {
        matches!(self.key, Key::External(_))
    }

    /// Whether signing may block the thread, since it asks a [`BlockingSigner`].
    pub fn is_blocking(&self) -> bool {
        matches!(self.key, Key::ExternalBlocking(_))
    }

    /// Checks that tokens can be signed at all.
    ///
    /// # Errors
    /// If there is a key and no crypto provider is switched on.
    pub fn check(&self) -> Result<(), KeyError> {
        match self.key {
            Key::Own(_) => provider::chosen().map(drop),
            Key::External(_) | Key::ExternalBlocking(_) => Ok(()),
        }
    }

    /// Signs claims as they are.
    ///
    /// # Errors
    /// If the signer refuses the key, or must be awaited.
    pub fn sign(&self, claims: &Claims) -> Result<Token, KeyError> {
        let input = self.input(claims);
        let signature = match &self.key {
            Key::Own(key) => {
                let sign = provider::chosen()?.signer;
                sign(self.algorithm, key)
                    .try_sign(input.as_bytes())
                    .map_err(|error| KeyError::new(format!("cannot sign with {}: {error}", self.algorithm)))?
            }
            Key::ExternalBlocking(signer) => signer.sign(input.as_bytes())?,
            Key::External(_) => {
                return Err(KeyError::new(
                    "the signer is async: expected a BlockingSigner, or the async client",
                ));
            }
        };
        self.token(input, &signature)
    }

    /// Signs claims as they are, and awaits the [`Signer`] if there is one.
    ///
    /// # Errors
    /// If the signer refuses the key, or gives no signature.
    pub async fn sign_async(&self, claims: &Claims) -> Result<Token, KeyError> {
        let Key::External(signer) = &self.key else { return self.sign(claims) };
        let input = self.input(claims);
        let signature = signer.sign(input.as_bytes()).await?;
        self.token(input, &signature)
    }

    fn input(&self, claims: &Claims) -> String {
        let header = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, self.algorithm);
        let payload = claims.to_json();
        jws::input(header.as_bytes(), &payload)
    }

    fn token(&self, input: String, signature: &[u8]) -> Result<Token, KeyError> {
        let expected = signature_bytes(self.algorithm);
        if !expected.contains(&signature.len()) {
            return Err(KeyError::new(format!(
                "the signature is not one of {}: expected {} bytes, not encoded, found {}",
                self.algorithm,
                if self.algorithm.is_hmac() {
                    expected.start().to_string()
                } else {
                    "256 to 1024".to_owned()
                },
                signature.len(),
            )));
        }
        Ok(Token::new(jws::finish(input, signature)))
    }
}

/// How long a signature is; RSA keys have 2048 to 8192 bits.
fn signature_bytes(algorithm: Algorithm) -> RangeInclusive<usize> {
    match algorithm {
        Algorithm::Hs256 => 32..=32,
        Algorithm::Hs512 => 64..=64,
        Algorithm::Rs256 | Algorithm::Rs512 => 256..=1024,
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
