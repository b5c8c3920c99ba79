//! Tokens with a `jti` are taken once.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::mem::size_of;
use std::sync::Arc;
use std::time::SystemTime;

use crate::claims::seconds;
use crate::{Claims, VerifyError};

/// The `jti`s that were used, each until its token ends and is refused for that anyway.
///
/// In memory, so that a server of several processes needs a store that they share: this one is
/// for a single process, and empty when that begins.
///
/// What an app may fill is bounded. At the bound its tokens with a `jti` are refused with
/// [`VerifyError::ReplaysFull`] until older ones end: to forget one would be to take it twice. The
/// bound is for each app, and only tokens with a good signature get here, so no app can fill what
/// another one needs.
#[derive(Clone)]
pub struct Replays {
    apps: HashMap<String, Used>,
    bytes_per_app: usize,
    /// When it was last looked for what has ended, in seconds since 1970.
    tidied: u64,
    /// The latest end of what was freed. If the clock is set back, a token that ends no later may
    /// have been among it.
    freed: u64,
}

/// What an app has used.
#[derive(Clone, Default)]
struct Used {
    /// Until when, in seconds since 1970.
    until: HashMap<Arc<str>, u64>,
    /// The same the other way round; one whose `until` was moved on stays where it was.
    ends: BTreeMap<u64, Vec<Arc<str>>>,
    bytes: usize,
}

impl Replays {
    /// 16 MiB for each app: over a hundred thousand `jti`s of the length of a UUID.
    pub const BYTES_PER_APP: usize = 16 * 1024 * 1024;

    /// Nothing used so far, and room for [`BYTES_PER_APP`](Self::BYTES_PER_APP).
    pub fn new() -> Self {
        Self::bounded(Self::BYTES_PER_APP)
    }

    /// Nothing used so far, and room for about that many bytes for each app.
    pub fn bounded(bytes_per_app: usize) -> Self {
        Self { apps: HashMap::new(), bytes_per_app, tidied: 0, freed: 0 }
    }

    /// Takes note of a token that was verified, and ends `leeway` seconds after its `exp`. One
    /// without a `jti` may be used often.
    ///
    /// # Errors
    /// [`VerifyError::Replay`] if it was used before, [`VerifyError::ReplaysFull`] if its app has
    /// used too many that have not ended.
    pub fn take(&mut self, claims: &Claims, leeway: u64, now: SystemTime) -> Result<(), VerifyError> {
        let Some(jti) = &claims.jti else { return Ok(()) };
        self.free(seconds(now));
        let until = claims.exp.map_or(u64::MAX, |exp| exp.saturating_add(leeway));
        if let Some(used) = self.apps.get_mut(&claims.app_id)
            && let Some(known) = used.until.get_mut(&**jti)
        {
            // Another token with that jti may end sooner, which frees nothing.
            *known = until.max(*known);
            return Err(VerifyError::Replay);
        }
        if until <= self.freed {
            return Err(VerifyError::Replay);
        }
        let used = self.apps.entry(claims.app_id.clone()).or_default();
        let bytes = cost(jti);
        if used.bytes.saturating_add(bytes) > self.bytes_per_app {
            return Err(VerifyError::ReplaysFull);
        }
        used.bytes += bytes;
        let jti = Arc::<str>::from(&**jti);
        used.until.insert(Arc::clone(&jti), until);
        used.ends.entry(until).or_default().push(jti);
        Ok(())
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.apps.values().map(|used| used.until.len()).sum()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees what has ended; once a second is enough, since ends are whole seconds.
    fn free(&mut self, now: u64) {
        if now <= self.tidied {
            self.tidied = now;
            return;
        }
        self.tidied = now;
        self.apps.retain(|_, used| {
            self.freed = self.freed.max(used.free(now));
            !used.until.is_empty()
        });
    }
}

impl Used {
    /// The latest end of what is freed; zero if nothing is.
    fn free(&mut self, now: u64) -> u64 {
        let mut latest = 0;
        while let Some(first) = self.ends.first_entry().filter(|first| *first.key() <= now) {
            for jti in first.remove() {
                match self.until.get(&jti) {
                    Some(until) if *until > now => self.ends.entry(*until).or_default().push(jti),
                    _ => {
                        latest = latest.max(self.until.remove(&jti).unwrap_or(0));
                        self.bytes -= cost(&jti);
                    }
                }
            }
        }
        if self.until.capacity() > 4 * self.until.len().max(64) {
            self.until.shrink_to(2 * self.until.len());
        }
        latest
    }
}

/// About what an entry takes: its text with two counters, an entry of the map and one of a list,
/// both of which may be half empty.
fn cost(jti: &str) -> usize {
    jti.len() + 2 * size_of::<usize>() + 2 * size_of::<(Arc<str>, u64)>() + 2 * size_of::<Arc<str>>()
}

impl Default for Replays {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replays")
            .field("len", &self.len())
            .field("bytes_per_app", &self.bytes_per_app)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
