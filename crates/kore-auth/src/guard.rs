//! All that a server asks of a token, in one call.

use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::verifier::Unverified;
use crate::{Claims, Replays, Verifier, VerifyError};

/// The apps of a server, each as the [`Verifier`] of its tokens.
///
/// A map from client ids is one, and so is a closure. A look-up that waits for a database, or may
/// fail, comes before: [`unverified_claims`](crate::unverified_claims) tells which app to look for, and a closure then hands
/// over what was found.
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

/// Lets a request through, or says why not.
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
#[derive(Debug, Default)]
pub struct Guard {
    replays: Mutex<Replays>,
}

impl Guard {
    /// No token used so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with tokens that were used, or with another bound for them.
    pub fn with_replays(replays: Replays) -> Self {
        Self { replays: Mutex::new(replays) }
    }

    /// The claims of a token that is good at `now` for a call that needs `scope`. `token` is the
    /// value of the header `auth`, if there is one.
    ///
    /// In this order, the first rule that is broken being the answer: there is a token, it is a JWT,
    /// its app is known, signature, claims, `exp`, the rules for `jti`, its first use, the scope. A
    /// token with a `jti` is thus used up even if its app lacks the scope.
    ///
    /// # Errors
    /// [`VerifyError`], whose [`refusal`](VerifyError::refusal) is what the platform answers.
    pub fn admit(
        &self,
        apps: &(impl Apps + ?Sized),
        token: Option<&[u8]>,
        scope: &str,
        now: SystemTime,
    ) -> Result<Claims, VerifyError> {
        let token = token.ok_or(VerifyError::Missing)?;
        let token = str::from_utf8(token).map_err(|_| VerifyError::NotAJwt)?;
        let token = Unverified::parse(token)?;
        let verifier = apps.verifier(token.app_id()?).ok_or(VerifyError::UnknownApp)?;
        let claims = verifier.verify_parsed(token, now)?;
        if claims.jti.is_some() {
            // Each change is one call, so that a panic elsewhere leaves the store whole.
            let mut replays = self.replays.lock().unwrap_or_else(PoisonError::into_inner);
            replays.take(&claims, verifier.leeway_seconds(), now)?;
        }
        if verifier.holds(scope) { Ok(claims) } else { Err(VerifyError::WrongScope) }
    }
}

#[cfg(test)]
mod tests;
