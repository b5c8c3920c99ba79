//! Remembers the `jti` of tokens until their ends, since the platform takes such a token once.
//!
//! A [`Guard`](crate::Guard) asks a replay store; one that several servers share is a trait away.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::claims::seconds;
use crate::{Claims, VerifyError};

/// Keeps in mind which `jti`s were used, each until its token ends.
///
/// [`Replays`] is one in memory, for a single process. Several servers share another, which a
/// [`Guard`](crate::Guard) takes with [`with_replays`](crate::Guard::with_replays): the example
/// `shared_replays` of this crate has one over a file of SQLite.
pub trait ReplayStore: Send + Sync {
    /// Takes note that a `jti` is used, unless it is noted already: two calls with the same app and
    /// `jti`, wherever they are made at once, must not both succeed.
    ///
    /// # Errors
    /// [`VerifyError::Replay`] if it was used before, [`VerifyError::ReplaysFull`] if there is no
    /// room for it, and [`VerifyError::ReplaysFailed`] if that cannot be told: the request is refused
    /// then, and why is for the store to log.
    fn take(&self, used: &Used<'_>, now: SystemTime) -> Result<(), VerifyError>;
}

impl<S: ReplayStore + ?Sized> ReplayStore for Arc<S> {
    fn take(&self, used: &Used<'_>, now: SystemTime) -> Result<(), VerifyError> {
        (**self).take(used, now)
    }
}

/// A `jti` that is used: the token's signature was good and its claims keep the rules.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Used<'a> {
    /// The id of the client app. Each app has its own `jti`s.
    pub app_id: &'a str,
    /// The id of the token.
    pub jti: &'a str,
    /// From when on, in seconds since 1970, the token is refused for its end. Until then its `jti`
    /// must be kept in mind.
    pub until: u64,
}

impl<'a> Used<'a> {
    /// What a token uses that ends `leeway` after its `exp`; `None` without a `jti`, which may be
    /// used often.
    pub fn of(claims: &'a Claims, leeway: Duration) -> Option<Self> {
        let until = claims.exp.map_or(u64::MAX, |exp| exp.saturating_add(leeway.as_secs()));
        Some(Self { app_id: &claims.app_id, jti: claims.jti.as_deref()?, until })
    }

    /// [`until`](Self::until) as an instant; `None` if it is beyond what the system can name.
    pub fn until_time(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.until))
    }
}

/// The `jti`s that were used, in memory, each until its token ends and is refused for that anyway.
///
/// It is empty when the process begins. What an app may fill is bounded. At the bound its tokens with
/// a `jti` are refused with [`VerifyError::ReplaysFull`] until older ones end: to forget one would be
/// to take it twice. All is counted for each app, and only tokens with a good signature get here, so
/// no app can fill what another one needs, nor have its tokens refused.
pub struct Replays {
    memory: Mutex<Memory>,
    bytes_per_app: usize,
}

#[derive(Default)]
struct Memory {
    apps: HashMap<String, App>,
    /// When it was last looked for what has ended, in seconds since 1970.
    tidied: u64,
}

/// What an app has used.
#[derive(Default)]
struct App {
    /// Until when, in seconds since 1970.
    until: HashMap<Arc<str>, u64>,
    /// The same the other way round; one whose `until` was moved on stays where it was.
    ends: BTreeMap<u64, Vec<Arc<str>>>,
    bytes: usize,
    /// The latest end of what was freed. If the clock is set back, a token that ends no later may
    /// have been among it. An app that has one stays in memory, in some hundred bytes.
    freed: u64,
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
        Self { memory: Mutex::default(), bytes_per_app }
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.memory().apps.values().map(|app| app.until.len()).sum()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Each change is one call, so that a panic elsewhere leaves the store whole.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplayStore for Replays {
    fn take(&self, used: &Used<'_>, now: SystemTime) -> Result<(), VerifyError> {
        let mut memory = self.memory();
        memory.free(seconds(now));
        if let Some(app) = memory.apps.get_mut(used.app_id) {
            return app.take(used, self.bytes_per_app);
        }
        // Kept even if there is no room, until the next second.
        memory.apps.entry(used.app_id.to_owned()).or_default().take(used, self.bytes_per_app)
    }
}

impl Memory {
    /// Frees what has ended; once a second is enough, since ends are whole seconds.
    fn free(&mut self, now: u64) {
        if now > self.tidied {
            self.apps.retain(|_, app| app.free(now));
        }
        self.tidied = now;
    }
}

impl App {
    fn take(&mut self, used: &Used<'_>, most_bytes: usize) -> Result<(), VerifyError> {
        if let Some(known) = self.until.get_mut(used.jti) {
            // Another token with that jti may end sooner, which frees nothing.
            *known = used.until.max(*known);
            return Err(VerifyError::Replay);
        }
        if used.until <= self.freed {
            return Err(VerifyError::Replay);
        }
        let bytes = cost(used.jti);
        if self.bytes.saturating_add(bytes) > most_bytes {
            return Err(VerifyError::ReplaysFull);
        }
        self.bytes += bytes;
        let jti = Arc::<str>::from(used.jti);
        self.until.insert(Arc::clone(&jti), used.until);
        self.ends.entry(used.until).or_default().push(jti);
        Ok(())
    }

    /// Frees what has ended; says whether anything is left to know.
    fn free(&mut self, now: u64) -> bool {
        while let Some(first) = self.ends.first_entry().filter(|first| *first.key() <= now) {
            for jti in first.remove() {
                match self.until.get(&jti) {
                    Some(until) if *until > now => self.ends.entry(*until).or_default().push(jti),
                    _ => {
                        self.freed = self.freed.max(self.until.remove(&jti).unwrap_or(0));
                        self.bytes -= cost(&jti);
                    }
                }
            }
        }
        if self.until.is_empty() {
            self.until = HashMap::new();
        } else if self.until.capacity() > 4 * self.until.len().max(64) {
            self.until.shrink_to(2 * self.until.len());
        }
        self.freed > 0 || !self.until.is_empty()
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
