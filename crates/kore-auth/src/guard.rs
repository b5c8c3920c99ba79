//! A server's whole check of a token in one call. There must be exactly one token, of a known app; it
//! must verify, be no replay, and its app must hold the scope of the call.

use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::time::SystemTime;

use crate::jwe::has_five_parts;
use crate::verifier::Unverified;
use crate::{Claims, Decrypter, ReplayStore, Replays, Used, Verifier, VerifyError};

/// The apps of a server, each as the [`Verifier`] of its tokens.
///
/// A map from client ids is one, and so is a closure. If your look-up must wait for a database or may
/// fail, do it before: [`unverified_claims`](crate::unverified_claims) names the app, and a closure
/// then hands over what was found.
pub trait Apps {
    /// The app with that client id; `None` if there is none.
    fn verifier(&self, client_id: &str) -> Option<Cow<'_, Verifier>>;
}

impl<K: Borrow<str> + Eq + Hash, S: BuildHasher> Apps for HashMap<K, Verifier, S> {
    fn verifier(&self, client_id: &str) -> Option<Cow<'_, Verifier>> {
        self.get(client_id).map(Cow::Borrowed)
    }
}

impl<F: Fn(&str) -> Option<Verifier>> Apps for F {
    fn verifier(&self, client_id: &str) -> Option<Cow<'_, Verifier>> {
        self(client_id).map(Cow::Owned)
    }
}

/// Admits a request by its token, or says why not.
///
/// ```
/// use std::collections::HashMap;
/// use std::time::SystemTime;
/// use kore_auth::{Algorithm, Claims, Credentials, Guard, Secret, Verifier, VerifyError};
/// use kore_types::{ClientId, TokenRefusal};
///
/// let (id, secret) = (ClientId::new("cs-1f")?, Secret::new("not a real secret")?);
/// let verifier = Verifier::hmac(Algorithm::Hs256, &secret)?.scopes(["bot_definition:bot_import"]);
/// let apps = HashMap::from([(id.clone(), verifier)]);
/// let guard = Guard::new();
///
/// let now = SystemTime::now();
/// let token = Credentials::new(id, secret).sign(&Claims::new("me", "cs-1f"))?;
/// let token = Some(token.expose().as_bytes());
/// assert!(guard.admit(&apps, token, "bot_definition:bot_import", now).is_ok());
/// let error = guard.admit(&apps, token, "bot_definition:other", now).unwrap_err();
/// assert_eq!((error, error.refusal()), (VerifyError::WrongScope, TokenRefusal::WrongScope));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Guard {
    replays: Box<dyn ReplayStore>,
    decrypter: Option<Decrypter>,
}

impl Guard {
    /// A guard that remembers used tokens in memory.
    pub fn new() -> Self {
        Self::with_replays(Replays::new())
    }

    /// A guard with another store of used tokens, or with another bound.
    pub fn with_replays(replays: impl ReplayStore + 'static) -> Self {
        Self { replays: Box::new(replays), decrypter: None }
    }

    /// Accepts encrypted tokens too. An app whose [`Verifier`] has
    /// [`enforce_jwe`](Verifier::enforce_jwe) must encrypt its tokens; others may.
    pub fn decrypter(mut self, decrypter: Decrypter) -> Self {
        self.decrypter = Some(decrypter);
        self
    }

    /// The claims of a token that is valid at `now` for a call that needs `scope`; with `None` the call
    /// needs no scope. `tokens` are the values of all headers `auth` of the request, as bytes, of which
    /// there must be one: `request.headers().get_all(AUTH_HEADER)` for an `http::Request`.
    ///
    /// The first rule that is broken is the answer, in this order: there is one token, it can be decrypted
    /// if it is encrypted, it is a JWT, its app is known; encryption if the app enforces it, signature,
    /// claims, `exp`, `nbf`, the rules for `jti`, the server's own rule; first use, scope. So a token with
    /// a `jti` is used up even if its app lacks the scope.
    ///
    /// # Errors
    /// [`VerifyError`], whose [`refusal`](VerifyError::refusal) is what the platform answers.
    pub fn admit<'t, 's>(
        &self,
        apps: &(impl Apps + ?Sized),
        tokens: impl IntoIterator<Item = &'t [u8]>,
        scope: impl Into<Option<&'s str>>,
        now: SystemTime,
    ) -> Result<Claims, VerifyError> {
        let mut tokens = tokens.into_iter();
        let token = tokens.next().ok_or(VerifyError::Missing)?;
        if tokens.next().is_some() {
            return Err(VerifyError::Several);
        }
        let mut token = str::from_utf8(token).map_err(|_| VerifyError::NotAJwt)?;
        let decrypted = match &self.decrypter {
            Some(decrypter) if has_five_parts(token) => Some(decrypter.decrypt(token)?),
            _ => None,
        };
        if let Some(decrypted) = &decrypted {
            token = decrypted.expose();
        }
        let token = Unverified::parse(token)?;
        let verifier = apps.verifier(token.app_id()?).ok_or(VerifyError::UnknownApp)?;
        if !verifier.takes(decrypted.is_some()) {
            return Err(VerifyError::NotEncrypted);
        }
        let claims = verifier.verify_parsed(token, now)?;
        if let Some(used) = Used::of(&claims, verifier.leeway) {
            self.replays.take(&used, now)?;
        }
        if scope.into().is_none_or(|scope| verifier.holds(scope)) {
            Ok(claims)
        } else {
            Err(VerifyError::WrongScope)
        }
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
