//! Who signs, and with what.

use std::fmt;

use jsonwebtoken::EncodingKey;
use kore_types::ClientId;

use crate::jws;
use crate::{Algorithm, Claims, Secret, Token};

/// A client app's id and signing key. The key is wiped on drop and never printed.
#[derive(Clone)]
pub struct Credentials {
    client_id: ClientId,
    algorithm: Algorithm,
    key: EncodingKey,
}

/// A key or an algorithm with which nothing can be signed. Its message never shows the key.
#[derive(Debug)]
pub struct KeyError(pub(crate) String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

impl Credentials {
    /// A client id and its secret, signing with HS256.
    pub fn new(client_id: ClientId, secret: Secret) -> Self {
        Self { client_id, algorithm: Algorithm::Hs256, key: EncodingKey::from_secret(secret.expose()) }
    }

    /// A client id and its secret, signing with HS256 or HS512.
    ///
    /// # Errors
    /// If the algorithm is not one of these two.
    pub fn hmac(client_id: ClientId, algorithm: Algorithm, secret: Secret) -> Result<Self, KeyError> {
        if !algorithm.is_hmac() {
            return Err(KeyError(format!("{algorithm} signs with an RSA key, found a client secret")));
        }
        Ok(Self { algorithm, ..Self::new(client_id, secret) })
    }

    /// A client id and an RSA private key in PEM (PKCS #1 or PKCS #8), signing with RS256 or RS512.
    ///
    /// # Errors
    /// If the algorithm is not one of these two, or the key cannot be read or used.
    pub fn rsa_pem(client_id: ClientId, algorithm: Algorithm, pem: &Secret) -> Result<Self, KeyError> {
        if algorithm.is_hmac() {
            return Err(KeyError(format!("{algorithm} signs with a client secret, found an RSA key")));
        }
        let expected = "expected an RSA private key in PEM, of 2048 bits or more";
        let key = EncodingKey::from_rsa_pem(pem.expose())
            .map_err(|_| KeyError(format!("{expected}, found something else")))?;
        let credentials = Self { client_id, algorithm, key };
        // A key that parses may still be refused by the signer; better now than at the first call.
        credentials.sign(&Claims::default()).map_err(|error| KeyError(format!("{expected}: {error}")))?;
        Ok(credentials)
    }

    /// The id of the client app.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The algorithm of the signature.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Signs claims as they are.
    ///
    /// # Errors
    /// If the signer refuses the key.
    pub fn sign(&self, claims: &Claims) -> Result<Token, KeyError> {
        let header = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, self.algorithm);
        let payload = serde_json::to_vec(claims).expect("claims are strings and integers");
        jws::sign(header.as_bytes(), &payload, self.algorithm, &self.key)
            .map(Token::new)
            .map_err(|error| KeyError(format!("cannot sign with {}: {error}", self.algorithm)))
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
