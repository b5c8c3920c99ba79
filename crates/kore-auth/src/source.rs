//! Where a client's tokens come from: brought by the user, signed here and kept until shortly before
//! they expire, or signed for each request.
//!
//! The SDK asks a [`TokenSource`] for a token before each request. It has no clock: the time is an
//! argument.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::{Claims, Credentials, KeyError, Token};

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
    now: SystemTime,
    is_kept: bool,
}

impl Unsigned {
    /// Whether other requests will use the token too. Then only one of them needs to sign it.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Signs it: see [`Credentials::sign`].
    ///
    /// # Errors
    /// If the signer refuses the key, or must be awaited.
    pub fn sign(&self) -> Result<Token, KeyError> {
        self.credentials.sign(&self.claims)
    }

    /// Signs it: see [`Credentials::sign_async`].
    ///
    /// # Errors
    /// If the signer refuses the key, or gives no signature.
    pub async fn sign_async(&self) -> Result<Token, KeyError> {
        self.credentials.sign_async(&self.claims).await
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
        Prepared::Unsigned(Unsigned { credentials: signing.credentials.clone(), claims, now, is_kept })
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
        Self { credentials, subject: subject.into(), lifetime: DEFAULT_LIFETIME }
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
mod tests {
    use std::time::UNIX_EPOCH;

    use kore_types::ClientId;

    use super::*;
    use crate::{Secret, unverified_claims};

    const T0: Duration = Duration::from_secs(1_800_000_000);

    fn credentials() -> Credentials {
        Credentials::new(ClientId::new("cs-1").expect("valid"), Secret::new("s").expect("not empty"))
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + T0 + Duration::from_secs(seconds)
    }

    fn no_jti() -> String {
        unreachable!("no jti is wanted")
    }

    #[test]
    fn no_clock_value_causes_a_panic() {
        let years = |n| Duration::from_secs(365 * 86_400) * n;
        let mut last = UNIX_EPOCH;
        let mut first = UNIX_EPOCH;
        for exponent in (0..64).rev() {
            let time = Duration::from_secs(1 << exponent);
            last = last.checked_add(time).unwrap_or(last);
            first = first.checked_sub(time).unwrap_or(first);
        }
        for now in [first, UNIX_EPOCH - years(100), UNIX_EPOCH, UNIX_EPOCH + years(8030), last] {
            for mut source in
                [TokenSource::kept(credentials(), "me"), TokenSource::per_request(credentials(), "me")]
            {
                assert!(source.token(now, || "1".to_owned()).is_ok(), "{now:?}");
                source.token(now, || "2".to_owned()).expect("a second one");
            }
        }
    }

    #[test]
    fn a_token_is_kept_until_a_fifth_of_its_life_is_left() {
        let mut source = TokenSource::kept(credentials(), "me").lifetime(Duration::from_secs(100));
        let first = source.token(at(0), no_jti).expect("signs");
        assert!(!first.is_kept);
        let same = source.token(at(79), no_jti).expect("signs");
        assert!(same.is_kept && same.token == first.token);
        let next = source.token(at(80), no_jti).expect("signs");
        assert!(!next.is_kept && next.token != first.token);
    }

    #[test]
    fn a_clock_set_back_signs_anew() {
        let mut source = TokenSource::kept(credentials(), "me");
        source.token(at(1000), no_jti).expect("signs");
        assert!(!source.token(at(10), no_jti).expect("signs").is_kept);
    }

    #[test]
    fn a_refused_token_is_forgotten_but_not_a_newer_one() {
        let mut source = TokenSource::kept(credentials(), "me");
        let old = source.token(at(0), no_jti).expect("signs").token;
        source.forget(&old);
        let new = source.token(at(1), no_jti).expect("signs");
        assert!(!new.is_kept && new.token != old);
        source.forget(&old);
        assert!(source.token(at(2), no_jti).expect("signs").is_kept);
    }

    #[test]
    fn each_request_has_its_own_jti_and_at_most_an_hour() {
        let mut source = TokenSource::per_request(credentials(), "me").lifetime(Duration::from_secs(9999));
        for jti in ["a", "b"] {
            let issued = source.token(at(0), || jti.to_owned()).expect("signs");
            let claims = unverified_claims(issued.token.expose()).expect("a JWT");
            assert_eq!(claims.jti.as_deref(), Some(jti));
            assert_eq!(claims.exp, Some(T0.as_secs() + 3600));
            assert_eq!(claims.iat, Some(T0.as_secs() - 60));
            assert!(!issued.is_kept);
        }
    }

    #[test]
    fn a_lifetime_is_clamped_to_its_range() {
        for (asked, given) in [(Duration::ZERO, 1), (Duration::MAX, MAX_LIFETIME.as_secs())] {
            let issued = TokenSource::kept(credentials(), "me").lifetime(asked).token(at(0), no_jti);
            let claims = unverified_claims(issued.expect("signs").token.expose()).expect("a JWT");
            assert_eq!(claims.exp, Some(T0.as_secs() + given));
        }
    }

    #[test]
    fn every_signed_token_expires() {
        let issued = TokenSource::kept(credentials(), "me").token(at(0), no_jti).expect("signs");
        let claims = unverified_claims(issued.token.expose()).expect("a JWT");
        assert_eq!(claims.exp, Some(T0.as_secs() + DEFAULT_LIFETIME.as_secs()));
        assert_eq!((claims.sub.as_str(), claims.app_id.as_str(), claims.jti), ("me", "cs-1", None));
    }

    #[test]
    fn a_fixed_token_is_used_as_it_is() {
        let mut source = TokenSource::fixed(Token::new("a.b.c"));
        let issued = source.token(at(0), no_jti).expect("nothing to sign");
        assert_eq!(issued.token.expose(), "a.b.c");
        source.forget(&issued.token);
        assert_eq!(source.token(at(1), no_jti).expect("nothing to sign").token.expose(), "a.b.c");
    }

    #[test]
    fn no_debug_shows_a_secret() {
        let secret = Secret::new("hunter2").expect("not empty");
        let credentials = Credentials::new(ClientId::new("cs-1").expect("valid"), secret.clone());
        let mut source = TokenSource::kept(credentials.clone(), "me");
        let issued = source.token(at(0), no_jti).expect("signs");
        let verifier = crate::Verifier::hmac(crate::Algorithm::Hs256, &secret).expect("HS256 takes a secret");
        let shown = format!("{secret:?} {credentials:?} {source:?} {issued:?} {verifier:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("eyJ"), "{shown}");
        // Nor the bytes, as a derived Debug of a Vec<u8> would.
        assert!(!shown.contains("104, 117, 110"), "{shown}");
    }
}
