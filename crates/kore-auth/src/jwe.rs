//! Encrypted tokens: the compact form of a JWE, RFC 7516, for apps that enforce JWE.
//!
//! The platform documents RSA-OAEP and RSA1_5 for the content key, and A128CBC-HS256, A128GCM and
//! A256GCM for the content. A client encrypts each token to the platform's public key, given as a
//! JWK ([`Encrypter`]); a server decrypts it with the private one ([`Decrypter`]).
//!
//! The cryptography is that of aws-lc-rs, since ring cannot encrypt with RSA. Without that feature the
//! types are there, but no key can be made. The content key is an argument. The provider itself draws
//! IVs, the padding of RSA, and the key that a server uses in place of one that it cannot decrypt: it
//! offers no other way.

mod algorithms;
mod compact;
mod decrypter;
mod encrypter;
mod jwk;

#[cfg(not(feature = "aws-lc-rs"))]
mod absent;
#[cfg(feature = "aws-lc-rs")]
mod aws_lc_rs;

#[cfg(not(feature = "aws-lc-rs"))]
use self::absent::{PrivateKey, PublicKey};
#[cfg(feature = "aws-lc-rs")]
use self::aws_lc_rs::{PrivateKey, PublicKey};

pub(crate) use self::compact::has_five_parts;

pub use self::algorithms::{ContentEncryption, KeyEncryption};
pub use self::decrypter::Decrypter;
pub use self::encrypter::{Encrypter, EncrypterSettings, JweContent};
pub use self::jwk::PublicJwk;

/// The sizes of RSA keys that are accepted, in bits. A larger key, which another may have chosen, would
/// cost seconds.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The encrypted parts of a token: all but its header.
struct Sealed {
    encrypted_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

#[cfg(all(test, feature = "aws-lc-rs"))]
mod tests;
