//! Verifies the JWTs of one app: signature, times, `jti`. Servers use it, mostly through a
//! [`Guard`](crate::Guard).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jsonwebtoken::DecodingKey;
use kore_types::TokenRefusal;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::claims::seconds;
use crate::jws::Parts;
use crate::provider::{self, Provider};
use crate::{Algorithm, Claims, KeyError, MAX_JTI_LIFETIME, Secret};

/// Verifies the tokens of one app: signature, algorithm, `exp`, `nbf`, and the rules for `jti`. It
/// also knows the app's scopes. A server uses it through a [`Guard`](crate::Guard), which finds the
/// app and accepts each `jti` once.
///
/// `aud`, `iss` and `iat` are not checked, since the platform documents no rule for them. A token for
/// another audience or from another issuer is accepted; so is one that was issued long ago or in the
/// future. A server that has such rules adds them with [`check_claims`](Self::check_claims).
///
/// The algorithm is the app's and never the token's own choice. So neither `none` nor an RSA public
/// key used as an HMAC secret gets through.
///
/// The time that it takes says nothing about the right signature: `hmac::verify` of aws-lc-rs or ring
/// computes the tag and compares it in constant time, but for its length, which is no secret. (RSA is
/// verified with a public key, so there is no secret to learn.)
#[derive(Clone)]
pub struct Verifier {
    provider: &'static Provider,
    algorithm: Algorithm,
    key: DecodingKey,
    pub(crate) leeway: Duration,
    jti_enforced: bool,
    jwe_enforced: bool,
    scopes: Vec<Box<str>>,
    check: Option<Check>,
}

/// A server's own rule for claims, beyond those of the platform.
type Check = Arc<dyn Fn(&Map<String, Value>, SystemTime) -> bool + Send + Sync>;

/// Why a token is refused; it never holds the token. [`refusal`](Self::refusal) is what the platform
/// answers to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no token.
    Missing,
    /// There is more than one token. Another program on the way may read the other one, and so see
    /// another app.
    Several,
    /// Not three parts of base64url with JSON objects in the first two.
    NotAJwt,
    /// The token is encrypted, and cannot be decrypted: whatever the reason, no more is told.
    CannotDecrypt,
    /// The app enforces JWE and the token is not encrypted.
    NotEncrypted,
    /// The header has `crit`, which names extensions that a verifier must understand.
    UnknownExtension,
    /// No app has the `appId`.
    UnknownApp,
    /// The header names another algorithm than the app's.
    WrongAlgorithm,
    /// The signature is not that of the app's key.
    WrongSignature,
    /// `sub` or `appId` is missing, or a claim has another form than documented.
    WrongClaims,
    /// `exp` has passed.
    Expired,
    /// `nbf` is still to come.
    NotYetValid,
    /// The server's own rule for claims refuses them: see [`Verifier::check_claims`].
    ClaimsRefused,
    /// The app enforces JTI and the token has none.
    JtiMissing,
    /// The token has a `jti`, and no `exp` or one more than an hour off.
    JtiTooLong,
    /// The `jti` was used before.
    Replay,
    /// The app has used more tokens with a `jti` than the store has room for, until some expire.
    ReplaysFull,
    /// The store of used `jti`s failed, so nobody knows whether this one was used before.
    ReplaysFailed,
    /// The app does not hold the scope.
    WrongScope,
}

impl VerifyError {
    /// What the platform answers. For most reasons no source names an answer; they get the one for a
    /// broken signature. A missing `jti` gets the one for a `jti` that is valid for too long.
    pub fn refusal(self) -> TokenRefusal {
        match self {
            Self::Missing
            | Self::Several
            | Self::CannotDecrypt
            | Self::NotEncrypted
            | Self::UnknownExtension
            | Self::UnknownApp
            | Self::WrongAlgorithm
            | Self::WrongSignature
            | Self::WrongClaims
            | Self::Expired
            | Self::NotYetValid
            | Self::ClaimsRefused => TokenRefusal::InvalidSdkCredentials,
            Self::NotAJwt => TokenRefusal::InvalidJwt,
            Self::JtiMissing | Self::JtiTooLong => TokenRefusal::JtiTooLong,
            Self::Replay => TokenRefusal::Replay,
            Self::ReplaysFull | Self::ReplaysFailed => TokenRefusal::CannotTell,
            Self::WrongScope => TokenRefusal::WrongScope,
        }
    }
}

