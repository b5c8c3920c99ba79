//! Remembers the `jti` of each token until it expires, since such a token is accepted only once.
//!
//! A [`Guard`](crate::Guard) asks a [`ReplayStore`]; [`Replays`] is the one in memory.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::claims::seconds;
use crate::{Claims, VerifyError};

/// A store of used `jti`s, each kept until its token expires.
///
/// [`Replays`] is one in memory, for a single process. Several servers share a store of your own,
/// which [`Guard::with_replays`](crate::Guard::with_replays) takes: the example `shared_replays` of
/// this crate has one over a file of SQLite.
///
/// [`take`](Self::take) blocks its thread for as long as the store takes, once for each request with a
/// `jti`. In memory that is less than a microsecond. An async server whose store is across a network
/// calls [`Guard::admit`](crate::Guard::admit) in `tokio::task::spawn_blocking`, and gives the store a
/// time limit of its own: a request waits for it, and [`VerifyError::ReplaysFailed`] refuses it.
pub trait ReplayStore: Send + Sync {
    /// Records a `jti` as used. Of several calls with the same app and `jti`, on whatever server and
    /// at the same time, only one may succeed.
    ///
    /// # Errors
    /// [`VerifyError::Replay`] if it was used before, [`VerifyError::ReplaysFull`] if there is no
    /// room for it, and [`VerifyError::ReplaysFailed`] if the store cannot tell. The request is then
    /// refused; the store itself logs why.
    fn take(&self, used: &Used<'_>, now: SystemTime) -> Result<(), VerifyError>;
}

impl<S: ReplayStore + ?Sized> ReplayStore for Arc<S> {
    fn take(&self, used: &Used<'_>, now: SystemTime) -> Result<(), VerifyError> {
        (**self).take(used, now)
    }
}

/// A `jti` to be recorded as used. The token has verified before.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Used<'a> {
    /// The id of the client app. Each app has its own `jti`s.
    pub app_id: &'a str,
    /// The id of the token.
    pub jti: &'a str,
    /// When the token expires for the verifier, in seconds since 1970. Until then the store keeps the
    /// `jti`.
    pub until: u64,
}

impl<'a> Used<'a> {
    /// The `jti` of these claims, kept until `leeway` after their `exp`. `None` without a `jti`: such
    /// a token may be used often.
    pub fn of(claims: &'a Claims, leeway: Duration) -> Option<Self> {
        let until = claims.exp.map_or(u64::MAX, |exp| exp.saturating_add(leeway.as_secs()));
        Some(Self { app_id: &claims.app_id, jti: claims.jti.as_deref()?, until })
    }

    /// [`until`](Self::until) as an instant; `None` if the system cannot express it.
    pub fn until_time(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.until))
    }
}

/// A store in memory of the `jti`s that were used, each until its token expires.
///
/// It is empty when the process begins. Each app has a bounded room. When that is full, its tokens
/// with a `jti` are refused with [`VerifyError::ReplaysFull`] until older ones expire: to forget one
/// would be to accept it twice. Only tokens with a good signature get here, and each app has its own
/// room, so no app can use up that of another.
pub struct Replays {
    memory: Mutex<Memory>,
    bytes_per_app: usize,
}

#[derive(Default)]
struct Memory {
    apps: HashMap<String, App>,
    /// When expired entries were last freed, in seconds since 1970.
    tidied: u64,
}

/// The `jti`s of one app.
#[derive(Default)]
struct App {
    /// Until when each is kept, in seconds since 1970.
    until: HashMap<Arc<str>, u64>,
    /// The same by time. A `jti` whose `until` was moved on stays at its old time, and is moved when
    /// that comes.
    ends: BTreeMap<u64, Vec<Arc<str>>>,
    bytes: usize,
    /// The latest `until` that was freed. If the clock is set back, a token that expires no later may
    /// be one of those. So an app that has used one stays in memory, with a few hundred bytes.
    freed: u64,
}

impl Replays {
    /// 16 MiB for each app: over a hundred thousand `jti`s of the length of a UUID.
    pub const BYTES_PER_APP: usize = 16 * 1024 * 1024;

    /// An empty store with [`BYTES_PER_APP`](Self::BYTES_PER_APP) for each app.
    pub fn new() -> Self {
        Self::bounded(Self::BYTES_PER_APP)
    }

    /// An empty store with about that many bytes for each app.
    pub fn bounded(bytes_per_app: usize) -> Self {
        Self { memory: Mutex::default(), bytes_per_app }
    }

    /// How many `jti`s are kept.
    pub fn len(&self) -> usize {
        self.memory().apps.values().map(|app| app.until.len()).sum()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Each change happens under one lock, so a panic elsewhere leaves the store whole.
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
        // The app stays until the next second even if it has no room for this `jti`.
        memory.apps.entry(used.app_id.to_owned()).or_default().take(used, self.bytes_per_app)
    }
}

impl Memory {
    /// Frees what has expired. Once a second is enough: times are whole seconds.
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
            // Another token with that `jti` may expire sooner or later: the later one counts.
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

    /// Frees what has expired; returns whether there is still anything to remember.
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

/// Roughly the memory of an entry: its text with two counters, and an entry of the map and of a list,
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
