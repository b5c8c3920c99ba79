//! The looks of many watches, import by import.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kore_types::BotImportId;

use super::clock::later;
use super::machine::LATEST_ARRIVAL;
use super::{Now, Quota, ResumeToken, Windows};

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

/// What was sent for each import, so that watches of the same one that follow each other, or run
/// beside each other, stay within the platform's windows together. Clones share it.
///
/// An import of which no look counts any more is forgotten.
#[derive(Clone, Debug)]
pub struct Ledger {
    quotas: [Quota; 2],
    name: Option<u64>,
    imports: Arc<Mutex<Imports>>,
}

#[derive(Debug, Default)]
struct Imports {
    windows: HashMap<BotImportId, SharedWindows>,
    /// The size at which idle ones are looked for, so that this costs little on average.
    tidy_at: usize,
    /// When they were looked for last.
    tidied: Option<Instant>,
}

/// The least size at which idle imports are looked for.
const LEAST_TIDIED: usize = 64;

/// How often they are looked for at least, while new imports come.
const TIDY_EVERY: Duration = Duration::from_secs(600);

impl Ledger {
    /// With nothing sent so far. The documented quotas are [`Quota::PER_MINUTE`] and
    /// [`Quota::PER_HOUR`].
    pub fn new(quotas: [Quota; 2]) -> Self {
        Self { quotas, name: None, imports: Arc::default() }
    }

    /// Named by a random number, it does not count its own looks once more when a watch goes on
    /// from a token of one of its watches.
    pub fn named(mut self, name: u64) -> Self {
        self.name = Some(name);
        self
    }

    /// Takes note of a request for an import outside of any watch, which may reach the platform as
    /// late as `latest`.
    pub fn count(&self, id: &BotImportId, now: Instant, latest: Instant) {
        self.windows(id, now).lock().count(now, latest.min(later(now, LATEST_ARRIVAL)));
    }

    /// How many imports it knows.
    pub fn len(&self) -> usize {
        self.imports().windows.len()
    }

    /// Whether it knows no import.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The windows of an import.
    pub(super) fn windows(&self, id: &BotImportId, now: Instant) -> SharedWindows {
        let imports = &mut *self.imports();
        if let Some(windows) = imports.windows.get(id) {
            return windows.clone();
        }
        imports.tidy(now);
        let windows = SharedWindows::from(Windows::with_quotas(now, self.quotas).of_ledger(self.name));
        imports.windows.insert(id.clone(), windows.clone());
        windows
    }

    /// Takes note of the looks of a watch in another process, as its token tells of them.
    pub fn note(&self, token: &ResumeToken, now: Now) {
        if token.ledger.is_none() || token.ledger != self.name {
            let ages = token.ages(self.quotas, now.wall);
            self.windows(&token.id, now.instant).lock().add_ages(now.instant, ages);
        }
    }

    fn imports(&self) -> MutexGuard<'_, Imports> {
        self.imports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Imports {
    /// Forgets idle imports, if there may be many of them.
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

    fn id(n: usize) -> BotImportId {
        BotImportId::new(format!("bir-{n}")).expect("valid")
    }

    #[test]
    fn the_windows_of_an_import_outlive_its_watch_and_are_its_own() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        let clone = ledger.clone();
        let first = clone.windows(&id(1), now);
        first.lock().take(now).expect("a free slot");
        first.lock().release(now);
        drop(first);
        assert_eq!(ledger.windows(&id(1), now).lock().left(now), [59, 1799]);
        assert_eq!(ledger.windows(&id(2), now).lock().left(now), [60, 1800]);
    }

    #[test]
    fn what_counts_no_more_is_forgotten() {
        let (ledger, start) = (Ledger::default(), Instant::now());
        let watched = ledger.windows(&id(0), start);
        for n in 1..10_000 {
            let now = start + Duration::from_secs(100) * n as u32;
            let windows = ledger.windows(&id(n), now);
            windows.lock().take(now).expect("a free slot");
            windows.lock().release(now);
        }
        assert!(ledger.len() <= 2 * LEAST_TIDIED, "{}", ledger.len());
        // A burst of many is not kept until there are twice as many.
        let later = start + Duration::from_secs(100_000_000);
        (10_000..30_000).for_each(|n| ledger.count(&id(n), later, later));
        ledger.windows(&id(1), later + Duration::from_secs(5000));
        assert!(ledger.len() <= 2, "{}", ledger.len());
        watched.lock().take(start).expect("a free slot");
        assert_eq!(ledger.windows(&id(0), start).lock().left(start)[0], 59, "one that is watched stays");
    }
}
