//! What a job follows that a call has started: a scenario of the user, or else one of its own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::life::Life;
use crate::{JobKind, Mode, Now, Scenario};

/// What the jobs that are started follow.
#[derive(Debug)]
pub(crate) struct Starts {
    /// Those of a kind in turn; if there are none, each job follows one of its own.
    pub(crate) scenarios: Vec<(Arc<Scenario>, Mode)>,
    pub(crate) mode: Mode,
    /// For the next starts, before any other; each is used once.
    next: Mutex<VecDeque<(Arc<Scenario>, Mode)>>,
    /// How many starts of each kind followed one in turn.
    turns: [AtomicUsize; JobKind::ALL.len()],
}

/// The most starts that can be prepared.
const MAX_NEXT: usize = 1000;

impl Default for Starts {
    fn default() -> Self {
        let turns = Default::default();
        Self { scenarios: Vec::new(), mode: Mode::TIME, next: Mutex::default(), turns }
    }
}

impl Starts {
    /// The life of a job that is started now.
    pub(super) fn life(&self, kind: JobKind, own: impl FnOnce() -> Arc<Scenario>, now: Now) -> Life {
        let prepared = self.prepared(kind).or_else(|| self.in_turn(kind));
        let (scenario, mode) = prepared.unwrap_or_else(|| (own(), self.mode));
        Life::new(scenario, mode, now.wall)
    }

    fn prepared(&self, kind: JobKind) -> Option<(Arc<Scenario>, Mode)> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.iter().position(|(scenario, _)| scenario.job() == kind)?;
        next.remove(at)
    }

    fn in_turn(&self, kind: JobKind) -> Option<(Arc<Scenario>, Mode)> {
        let of_kind = || self.scenarios.iter().filter(|(scenario, _)| scenario.job() == kind);
        let count = of_kind().count();
        let turn = || self.turns[kind as usize].fetch_add(1, Ordering::Relaxed) % count;
        (count > 0).then(turn).and_then(|turn| of_kind().nth(turn).cloned())
    }

    /// Has the next start of the scenario's kind follow it, and tells how many are prepared then. `None`,
    /// and nothing prepared, if there are too many.
    pub(crate) fn prepare(&self, scenario: Arc<Scenario>, mode: Mode) -> Option<usize> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() >= MAX_NEXT {
            return None;
        }
        next.push_back((scenario, mode));
        Some(next.len())
    }

    /// Forgets what was prepared.
    pub(crate) fn clear(&self) {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
