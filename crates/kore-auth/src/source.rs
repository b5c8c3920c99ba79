//! Where a client's tokens come from: brought by the user, signed here and kept until shortly before
//! they expire, or signed for each request.
//!
//! The SDK asks a [`TokenSource`] for a token before each request. It has no clock: the time is an
//! argument.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::{Claims, Credentials, Encrypter, KeyError, Token};

/// How long a token that is signed here lives by default.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// The longest that a token with a `jti` may live (documented by the vendor).
pub const MAX_JTI_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The longest that any token may live here: a year.
pub const MAX_LIFETIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How far back `iat` is set, for a platform whose clock is behind ours.
pub const IAT_BACKDATED: Duration = Duration::from_secs(60);

/// A kept token is renewed when less than this part of its lifetime is left.
const RENEW_BEFORE: u32 = 5;

/// Where the tokens of a client come from.
///
/// It has no clock and no randomness: [`token`](Self::token) takes the time, and a function that makes
/// a `jti`.
#[derive(Clone)]
pub struct TokenSource {
    way: Way,
}

#[derive(Clone)]
enum Way {
    Fixed(Token),
    Kept { signing: Signing, kept: Option<KeptToken> },
    PerRequest(Signing),
}

#[derive(Clone)]
struct Signing {
    credentials: Credentials,
    subject: String,
    lifetime: Duration,
    encryption: Option<Encryption>,
}

/// Encrypts tokens, each with a content key of its own.
#[derive(Clone)]
struct Encryption {
    encrypter: Encrypter,
    content_keys: ContentKeys,
}

/// Fills a slice with random bytes.
type ContentKeys = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

impl Encryption {
    fn encrypt(&self, content: &[u8]) -> Result<Token, KeyError> {
        let mut content_key = Zeroizing::new(vec![0; self.encrypter.content_encryption().key_len()]);
        (self.content_keys)(&mut content_key);
        self.encrypter.encrypt(content, &content_key)
    }
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.encrypter.fmt(f)
    }
}

#[derive(Clone)]
struct KeptToken {
    token: Token,
    signed_at: SystemTime,
    renew_at: SystemTime,
}

/// A token for one request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// Whether an earlier request may have carried it. If the platform refuses such a token, a new
    /// one may be accepted. One that was just signed for this request would only be refused again.
    pub is_kept: bool,
}

/// What [`TokenSource::prepare`] gives for a request: a token, or one that must be signed first.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one at a time, and it is passed on at once")]
pub enum Prepared {
    /// A token.
    Issued(Issued),
    /// Claims to be signed first.
    Unsigned(Unsigned),
}

/// The claims of a token that is not signed yet, and what signs them.
#[derive(Clone, Debug)]
pub struct Unsigned {
    credentials: Credentials,
    claims: Claims,
    encryption: Option<Encryption>,
    now: SystemTime,
    is_kept: bool,
}

impl Unsigned {
    /// Whether other requests will use the token too. Then only one of them needs to sign it.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Signs it, see [`Credentials::sign`], and encrypts it if its source says so.
    ///
    /// # Errors
    /// If the signer refuses the key, or must be awaited.
    pub fn sign(&self) -> Result<Token, KeyError> {
        match self.encrypted_unsigned() {
            Some(encrypted) => encrypted,
            None => self.encrypted(self.credentials.sign(&self.claims)?),
        }
    }

    /// The same with [`Credentials::sign_async`].
    ///
    /// # Errors
    /// If the signer refuses the key, or gives no signature.
    pub async fn sign_async(&self) -> Result<Token, KeyError> {
        match self.encrypted_unsigned() {
            Some(encrypted) => encrypted,
            None => self.encrypted(self.credentials.sign_async(&self.claims).await?),
        }
    }

    /// The token of claims that are encrypted without a signature.
    fn encrypted_unsigned(&self) -> Option<Result<Token, KeyError>> {
        let encryption = self.encryption.as_ref().filter(|to| to.encrypter.has_claims_alone())?;
        Some(encryption.encrypt(&self.claims.to_json()))
    }

    fn encrypted(&self, signed: Token) -> Result<Token, KeyError> {
        match &self.encryption {
            Some(encryption) => encryption.encrypt(signed.expose().as_bytes()),
            None => Ok(signed),
        }
    }
}

impl TokenSource {
    /// Uses a JWT that the user brings, as it is, and never renews it.
    pub fn fixed(token: Token) -> Self {
        Self { way: Way::Fixed(token) }
    }

    /// Signs a token and keeps it until a fifth of its lifetime is left.
    pub fn kept(credentials: Credentials, subject: impl Into<String>) -> Self {
        Self { way: Way::Kept { signing: Signing::new(credentials, subject), kept: None } }
    }

    /// Signs a token with a fresh `jti` for each request, for apps that enforce JTI.
    pub fn per_request(credentials: Credentials, subject: impl Into<String>) -> Self {
        Self { way: Way::PerRequest(Signing::new(credentials, subject)) }
    }

