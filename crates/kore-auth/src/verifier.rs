//! Verifying a JWT, for servers.

use std::fmt;
use std::time::{Duration, SystemTime};

use jsonwebtoken::DecodingKey;
use kore_types::TokenRefusal;
use serde::Deserialize;

use crate::claims::seconds;
use crate::jws::Parts;
use crate::{Algorithm, Claims, KeyError, MAX_JTI_LIFETIME, Secret};

/// Verifies the tokens of one app: signature, algorithm, `exp`, and the rules for `jti`. It knows
/// the app's scopes too. A server asks it by way of a [`Guard`](crate::Guard), which also finds the
/// app and takes each `jti` once.
///
/// The algorithm is that of the app and never the token's own choice, so neither `none` nor an RSA
/// public key taken for an HMAC secret gets through.
///
/// How long it takes tells nothing of the right signature: jsonwebtoken hands an HMAC to
/// `aws_lc_rs::hmac::verify`, which computes the tag anew and compares all of it with AWS-LC's
/// `CRYPTO_memcmp`, in constant time but for the length, which is no secret. (RSA is verified with a
/// public key, so there is nothing to tell.)
#[derive(Clone)]
pub struct Verifier {
    algorithm: Algorithm,
    key: DecodingKey,
    leeway: Duration,
    jti_enforced: bool,
    scopes: Vec<Box<str>>,
}

/// Why a token is refused. Never holds the token. [`refusal`](Self::refusal) is what the platform
/// answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no token.
    Missing,
    /// Not three parts of base64url with JSON objects in the first two.
    NotAJwt,
    /// The header has `crit`: extensions that whoever verifies must understand.
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
    /// The app enforces JTI and the token has none.
    JtiMissing,
    /// The token has a `jti`, and no `exp` or one more than an hour off.
    JtiTooLong,
    /// The `jti` was used before.
    Replay,
    /// The app has used more tokens with a `jti` that have not ended than can be kept in mind.
    ReplaysFull,
    /// The app does not hold the scope.
    WrongScope,
}

impl VerifyError {
    /// What the platform answers. For an unknown app, another algorithm, claims of another form, an
    /// unknown extension and a token that has ended no source names an answer, and that for a
    /// broken signature is taken; for a missing `jti` that for one that lives too long.
    pub fn refusal(self) -> TokenRefusal {
        match self {
            Self::Missing
            | Self::UnknownExtension
            | Self::UnknownApp
            | Self::WrongAlgorithm
            | Self::WrongSignature
            | Self::WrongClaims
            | Self::Expired => TokenRefusal::InvalidSdkCredentials,
            Self::NotAJwt => TokenRefusal::InvalidJwt,
            Self::JtiMissing | Self::JtiTooLong => TokenRefusal::JtiTooLong,
            Self::Replay => TokenRefusal::Replay,
            Self::ReplaysFull => TokenRefusal::CannotTell,
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
            Self::NotAJwt => "not a JWT",
            Self::UnknownExtension => "the header names extensions that must be understood (crit)",
            Self::UnknownApp => "no app has its appId",
            Self::WrongAlgorithm => "signed with another algorithm than the app's",
            Self::WrongSignature => "not signed with the app's key",
            Self::WrongClaims => "the claims are not those of the platform: expected sub and appId",
            Self::Expired => "expired",
            Self::JtiMissing => "the app enforces JTI, and the token has no jti",
            Self::JtiTooLong => "a token with a jti must have an exp at most 1 hour off",
            Self::Replay => "its jti was used before",
            Self::ReplaysFull => "its app has used too many tokens with a jti that have not ended",
            Self::WrongScope => "its app lacks the scope",
        })
    }
}

impl std::error::Error for VerifyError {}

/// What is looked at of a JOSE header.
#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood (RFC 7515, 4.1.11); none is here.
    crit: Option<serde::de::IgnoredAny>,
}

/// A part that is a JSON object; serde alone would take an array for a struct as well.
fn object<T: serde::de::DeserializeOwned>(json: &[u8]) -> Option<T> {
    json.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(json).ok())?
}