impl From<VerifyError> for TokenRefusal {
    fn from(error: VerifyError) -> Self {
        error.refusal()
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no token",
            Self::Several => "more than one token",
            Self::NotAJwt => "not a JWT",
            Self::CannotDecrypt => "encrypted, and cannot be decrypted",
            Self::NotEncrypted => "the app enforces JWE, and the token is not encrypted",
            Self::UnknownExtension => "the header names extensions that must be understood (crit)",
            Self::UnknownApp => "no app has its appId",
            Self::WrongAlgorithm => "signed with another algorithm than the app's",
            Self::WrongSignature => "not signed with the app's key",
            Self::WrongClaims => "the claims are not those of the platform: expected sub and appId",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid (nbf)",
            Self::ClaimsRefused => "its claims are refused by a rule of this server",
            Self::JtiMissing => "the app enforces JTI, and the token has no jti",
            Self::JtiTooLong => "a token with a jti must have an exp at most 1 hour off",
            Self::Replay => "its jti was used before",
            Self::ReplaysFull => "its app has used too many tokens with a jti that have not expired",
            Self::ReplaysFailed => {
                "nobody knows whether its jti was used before: the store of used tokens failed"
            }
            Self::WrongScope => "its app lacks the scope",
        })
    }
}

impl std::error::Error for VerifyError {}

/// The parts of a JOSE header that are checked.
#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Whether it names extensions that a verifier must understand (RFC 7515, 4.1.11). None is
    /// understood here, so any value refuses the token, `null` too.
    #[serde(default, rename = "crit", deserialize_with = "is_there")]
    has_crit: bool,
}

pub(crate) fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A part that is a JSON object. Serde alone would read an array as a struct, too.
pub(crate) fn object<T: serde::de::DeserializeOwned>(json: &[u8]) -> Option<T> {
    json.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(json).ok())?
}

impl Verifier {
    /// For an app that signs with its secret.
    ///
    /// # Errors
    /// If the algorithm is not HS256 or HS512, or no crypto provider is switched on.
    pub fn hmac(algorithm: Algorithm, secret: &Secret) -> Result<Self, KeyError> {
        if !algorithm.is_hmac() {
            return Err(KeyError::new(format!(
                "{algorithm} verifies with an RSA public key, found a client secret"
            )));
        }
        Self::new(algorithm, DecodingKey::from_secret(secret.expose()))
    }

    /// For an app that signs with an RSA key, whose public half is given in PEM.
    ///
    /// # Errors
    /// If the algorithm is not RS256 or RS512, the key cannot be read, or no crypto provider is
    /// switched on.
    pub fn rsa_pem(algorithm: Algorithm, pem: &[u8]) -> Result<Self, KeyError> {
        if algorithm.is_hmac() {
            return Err(KeyError::new(format!(
                "{algorithm} verifies with a client secret, found an RSA public key"
            )));
        }
        let key = DecodingKey::from_rsa_pem(pem)
            .map_err(|error| KeyError::new(format!("expected an RSA public key in PEM: {error}")))?;
        Self::new(algorithm, key)
    }

    fn new(algorithm: Algorithm, key: DecodingKey) -> Result<Self, KeyError> {
        Ok(Self {
            provider: provider::chosen()?,
            algorithm,
            key,
            leeway: Duration::ZERO,
            jti_enforced: false,
            jwe_enforced: false,
            scopes: Vec::new(),
            check: None,
        })
    }

    /// How long after its `exp` and before its `nbf` a token is accepted, in whole seconds. Zero by
    /// default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Whether a token without a `jti` is refused. Off by default. A [`Guard`](crate::Guard) or
    /// [`Replays`](crate::Replays) sees to it that each `jti` is used once.
    pub fn enforce_jti(mut self, enforced: bool) -> Self {
        self.jti_enforced = enforced;
        self
    }

    /// Refuses a token that is not encrypted; off by default. A [`Guard`](crate::Guard) decrypts tokens
    /// and checks this.
    pub fn enforce_jwe(mut self, enforced: bool) -> Self {
        self.jwe_enforced = enforced;
        self
    }

