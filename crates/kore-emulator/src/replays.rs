//! Tokens with a `jti` are taken once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use kore_auth::Claims;

/// The `jti`s that were used, each until its token ends and the verifier refuses it anyway.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    /// Until when, in seconds since 1970, by app and `jti`.
    used: HashMap<(String, String), u64>,
    /// The size at which ended entries are looked for, so that this costs little on average.
    tidy_at: usize,
}

impl Replays {
    /// Takes note of a token; false if it was used before.
    pub(crate) fn is_first_use(&mut self, claims: &Claims, now: u64) -> bool {
        let Some(jti) = &claims.jti else { return true };
        if self.used.len() >= self.tidy_at {
            self.used.retain(|_, exp| *exp > now);
            self.tidy_at = (self.used.len() * 2).max(1024);
        }
        let exp = claims.exp.unwrap_or(u64::MAX);
        match self.used.entry((claims.app_id.clone(), jti.clone())) {
            Entry::Vacant(free) => {
                free.insert(exp);
                true
            }
            Entry::Occupied(mut used) => {
                // Another token with that jti may end sooner, which frees nothing.
                let until = used.get_mut();
                *until = exp.max(*until);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn claims(app: &str, jti: &str, exp: u64) -> Claims {
        Claims::new("me", app).with_jti(jti).expires_at(UNIX_EPOCH + Duration::from_secs(exp))
    }

    #[test]
    fn a_jti_is_used_once_in_each_app() {
        let mut replays = Replays::default();
        assert!(replays.is_first_use(&claims("cs-1", "a", 100), 0));
        assert!(!replays.is_first_use(&claims("cs-1", "a", 100), 1));
        assert!(replays.is_first_use(&claims("cs-2", "a", 100), 1));
        assert!(replays.is_first_use(&Claims::new("me", "cs-1"), 1));
        assert!(replays.is_first_use(&Claims::new("me", "cs-1"), 1));
    }

    #[test]
    fn a_token_that_ends_sooner_frees_no_jti() {
        let mut replays = Replays::default();
        assert!(replays.is_first_use(&claims("cs-1", "a", 3000), 0));
        assert!(!replays.is_first_use(&claims("cs-1", "a", 2), 0));
        replays.tidy_at = 0;
        assert!(!replays.is_first_use(&claims("cs-1", "a", 3000), 3));
    }

    #[test]
    fn ended_tokens_take_no_room() {
        let mut replays = Replays::default();
        for n in 0..10_000 {
            assert!(replays.is_first_use(&claims("cs-1", &n.to_string(), n + 10), n));
        }
        assert!(replays.used.len() <= 1024, "{}", replays.used.len());
    }
}
