//! Tokens that were found good, so that a poller's token is verified once and not with each look.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use kore_auth::{Apps, Claims, Guard, VerifyError};

/// The most tokens that are kept, and the longest, in bytes: 2 MiB together.
const MOST: usize = 1024;
const LONGEST: usize = 2048;

/// What [`Guard`] says, kept for the very same token and scope from its `nbf` to its `exp`.
///
/// Only tokens that may be used often are kept, so each `jti` still comes to the guard, and only
/// good ones, so whoever guesses is told what the guard says. How long a look-up takes tells
/// nothing of a token that is kept: it is found by a hash with a random key, which guesses do not
/// share, and then compared as a whole. The apps must not change, nor what they may do.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    guard: Guard,
    key: RandomState,
    good: Mutex<HashMap<u64, Good>>,
}

/// A good token.
struct Good {
    token: Box<[u8]>,
    scope: &'static str,
    exp: Option<u64>,
    nbf: Option<u64>,
}

impl Tokens {
    /// Whether a token is good at `now` for a call that needs `scope`: see [`Guard::admit`].
    pub(crate) fn admit<'t>(
        &self,
        apps: &impl Apps,
        tokens: impl IntoIterator<Item = &'t [u8]>,
        scope: &'static str,
        now: SystemTime,
    ) -> Result<(), VerifyError> {
        let mut tokens = tokens.into_iter();
        let (first, second) = (tokens.next(), tokens.next());
        // The guard refuses none and more than one.
        let token = if second.is_none() { first } else { None };
        let hash = self.key.hash_one(token);
        if let Some(token) = token
            && self.good().get(&hash).is_some_and(|good| good.is(token, scope, now))
        {
            return Ok(());
        }
        let claims = self.guard.admit(apps, first.into_iter().chain(second), scope, now)?;
        if let Some(token) = token {
            self.keep(hash, token, scope, &claims);
        }
        Ok(())
    }

    fn keep(&self, hash: u64, token: &[u8], scope: &'static str, claims: &Claims) {
        if claims.jti.is_some() || token.len() > LONGEST {
            return;
        }
        let mut good = self.good();
        if good.len() >= MOST {
            good.clear();
        }
        good.insert(hash, Good { token: token.into(), scope, exp: claims.exp, nbf: claims.nbf });
    }

    fn good(&self) -> MutexGuard<'_, HashMap<u64, Good>> {
        // Each change is one call.
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Good {
    fn is(&self, token: &[u8], scope: &str, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.exp.is_none_or(|exp| now < exp)
            && self.nbf.is_none_or(|nbf| nbf <= now)
            && self.scope == scope
            && is_same(&self.token, token)
    }
}

/// Compared to the end, wherever the first difference is.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |bits, (a, b)| bits | (a ^ b)) == 0
}

/// Without the token.
impl std::fmt::Debug for Good {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Good").field("scope", &self.scope).field("exp", &self.exp).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kore_auth::{Credentials, Verifier};

    use super::*;
    use crate::App;

    const SCOPE: &str = "bot_definition:bot_import";

    struct Server {
        app: App,
        tokens: Tokens,
    }

    impl Server {
        fn new() -> Self {
            Self { app: App::made_up(), tokens: Tokens::default() }
        }

        fn signed(&self, change: impl FnOnce(Claims) -> Claims) -> String {
            let claims = change(Claims::new("me", self.app.client_id().as_str()));
            let credentials = Credentials::new(self.app.client_id().clone(), self.app.secret().clone());
            credentials.sign(&claims).expect("signs").expose().to_owned()
        }

