//! The looks of many watches, import by import.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use kore_types::BotImportId;

use super::{Quota, ResumeToken, Windows};

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
    imports: Arc<Mutex<Imports>>,
}

#[derive(Debug, Default)]
struct Imports {
    windows: HashMap<BotImportId, SharedWindows>,
    /// The size at which idle ones are looked for, so that this costs little on average.
    tidy_at: usize,
}

/// The least size at which idle imports are looked for.
const LEAST_TIDIED: usize = 64;

impl Ledger {
    /// With nothing sent so far. The documented quotas are [`Quota::PER_MINUTE`] and
    /// [`Quota::PER_HOUR`].
    pub fn new(quotas: [Quota; 2]) -> Self {
        Self { quotas, imports: Arc::default() }
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
        if imports.windows.len() >= imports.tidy_at {
            imports
                .windows
                .retain(|_, windows| Arc::strong_count(&windows.0) > 1 || !windows.lock().is_idle(now));
            imports.tidy_at = (imports.windows.len() * 2).max(LEAST_TIDIED);
        }
        let windows = SharedWindows::from(Windows::with_quotas(now, self.quotas));
        imports.windows.insert(id.clone(), windows.clone());
        windows
    }

    /// Takes note of the looks of a watch in another process, as its token tells of them.
    pub fn note(&self, token: &ResumeToken, now: Instant) {
        self.windows(&token.id, now).lock().add_ages(now, token.ages(self.quotas));
    }

    fn imports(&self) -> MutexGuard<'_, Imports> {
        self.imports.lock().unwrap_or_else(PoisonError::into_inner)
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
    use std::time::Duration;

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
        watched.lock().take(start).expect("a free slot");
        assert_eq!(ledger.windows(&id(0), start).lock().left(start)[0], 59, "one that is watched stays");
    }
}