    /// How long a token lives: from one second to [`MAX_LIFETIME`], and at most
    /// [`MAX_JTI_LIFETIME`] for tokens with a `jti`. A value outside of the range becomes the nearest
    /// one within.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        let lifetime = lifetime.clamp(Duration::from_secs(1), MAX_LIFETIME);
        match &mut self.way {
            Way::Fixed(_) => {}
            Way::Kept { signing, kept } => {
                signing.lifetime = lifetime;
                *kept = None;
            }
            Way::PerRequest(signing) => signing.lifetime = lifetime.min(MAX_JTI_LIFETIME),
        }
        self
    }

    /// Encrypts each token that is signed here. `content_keys` fills a slice with random bytes and is
    /// called once for each token.
    ///
    /// A token that the user brings is used as it is.
    pub fn encrypted(
        mut self,
        encrypter: Encrypter,
        content_keys: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        let encryption = Some(Encryption { encrypter, content_keys: Arc::new(content_keys) });
        match &mut self.way {
            Way::Fixed(_) => {}
            Way::Kept { signing, kept } => {
                signing.encryption = encryption;
                *kept = None;
            }
            Way::PerRequest(signing) => signing.encryption = encryption,
        }
        self
    }

    /// A token for a request that is sent at `now`. `jti` is called at most once.
    ///
    /// # Errors
    /// If the key cannot sign, or its signer must be awaited: use [`prepare`](Self::prepare) for that.
    pub fn token(&mut self, now: SystemTime, jti: impl FnOnce() -> String) -> Result<Issued, KeyError> {
        match self.prepare(now, jti) {
            Prepared::Issued(issued) => Ok(issued),
            Prepared::Unsigned(unsigned) => {
                let token = unsigned.sign()?;
                Ok(self.signed(unsigned, token))
            }
        }
    }

    /// The same in steps, for a signer that takes its time: a token, or what is to be signed and
    /// handed to [`signed`](Self::signed). `jti` is called at most once.
    pub fn prepare(&self, now: SystemTime, jti: impl FnOnce() -> String) -> Prepared {
        let (signing, jti, is_kept) = match &self.way {
            Way::Fixed(token) => return Prepared::Issued(Issued { token: token.clone(), is_kept: false }),
            Way::Kept { kept: Some(kept), .. } if kept.is_good_at(now) => {
                return Prepared::Issued(Issued { token: kept.token.clone(), is_kept: true });
            }
            Way::Kept { signing, .. } => (signing, None, true),
            Way::PerRequest(signing) => (signing, Some(jti()), false),
        };
        let claims = signing.claims(now, jti);
        Prepared::Unsigned(Unsigned {
            credentials: signing.credentials.clone(),
            claims,
            encryption: signing.encryption.clone(),
            now,
            is_kept,
        })
    }

    /// Takes the token that was signed after [`prepare`](Self::prepare), and keeps it if this source
    /// keeps tokens.
    pub fn signed(&mut self, unsigned: Unsigned, token: Token) -> Issued {
        if let Way::Kept { signing, kept } = &mut self.way {
            let now = unsigned.now;
            let renew_at = later(now, signing.lifetime - signing.lifetime / RENEW_BEFORE);
            *kept = Some(KeptToken { token: token.clone(), signed_at: now, renew_at });
        }
        Issued { token, is_kept: false }
    }

    /// Forgets the kept token if the platform refused it. A newer one, which another request has
    /// caused meanwhile, stays.
    pub fn forget(&mut self, refused: &Token) {
        if let Way::Kept { kept, .. } = &mut self.way
            && kept.as_ref().is_some_and(|kept| kept.token == *refused)
        {
            *kept = None;
        }
    }
}

impl KeptToken {
    /// If the clock was set back to before the signing, the token is from the future and not usable.
    fn is_good_at(&self, now: SystemTime) -> bool {
        self.signed_at <= now && now < self.renew_at
    }
}

/// `now + time`, or `now` where the system cannot express that.
fn later(now: SystemTime, time: Duration) -> SystemTime {
    now.checked_add(time).unwrap_or(now)
}

impl Signing {
    fn new(credentials: Credentials, subject: impl Into<String>) -> Self {
        Self { credentials, subject: subject.into(), lifetime: DEFAULT_LIFETIME, encryption: None }
    }

    fn claims(&self, now: SystemTime, jti: Option<String>) -> Claims {
        Claims {
            jti,
            ..Claims::new(&*self.subject, self.credentials.client_id().as_str())
                .issued_at(now.checked_sub(IAT_BACKDATED).unwrap_or(now))
                .expires_at(later(now, self.lifetime))
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Fixed(_) => f.write_str("TokenSource::Fixed(…)"),
            Way::Kept { signing, .. } => {
                f.debug_tuple("TokenSource::Kept").field(&signing.credentials).finish()
            }
            Way::PerRequest(signing) => {
                f.debug_tuple("TokenSource::PerRequest").field(&signing.credentials).finish()
            }
        }
    }
}

#[cfg(test)]
mod tests;
