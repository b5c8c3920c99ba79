//! Where each job stands while it is watched: what the view of a terminal and the lines of a log are
//! made from.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use kore_sdk::Outcome;
use kore_sdk::watch::Event;

use super::{Ending, Shown, Task, Verdict};
use crate::text::{noun, word};

/// What a watch waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Next {
    #[default]
    FirstResponse,
    Poll(Instant),
    /// Another try after a failure.
    Retry(Instant),
    /// The rate limit.
    RateLimit(Instant),
}

/// One job. All its text is fit for a terminal.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) id: String,
    /// The word of the platform.
    pub(crate) status: Option<String>,
    /// Tasks in the log, and those that have ended.
    pub(crate) seen: usize,
    pub(crate) done: usize,
    pub(crate) failed: usize,
    /// The tasks that run, in the order in which they came.
    pub(crate) running: VecDeque<String>,
    pub(crate) next: Next,
    /// What the last polls failed with.
    pub(crate) trouble: Option<String>,
    /// How it ended.
    pub(crate) verdict: Option<Verdict>,
    /// Why it did not succeed, as far as more than the time says it.
    pub(crate) why: Option<String>,
}

impl Progress {
    fn event<J: Shown>(&mut self, event: &Event<J::Task>) {
        match event {
            Event::StatusChanged { now, .. } => {
                self.status = now.as_ref().map(|status| word(status.as_str()));
                self.trouble = None;
            }
            Event::TaskAppeared { entry, .. } => self.add(&J::task(entry)),
            Event::TaskChanged { before, entry, .. } => {
                self.remove(&J::task(before));
                self.add(&J::task(entry));
            }
            Event::TaskVanished { entry, .. } => self.remove(&J::task(entry)),
            Event::Throttled { until } => self.next = Next::RateLimit(*until),
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

    fn add(&mut self, task: &Task) {
        self.seen += 1;
        self.done += usize::from(task.outcome.is_over());
        self.failed += usize::from(task.outcome == Outcome::Failed);
        if task.outcome == Outcome::Running {
            self.running.push_back(task.title());
        }
    }

    fn remove(&mut self, task: &Task) {
        self.seen = self.seen.saturating_sub(1);
        self.done = self.done.saturating_sub(usize::from(task.outcome.is_over()));
        self.failed = self.failed.saturating_sub(usize::from(task.outcome == Outcome::Failed));
        if task.outcome == Outcome::Running {
            let title = task.title();
            let place = self.running.iter().position(|running| *running == title);
            place.and_then(|place| self.running.remove(place));
        }
    }
}

/// All jobs, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) began: Instant,
    /// What they are: `import`.
    pub(crate) noun: &'static str,
    pub(crate) has_tasks: bool,
    pub(crate) jobs: Vec<Progress>,
    places: HashMap<String, usize>,
}

impl Board {
    pub(crate) fn new<J: Shown>(jobs: &[J], began: Instant) -> Self {
        Self {
            began,
            noun: noun(J::KIND),
            has_tasks: J::TASKS.is_some(),
            jobs: jobs.iter().map(|job| Progress { id: word(job.id()), ..Progress::default() }).collect(),
            places: jobs.iter().map(|job| job.id().to_owned()).zip(0..).collect(),
        }
    }

    fn job(&mut self, id: &str) -> Option<&mut Progress> {
        self.places.get(id).and_then(|at| self.jobs.get_mut(*at))
    }

    pub(crate) fn event<J: Shown>(&mut self, job: &J, event: &Event<J::Task>) {
        if let Some(progress) = self.job(job.id()) {
            progress.event::<J>(event);
        }
    }

    pub(crate) fn ended(&mut self, ending: &Ending) {
        let Some(progress) = self.job(&ending.id) else { return };
        progress.verdict = Some(ending.verdict);
        progress.why = match (ending.verdict, &ending.document) {
            (Verdict::Failed, Some(document)) => document.in_short(),
            (Verdict::NotDownloaded | Verdict::CouldNotPoll | Verdict::AboutAnother, _) => {
                ending.message.clone()
            }
            _ => None,
        };
        if let Some(document) = &ending.document {
            let counts = document.counts();
            progress.seen = counts.total();
            progress.done = counts.succeeded + counts.failed;
            progress.failed = counts.failed;
        }
    }
}

#[cfg(test)]
mod tests {
    use kore_sdk::types::TaskType;
    use kore_sdk::{BotImportId, Status, StatusLog};

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
            let import = &board.jobs[0];
            (
                import.seen,
                import.done,
                import.failed,
                import.running.iter().map(String::as_str).collect::<Vec<_>>().join(","),
            )
        };
        assert_eq!(import(&board), (2, 0, 0, "Dialog a,Dialog b".to_owned()));
        let failed = entry("a", Status::Failed);
        board.event(&id, &Event::TaskChanged { index: 0, before: a, entry: failed });
        assert_eq!(import(&board), (2, 1, 1, "Dialog b".to_owned()));
    }
}