    /// Adds a rule of the server's own for all claims at a time. None by default. It runs after every
    /// other check of the token, and before its `jti` is recorded as used. A token for which it
    /// returns `false` is refused with [`VerifyError::ClaimsRefused`].
    ///
    /// ```
    /// # use kore_auth::{Algorithm, Secret, Verifier};
    /// # let secret = Secret::new("not a real secret")?;
    /// let verifier = Verifier::hmac(Algorithm::Hs256, &secret)?
    ///     .check_claims(|claims, _now| claims.get("aud").is_some_and(|aud| aud == "bots.example.com"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_claims(
        mut self,
        check: impl Fn(&Map<String, Value>, SystemTime) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    /// The scopes that the app holds, by their names in the API (`bot_definition:bot_import`). None by
    /// default.
    pub fn scopes<S: Into<Box<str>>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.scopes = names.into_iter().map(Into::into).collect();
        self
    }

    /// Whether the app holds a scope of that name.
    pub fn holds(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| **held == *scope)
    }

    pub(crate) fn takes(&self, is_encrypted: bool) -> bool {
        is_encrypted || !self.jwe_enforced
    }

    fn leeway_seconds(&self) -> u64 {
        self.leeway.as_secs()
    }

    /// The claims of a token that is valid at `now`.
    ///
    /// # Errors
    /// The first rule that the token breaks, in this order: form, algorithm, signature, claims, `exp`,
    /// `nbf`, `jti`, the server's own.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, VerifyError> {
        self.verify_parsed(Unverified::parse(token)?, now)
    }

    /// The same for a token that was parsed before, to find its app.
    pub(crate) fn verify_parsed(
        &self,
        token: Unverified<'_>,
        now: SystemTime,
    ) -> Result<Claims, VerifyError> {
        let Unverified { parts, header, claims } = token;
        if header.has_crit {
            return Err(VerifyError::UnknownExtension);
        }
        if header.alg != self.algorithm.as_str() {
            return Err(VerifyError::WrongAlgorithm);
        }
        if !parts.is_signed_with(self.provider, self.algorithm, &self.key) {
            return Err(VerifyError::WrongSignature);
        }
        let claims = claims.ok_or(VerifyError::WrongClaims)?;
        self.verify_claims(&claims, seconds(now))?;
        if let Some(check) = &self.check {
            let all = serde_json::from_slice(&parts.payload).map_err(|_| VerifyError::WrongClaims)?;
            if !check(&all, now) {
                return Err(VerifyError::ClaimsRefused);
            }
        }
        Ok(claims)
    }

    fn verify_claims(&self, claims: &Claims, now: u64) -> Result<(), VerifyError> {
        if claims.exp.is_some_and(|exp| exp.saturating_add(self.leeway_seconds()) <= now) {
            return Err(VerifyError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf > now.saturating_add(self.leeway_seconds())) {
            return Err(VerifyError::NotYetValid);
        }
        match (&claims.jti, claims.exp) {
            (None, _) if self.jti_enforced => Err(VerifyError::JtiMissing),
            (None, _) => Ok(()),
            (Some(_), Some(exp)) if exp <= now.saturating_add(MAX_JTI_LIFETIME.as_secs()) => Ok(()),
            (Some(_), _) => Err(VerifyError::JtiTooLong),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("algorithm", &self.algorithm)
            .field("leeway", &self.leeway)
            .field("jti_enforced", &self.jti_enforced)
            .field("jwe_enforced", &self.jwe_enforced)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A parsed token that is not verified.
pub(crate) struct Unverified<'a> {
    parts: Parts<'a>,
    header: Header,
    /// `None` if they have another form than documented.
    claims: Option<Claims>,
}

impl<'a> Unverified<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, VerifyError> {
        let parts = Parts::split(token).ok_or(VerifyError::NotAJwt)?;
        let header = object(&parts.header).ok_or(VerifyError::NotAJwt)?;
        let claims = object(&parts.payload);
        Ok(Self { parts, header, claims })
    }

    /// The app that the token claims to be of.
    pub(crate) fn app_id(&self) -> Result<&str, VerifyError> {
        self.claims.as_ref().map(|claims| &*claims.app_id).ok_or(VerifyError::WrongClaims)
    }
}

/// The claims of a token without any verification. Use them only to find the app by its `appId`.
///
/// # Errors
/// [`VerifyError::NotAJwt`] or [`VerifyError::WrongClaims`].
pub fn unverified_claims(token: &str) -> Result<Claims, VerifyError> {
    Unverified::parse(token)?.claims.ok_or(VerifyError::WrongClaims)
}

#[cfg(test)]
mod tests;
