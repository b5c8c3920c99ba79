//! External signers, for keys that this process does not hold: in a vault or a hardware module.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::Algorithm;

/// Signs with a key that this process does not hold: in a cloud's KMS, in an HSM behind a network.
///
/// The async client takes it with [`Credentials::with_signer`](crate::Credentials::with_signer).
///
/// ```
/// use std::pin::Pin;
/// use kore_auth::{Algorithm, Credentials, Signer, SignerError};
///
/// struct Kms { key: String }
///
/// impl Kms {
///     async fn ask(&self, message: &[u8]) -> std::io::Result<Vec<u8>> {
///         // The service is called with `self.key` here.
/// #       let _ = (&self.key, message);
///         Ok(vec![0; 256])
///     }
/// }
///
/// impl Signer for Kms {
///     fn algorithm(&self) -> Algorithm {
///         Algorithm::Rs256
///     }
///
///     fn sign<'a>(
///         &'a self,
///         message: &'a [u8],
///     ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, SignerError>> + Send + 'a>> {
///         // A service that cannot be reached now may be reached later.
///         Box::pin(async { self.ask(message).await.map_err(|error| SignerError::new(error).retryable(true)) })
///     }
/// }
///
/// let credentials = Credentials::with_signer("cs-1f".parse()?, Kms { key: "keys/1".into() });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Signer: Send + Sync {
    /// The algorithm of the key.
    fn algorithm(&self) -> Algorithm;

    /// The signature of a message: the bytes of the HMAC, or of the RSA signature with the padding
    /// of PKCS #1 v1.5, as they are. The message is not hashed yet.
    ///
    /// The signer bounds the time that it takes; nobody else does.
    fn sign<'a>(
        &'a self,
        message: &'a [u8],
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, SignerError>> + Send + 'a>>;
}

/// The same on the caller's thread. The blocking client takes it with
/// [`Credentials::with_blocking_signer`](crate::Credentials::with_blocking_signer).
pub trait BlockingSigner: Send + Sync {
    /// The algorithm of the key.
    fn algorithm(&self) -> Algorithm;

    /// The signature of a message: see [`Signer::sign`].
    ///
    /// # Errors
    /// If there is none.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;
}

impl<S: Signer + ?Sized> Signer for Arc<S> {
    fn algorithm(&self) -> Algorithm {
        (**self).algorithm()
    }

    fn sign<'a>(
        &'a self,
        message: &'a [u8],
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, SignerError>> + Send + 'a>> {
        (**self).sign(message)
    }
}

impl<S: BlockingSigner + ?Sized> BlockingSigner for Arc<S> {
    fn algorithm(&self) -> Algorithm {
        (**self).algorithm()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        (**self).sign(message)
    }
}

/// Why an external signer gave no signature. Its message is shown to people, so it must not hold a
/// secret.
#[derive(Debug)]
pub struct SignerError {
    pub(crate) source: Box<dyn std::error::Error + Send + Sync>,
    pub(crate) is_retryable: bool,
}

impl SignerError {
    /// An error, or a text, that says why. By default the same call is not tried again.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: source.into(), is_retryable: false }
    }

    /// Sets whether the same call may succeed later, so that a watch tries it again.
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.is_retryable = retryable;
        self
    }
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl std::error::Error for SignerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.source()
    }
}