        fn admit(&self, token: &str, scope: &'static str, second: u64) -> Result<(), VerifyError> {
            let apps = |id: &str| -> Option<Verifier> {
                (id == self.app.client_id().as_str()).then(|| self.app.verifier().expect("a provider"))
            };
            self.tokens.admit(&apps, Some(token.as_bytes()), scope, at(second))
        }
    }

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn a_token_that_is_kept_ends_as_any_other() {
        let server = Server::new();
        let token = server.signed(|claims| claims.expires_at(at(100)));
        assert_eq!([0, 50, 99].map(|second| server.admit(&token, SCOPE, second)), [Ok(()); 3]);
        assert_eq!(server.tokens.good().len(), 1);
        assert_eq!(server.admit(&token, SCOPE, 100), Err(VerifyError::Expired));
    }

    #[test]
    fn a_token_that_is_kept_has_not_begun_when_the_clock_is_set_back() {
        let server = Server::new();
        let token = server.signed(|claims| claims.not_before(at(50)));
        assert_eq!(server.admit(&token, SCOPE, 49), Err(VerifyError::NotYetValid));
        assert_eq!(server.admit(&token, SCOPE, 50), Ok(()));
        assert_eq!(server.admit(&token, SCOPE, 49), Err(VerifyError::NotYetValid));
    }

    #[test]
    fn a_token_that_is_kept_is_refused_beside_another() {
        let server = Server::new();
        let token = server.signed(|claims| claims);
        let apps = |_: &str| Some(server.app.verifier().expect("a provider"));
        for tokens in [vec![&*token], vec![&token, &token], vec![&token, ""], vec!["", &token]] {
            let expected = if tokens.len() == 1 { Ok(()) } else { Err(VerifyError::Several) };
            let bytes = tokens.iter().map(|token| token.as_bytes());
            assert_eq!(server.tokens.admit(&apps, bytes, SCOPE, at(0)), expected, "{}", tokens.len());
        }
    }

    #[test]
    fn a_token_that_is_kept_is_good_for_its_scope_alone() {
        let server = Server::new();
        let token = server.signed(|claims| claims);
        assert_eq!(server.admit(&token, SCOPE, 0), Ok(()));
        assert_eq!(server.admit(&token, "bot_definition:other", 0), Err(VerifyError::WrongScope));
    }

    #[test]
    fn a_token_that_differs_in_one_place_is_refused_each_time() {
        let server = Server::new();
        let token = server.signed(|claims| claims);
        assert_eq!(server.admit(&token, SCOPE, 0), Ok(()));
        let mut other = token.clone().into_bytes();
        let last = other.len() - 5;
        other[last] = if other[last] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).expect("ASCII");
        for _ in 0..2 {
            assert_eq!(server.admit(&other, SCOPE, 0), Err(VerifyError::WrongSignature));
        }
        // Were their hashes the same, it would not be taken for the other either.
        let hash = server.tokens.key.hash_one(Some(other.as_bytes()));
        let claims = Claims::new("me", server.app.client_id().as_str());
        server.tokens.keep(hash, token.as_bytes(), SCOPE, &claims);
        assert_eq!(server.admit(&other, SCOPE, 0), Err(VerifyError::WrongSignature));
    }

    #[test]
    fn a_token_with_a_jti_is_never_kept() {
        let server = Server::new();
        let token = server.signed(|claims| claims.with_jti("one").expires_at(at(100)));
        assert_eq!(server.admit(&token, SCOPE, 0), Ok(()));
        assert_eq!(server.admit(&token, SCOPE, 0), Err(VerifyError::Replay));
    }

    #[test]
    fn many_and_long_tokens_take_no_more_than_there_is_room_for() {
        let server = Server::new();
        let claims = Claims::new("me", "cs-1f");
        for n in 0..3 * MOST as u64 {
            server.tokens.keep(n, b"token", SCOPE, &claims);
            assert!(server.tokens.good().len() <= MOST);
        }
        let long = server.signed(|claims| Claims::new("x".repeat(LONGEST), claims.app_id));
        let kept = server.tokens.good().len();
        assert_eq!(server.admit(&long, SCOPE, 0), Ok(()));
        assert_eq!(server.tokens.good().len(), kept);
    }
}