impl Verifier {
    /// For an app that signs with its secret.
    ///
    /// # Errors
    /// If the algorithm is not HS256 or HS512.
    pub fn hmac(algorithm: Algorithm, secret: &Secret) -> Result<Self, KeyError> {
        if !algorithm.is_hmac() {
            return Err(KeyError(format!(
                "{algorithm} verifies with an RSA public key, found a client secret"
            )));
        }
        Ok(Self::new(algorithm, DecodingKey::from_secret(secret.expose())))
    }

    /// For an app that signs with an RSA key, whose public half is given in PEM.
    ///
    /// # Errors
    /// If the algorithm is not RS256 or RS512, or the key cannot be read.
    pub fn rsa_pem(algorithm: Algorithm, pem: &[u8]) -> Result<Self, KeyError> {
        if algorithm.is_hmac() {
            return Err(KeyError(format!(
                "{algorithm} verifies with a client secret, found an RSA public key"
            )));
        }
        let key = DecodingKey::from_rsa_pem(pem)
            .map_err(|error| KeyError(format!("expected an RSA public key in PEM: {error}")))?;
        Ok(Self::new(algorithm, key))
    }

    fn new(algorithm: Algorithm, key: DecodingKey) -> Self {
        Self { algorithm, key, leeway: Duration::ZERO, jti_enforced: false, scopes: Vec::new() }
    }

    /// How long after its `exp` a token is still taken, in whole seconds; zero unless told otherwise.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Whether a token without `jti` is refused; not unless told so. That each `jti` is used once
    /// is for [`Guard`](crate::Guard) or [`Replays`](crate::Replays) to watch.
    pub fn enforce_jti(mut self, enforced: bool) -> Self {
        self.jti_enforced = enforced;
        self
    }

    /// The scopes that the app holds, by their names in the API (`bot_definition:bot_import`); none
    /// unless told otherwise.
    pub fn scopes<S: Into<Box<str>>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.scopes = names.into_iter().map(Into::into).collect();
        self
    }

    /// Whether the app holds a scope of that name.
    pub fn holds(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| **held == *scope)
    }

    pub(crate) fn leeway_seconds(&self) -> u64 {
        self.leeway.as_secs()
    }

    /// The claims of a token that is good at `now`.
    ///
    /// # Errors
    /// The first rule that the token breaks: form, algorithm, signature, claims, `exp`, `jti`.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, VerifyError> {
        self.verify_parsed(Unverified::parse(token)?, now)
    }

    /// The same of a token that was parsed to find its app.
    pub(crate) fn verify_parsed(
        &self,
        token: Unverified<'_>,
        now: SystemTime,
    ) -> Result<Claims, VerifyError> {
        let Unverified { parts, header, claims } = token;
        if header.crit.is_some() {
            return Err(VerifyError::UnknownExtension);
        }
        if header.alg != self.algorithm.as_str() {
            return Err(VerifyError::WrongAlgorithm);
        }
        if !parts.is_signed_with(self.algorithm, &self.key) {
            return Err(VerifyError::WrongSignature);
        }
        let claims = claims.ok_or(VerifyError::WrongClaims)?;
        let now = seconds(now);
        if claims.exp.is_some_and(|exp| exp.saturating_add(self.leeway_seconds()) <= now) {
            return Err(VerifyError::Expired);
        }
        match (&claims.jti, claims.exp) {
            (None, _) if self.jti_enforced => Err(VerifyError::JtiMissing),
            (None, _) => Ok(claims),
            (Some(_), Some(exp)) if exp <= now.saturating_add(MAX_JTI_LIFETIME.as_secs()) => Ok(claims),
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
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A token that nobody has verified, parsed once.
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

    /// The app that it says it is of.
    pub(crate) fn app_id(&self) -> Result<&str, VerifyError> {
        self.claims.as_ref().map(|claims| &*claims.app_id).ok_or(VerifyError::WrongClaims)
    }
}

/// The claims of a token that nobody has verified: good for finding the app by its `appId`, and
/// for nothing else.
///
/// # Errors
/// [`VerifyError::NotAJwt`] or [`VerifyError::WrongClaims`].
pub fn unverified_claims(token: &str) -> Result<Claims, VerifyError> {
    Unverified::parse(token)?.claims.ok_or(VerifyError::WrongClaims)
}

#[cfg(test)]
mod tests;
