//! Where each import stands while it is watched.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use kore_sdk::watch::Event;
use kore_sdk::{BotImportId, Outcome, StatusLog};

use super::{Ending, Verdict};
use crate::output::{task_name, task_type, word};
use crate::reasons;

/// What a watch waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The first answer.
    FirstAnswer,
    Poll(Instant),
    /// Another try after a failure.
    Retry(Instant),
    /// A free slot in the platform's windows.
    Slot(Instant),
}

/// One import. All its text is fit for a terminal.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) id: String,
    /// The word of the platform.
    pub(crate) status: Option<String>,
    /// Tasks in the log, and those that have ended.
    pub(crate) seen: usize,
    pub(crate) done: usize,
    pub(crate) failed: usize,
    /// The tasks that run.
    pub(crate) running: Running,
    pub(crate) next: Next,
    /// What the last looks failed with.
    pub(crate) trouble: Option<String>,
    /// How it ended.
    pub(crate) verdict: Option<Verdict>,
    /// Why it did not succeed, as far as more than the time says it.
    pub(crate) why: Option<String>,
}

impl Import {
    fn new(id: &BotImportId) -> Self {
        Self {
            id: word(id.as_str()),
            status: None,
            seen: 0,
            done: 0,
            failed: 0,
            running: Running::default(),
            next: Next::FirstAnswer,
            trouble: None,
            verdict: None,
            why: None,
        }
    }

    fn event(&mut self, event: &Event<StatusLog>) {
        match event {
            Event::StatusChanged { now, .. } => {
                self.status = now.as_ref().map(|status| word(status.as_str()));
                self.trouble = None;
            }
            Event::TaskAppeared { entry, .. } => self.add(entry),
            Event::TaskChanged { before, entry, .. } => {
                self.remove(before);
                self.add(entry);
            }
            Event::TaskVanished { entry, .. } => self.remove(entry),
            Event::Throttled { until } => self.next = Next::Slot(*until),
            Event::Retrying { because, at, .. } => {
                self.trouble = Some(because.clone());
                self.next = Next::Retry(*at);
            }
            Event::NextPoll { at, .. } => {
                self.trouble = None;
                self.next = Next::Poll(*at);
            }
            _ => {}
        }
    }

    fn add(&mut self, entry: &StatusLog) {
        self.seen += 1;
        let outcome = entry.outcome();
        self.done += usize::from(outcome.is_over());
        self.failed += usize::from(outcome == Outcome::Failed);
        if outcome == Outcome::Running {
            self.running.push(task(entry));
        }
    }

    fn remove(&mut self, entry: &StatusLog) {
        self.seen = self.seen.saturating_sub(1);
        let outcome = entry.outcome();
        self.done = self.done.saturating_sub(usize::from(outcome.is_over()));
        self.failed = self.failed.saturating_sub(usize::from(outcome == Outcome::Failed));
        if outcome == Outcome::Running {
            self.running.remove(&task(entry));
        }
    }
}

/// Tasks in the order in which they came, equal ones too; each is removed as fast as it is added.
#[derive(Debug, Default)]
pub(crate) struct Running {
    in_order: BTreeMap<u64, String>,
    places: HashMap<String, Vec<u64>>,
    next: u64,
}

impl Running {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.in_order.values().map(String::as_str)
    }

    fn push(&mut self, task: String) {
        self.places.entry(task.clone()).or_default().push(self.next);
        self.in_order.insert(self.next, task);
        self.next += 1;
    }

    fn remove(&mut self, task: &str) {
        let Some(places) = self.places.get_mut(task) else { return };
        if let Some(place) = places.pop() {
            self.in_order.remove(&place);
        }
        if places.is_empty() {
            self.places.remove(task);
        }
    }
}

/// `Dialog ShowDiseaseList`.
pub(crate) fn task(entry: &StatusLog) -> String {
    format!("{} {}", task_type(entry), task_name(entry))
}

/// All imports, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) began: Instant,
    pub(crate) imports: Vec<Import>,
    places: HashMap<BotImportId, usize>,
}

impl Board {
    pub(crate) fn new(ids: &[BotImportId], began: Instant) -> Self {
        Self {
            began,
            imports: ids.iter().map(Import::new).collect(),
            places: ids.iter().cloned().zip(0..).collect(),
        }
    }

    pub(crate) fn event(&mut self, id: &BotImportId, event: &Event<StatusLog>) {
        if let Some(import) = self.places.get(id).and_then(|at| self.imports.get_mut(*at)) {
            import.event(event);
        }
    }

    pub(crate) fn ended(&mut self, ending: &Ending) {
        if let Some(import) = self.places.get(&ending.id).and_then(|at| self.imports.get_mut(*at)) {
            import.verdict = Some(ending.verdict);
            import.why = match (ending.verdict, &ending.import) {
                (Verdict::Failed, Some(document)) => reasons::in_short(document),
                (Verdict::CouldNotPoll | Verdict::AboutAnother, _) => ending.message.clone(),
                _ => None,
            };
            if let Some(document) = &ending.import {
                let counts = document.counts();
                import.seen = counts.total();
                import.done = counts.succeeded + counts.failed;
                import.failed = counts.failed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kore_sdk::Status;
    use kore_sdk::types::TaskType;

    use super::*;

    fn entry(name: &str, status: Status) -> StatusLog {
        StatusLog::new(TaskType::Dialog, name, status)
    }

    #[test]
    fn tasks_are_counted_as_they_come_and_change() {
        let id: BotImportId = "bir-1".parse().expect("valid");
        let mut board = Board::new(std::slice::from_ref(&id), Instant::now());
        let (a, b) = (entry("a", Status::InProgress), entry("b", Status::InProgress));
        board.event(&id, &Event::TaskAppeared { index: 0, entry: a.clone() });
        board.event(&id, &Event::TaskAppeared { index: 1, entry: b });
        let import = |board: &Board| {
            let import = &board.imports[0];
            (import.seen, import.done, import.failed, import.running.iter().collect::<Vec<_>>().join(","))
        };
        assert_eq!(import(&board), (2, 0, 0, "Dialog a,Dialog b".to_owned()));
        let failed = entry("a", Status::Failed);
        board.event(&id, &Event::TaskChanged { index: 0, before: a, entry: failed });
        assert_eq!(import(&board), (2, 1, 1, "Dialog b".to_owned()));
    }
}
