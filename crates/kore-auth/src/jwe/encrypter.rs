//! Encrypts tokens to the platform's public key. Clients use it, through a
//! [`TokenSource`](crate::TokenSource) as a rule.

use std::fmt;
use std::str::FromStr;

use kore_types::Printable;
use serde::Serialize;

use super::{ContentEncryption, KeyEncryption, PublicJwk, PublicKey, compact};
use crate::{KeyError, Token};

/// What is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JweContent {
    /// The signed JWT, as the platform's documents have it in words.
    #[default]
    SignedJwt,
    /// The claims alone, not signed, as the documents' sample program may be read. Anyone who has the
    /// public key can make such a token.
    Claims,
}

/// Texts from people: `jwt` or `claims`.
impl FromStr for JweContent {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        match text {
            "jwt" => Ok(Self::SignedJwt),
            "claims" => Ok(Self::Claims),
            other => {
                let found = Printable::new(other.as_bytes(), 32);
                Err(KeyError::new(format!("expected jwt or claims, found \"{found}\"")))
            }
        }
    }
}

/// What a user may set of an [`Encrypter`] beside its key. What is `None` stays as [`Encrypter::new`]
/// has it. The facade and the command read it from their variables and flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncrypterSettings {
    /// As in [`Encrypter::algorithms`].
    pub alg: Option<KeyEncryption>,
    /// As in [`Encrypter::algorithms`].
    pub enc: Option<ContentEncryption>,
    /// As in [`Encrypter::kid`].
    pub kid: Option<String>,
    /// As in [`Encrypter::content`].
    pub content: Option<JweContent>,
    /// As in [`Encrypter::cty`].
    pub cty: bool,
}

/// Encrypts tokens to the platform's public key.
///
/// The header has `alg`, `enc`, the `kid` of the JWK and `typ`, which is `JWT`, as the platform
/// documents it.
///
/// ```
/// # #[cfg(feature = "aws-lc-rs")] {
/// use kore_auth::{ContentEncryption, Encrypter, KeyEncryption, PublicJwk};
///
/// # let json = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/rfc7516/a1.public.json"));
/// let jwk = PublicJwk::parse(json)?;
/// let encrypter = Encrypter::new(&jwk)?.algorithms(KeyEncryption::RsaOaep, ContentEncryption::A256Gcm)?;
///
/// let content_key = [7; 32]; // Random bytes, others for each token.
/// let token = encrypter.encrypt(b"eyJhbGciOi...", &content_key)?;
/// assert_eq!(token.expose().split('.').count(), 5);
/// # }
/// # Ok::<(), kore_auth::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Encrypter {
    key: PublicKey,
    jwk_alg: Option<KeyEncryption>,
    alg: KeyEncryption,
    enc: ContentEncryption,
    kid: Option<String>,
    cty: bool,
    content: JweContent,
}

/// In the order of the documented sample.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    enc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'static str>,
}

impl Encrypter {
    /// Encrypts with RSA-OAEP, unless the JWK names RSA1_5, and A128CBC-HS256.
    ///
    /// # Errors
    /// If the key cannot encrypt, or the feature `aws-lc-rs` is off.
    pub fn new(jwk: &PublicJwk) -> Result<Self, KeyError> {
        Ok(Self {
            key: PublicKey::new(&jwk.n, &jwk.e)?,
            jwk_alg: jwk.alg,
            alg: jwk.alg.unwrap_or_default(),
            enc: ContentEncryption::default(),
            kid: jwk.kid().map(str::to_owned),
            cty: false,
            content: JweContent::default(),
        })
    }

    /// Encrypts as these settings say.
    ///
    /// # Errors
    /// As for [`new`](Self::new) and [`algorithms`](Self::algorithms).
    pub fn with(jwk: &PublicJwk, settings: EncrypterSettings) -> Result<Self, KeyError> {
        let EncrypterSettings { alg, enc, kid, content, cty } = settings;
        let mut encrypter = Self::new(jwk)?;
        let (alg, enc) = (alg.unwrap_or(encrypter.alg), enc.unwrap_or(encrypter.enc));
        encrypter = encrypter.algorithms(alg, enc)?.content(content.unwrap_or_default()).cty(cty);
        Ok(match kid {
            Some(kid) => encrypter.kid(kid),
            None => encrypter,
        })
    }

    /// Encrypts with other algorithms.
    ///
    /// # Errors
    /// If the JWK names another algorithm that it is for.
    pub fn algorithms(mut self, alg: KeyEncryption, enc: ContentEncryption) -> Result<Self, KeyError> {
        if let Some(of_jwk) = self.jwk_alg.filter(|of_jwk| *of_jwk != alg) {
            return Err(KeyError::new(format!("the JWK is for {of_jwk} alone, found {alg}")));
        }
        (self.alg, self.enc) = (alg, enc);
        Ok(self)
    }

    /// Another `kid` than the JWK's. The documents show one with the prefix `k-` in a header and
    /// without it in a JWK, and do not say whether the platform takes both.
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Whether the header says that the content is a JWT too (`cty`, RFC 7519, 5.2); off by default,
    /// since the documented sample does not.
    pub fn cty(mut self, cty: bool) -> Self {
        self.cty = cty;
        self
    }

    /// What a [`TokenSource`](crate::TokenSource) has encrypted: the signed JWT by default.
    pub fn content(mut self, content: JweContent) -> Self {
        self.content = content;
        self
    }

    /// The algorithm of the content key.
    pub fn key_encryption(&self) -> KeyEncryption {
        self.alg
    }

    /// The algorithm of the content. Its [`key_len`](ContentEncryption::key_len) is that of the key
    /// for [`encrypt`](Self::encrypt).
    pub fn content_encryption(&self) -> ContentEncryption {
        self.enc
    }

    pub(crate) fn has_claims_alone(&self) -> bool {
        self.content == JweContent::Claims
    }

    /// Encrypts a JWT or other content. The content key is random bytes of the right number, which
    /// are used for nothing else and wiped by the caller.
    ///
    /// # Errors
    /// If the content key has another length.
    pub fn encrypt(&self, content: &[u8], content_key: &[u8]) -> Result<Token, KeyError> {
        let (expected, found) = (self.enc.key_len(), content_key.len());
        if found != expected {
            return Err(KeyError::new(format!(
                "{} takes a content key of {expected} bytes, found one of {found}",
                self.enc
            )));
        }
        let header = Header {
            alg: self.alg.as_str(),
            enc: self.enc.as_str(),
            kid: self.kid.as_deref(),
            typ: "JWT",
            cty: self.cty.then_some("JWT"),
        };
        let header = serde_json::to_vec(&header).expect("a header is strings");
        let header = compact::encode_header(&header);
        let sealed = self.key.seal((self.alg, self.enc), content_key, header.as_bytes(), content)?;
        Ok(Token::new(compact::join(header, &sealed)))
    }
}

impl fmt::Debug for Encrypter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypter")
            .field("alg", &self.alg)
            .field("enc", &self.enc)
            .field("kid", &self.kid)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}
