//! The requests of many watches, by what they are counted under.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::clock::later;
use super::machine::LATEST_ARRIVAL;
use super::{Job, Now, Quota, ResumeToken, Windows};
use crate::OutgoingRequest;

/// Windows that more than one watch draws on.
#[derive(Clone, Debug)]
pub(super) struct SharedWindows(Arc<Mutex<Windows>>);

impl SharedWindows {
    pub(super) fn lock(&self) -> MutexGuard<'_, Windows> {
        // No method of the windows panics half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Windows> for SharedWindows {
    fn from(windows: Windows) -> Self {
        Self(Arc::new(Mutex::new(windows)))
    }
}

/// What was sent for each job, so that watches of the same one that follow each other, or run
/// beside each other, stay within the platform's windows together. Clones share it.
///
/// A job of which no request counts any more is forgotten.
#[derive(Clone, Debug)]
pub struct Ledger {
    quotas: [Quota; 2],
    name: Option<u64>,
    keys: Arc<Mutex<Keys>>,
}

#[derive(Debug, Default)]
struct Keys {
    windows: HashMap<Key, SharedWindows>,
    /// The size at which idle ones are looked for, so that this costs little on average.
    tidy_at: usize,
    /// When they were looked for last.
    tidied: Option<Instant>,
}

/// What requests are counted under: the path of their call, and the key that the request names.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(&'static str, Box<str>);

impl Key {
    pub(super) fn of<R: OutgoingRequest>(request: &R) -> Self {
        Self(R::METADATA.path.as_str(), request.rate_limit_key().unwrap_or_default().into())
    }
}

/// The least size at which idle keys are looked for.
const LEAST_TIDIED: usize = 64;

/// How often they are looked for at least, while new ones come.
const TIDY_EVERY: Duration = Duration::from_secs(600);

impl Ledger {
    /// With nothing sent so far. The documented quotas are [`Quota::PER_MINUTE`] and
    /// [`Quota::PER_HOUR`].
    pub fn new(quotas: [Quota; 2]) -> Self {
        Self { quotas, name: None, keys: Arc::default() }
    }

    /// Named by a random number, it does not count its own requests once more when a watch resumes
    /// from a token of one of its watches.
    pub fn named(mut self, name: u64) -> Self {
        self.name = Some(name);
        self
    }

    /// Takes note of a request outside of any watch, which may reach the platform as
    /// late as `latest`.
    pub fn count<R: OutgoingRequest>(&self, request: &R, now: Instant, latest: Instant) {
        self.windows(Key::of(request), now).lock().count(now, latest.min(later(now, LATEST_ARRIVAL)));
    }

    /// How many keys it knows.
    pub fn len(&self) -> usize {
        self.keys().windows.len()
    }

    /// Whether it knows no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The windows of a key.
    pub(super) fn windows(&self, key: Key, now: Instant) -> SharedWindows {
        let keys = &mut *self.keys();
        if let Some(windows) = keys.windows.get(&key) {
            return windows.clone();
        }
        keys.tidy(now);
        let windows = SharedWindows::from(Windows::with_quotas(now, self.quotas).of_ledger(self.name));
        keys.windows.insert(key, windows.clone());
        windows
    }

    /// Takes note of the requests of a watch in another process, as its token tells of them.
    pub fn note<J: Job>(&self, token: &ResumeToken<J>, now: Now) {
        if token.ledger.is_none() || token.ledger != self.name {
            let ages = token.ages(self.quotas, now.wall);
            self.windows(Key::of(&token.job.request()), now.instant).lock().add_ages(now.instant, ages);
        }
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    /// Forgets idle keys, if there may be many of them.
    fn tidy(&mut self, now: Instant) {
        let last = *self.tidied.get_or_insert(now);
        let is_due = now.saturating_duration_since(last) >= TIDY_EVERY;
        if self.windows.len() < LEAST_TIDIED || (self.windows.len() < self.tidy_at && !is_due) {
            return;
        }
        self.windows.retain(|_, windows| Arc::strong_count(&windows.0) > 1 || !windows.lock().is_idle(now));
        if self.windows.len() < self.windows.capacity() / 4 {
            self.windows.shrink_to_fit();
        }
        self.tidy_at = (self.windows.len() * 2).max(LEAST_TIDIED);
        self.tidied = Some(now);
    }
}

impl Default for Ledger {
    /// With the documented quotas.
    fn default() -> Self {
        Self::new([Quota::PER_MINUTE, Quota::PER_HOUR])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> Key {
        Key("/", n.to_string().into())
    }

    #[test]
    fn the_windows_of_a_job_outlive_its_watch_and_are_its_own() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        let clone = ledger.clone();
        let first = clone.windows(id(1), now);
        first.lock().take(now).expect("a free slot");
        first.lock().release(now);
        drop(first);
        assert_eq!(ledger.windows(id(1), now).lock().left(now), [59, 1799]);
        assert_eq!(ledger.windows(id(2), now).lock().left(now), [60, 1800]);
    }

    #[test]
    fn what_counts_no_more_is_forgotten() {
        let (ledger, start) = (Ledger::default(), Instant::now());
        let watched = ledger.windows(id(0), start);
        for n in 1..10_000 {
            let now = start + Duration::from_secs(100) * n as u32;
            let windows = ledger.windows(id(n), now);
            windows.lock().take(now).expect("a free slot");
            windows.lock().release(now);
        }
        assert!(ledger.len() <= 2 * LEAST_TIDIED, "{}", ledger.len());
        // A burst of many is not kept until there are twice as many.
        let later = start + Duration::from_secs(100_000_000);
        let count = |n| ledger.windows(id(n), later).lock().count(later, later);
        (10_000..30_000).for_each(count);
        ledger.windows(id(1), later + Duration::from_secs(5000));
        assert!(ledger.len() <= 2, "{}", ledger.len());
        watched.lock().take(start).expect("a free slot");
        assert_eq!(ledger.windows(id(0), start).lock().left(start)[0], 59, "one that is watched stays");
    }
}
