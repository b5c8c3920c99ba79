//! How an import moves on: by time, by looks, or at once. Pure: the time is an argument.

mod document;
mod mode;
mod saved;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use kore_types::{BotImportId, Status};
use serde::{Deserialize, Serialize};

pub use mode::{InvalidSpeed, Mode, Speed};
pub(crate) use saved::{ModeWord, SavedLife, Time};

use crate::Scenario;
use crate::scenario::Entry;

/// An import that lives. Small, whatever the scenario holds: many share one.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    scenario: Arc<Scenario>,
    mode: Mode,
    created: SystemTime,
    /// When the task `from` started; those before it have ended.
    since: SystemTime,
    from: u32,
    /// Looks since then.
    looks: u32,
    steered: Option<Steered>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Steered {
    Finished,
    Failed,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// How many tasks have ended.
    pub(crate) ended: usize,
    pub(crate) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The next task runs.
    Runs,
    /// It ended as the scenario says.
    Over,
    /// It was made to fail at the next task.
    MadeToFail,
}

impl Life {
    pub(crate) fn new(scenario: Arc<Scenario>, mode: Mode, now: SystemTime) -> Self {
        Self { scenario, mode, created: now, since: now, from: 0, looks: 0, steered: None }
    }

    /// How far it has come.
    pub(crate) fn position(&self, now: SystemTime) -> Position {
        let tasks = self.scenario.task_count();
        let from = self.from as usize;
        match self.steered {
            Some(Steered::Finished) => return Position { ended: tasks, state: State::Over },
            Some(Steered::Failed) => return Position { ended: from, state: State::MadeToFail },
            None => {}
        }
        let reached = match self.mode {
            Mode::AtOnce => tasks,
            Mode::Looks { each } => from.saturating_add((self.looks / each.get()) as usize),
            Mode::Time { speed } => {
                // A clock that was set back moves nothing.
                let elapsed = speed.of(now.duration_since(self.since).unwrap_or_default());
                self.scenario.ended_after(self.scenario.start_of(from).saturating_add(elapsed))
            }
        };
        let most = self.scenario.endless_from(from).unwrap_or(tasks);
        let ended = reached.clamp(from, most.max(from));
        Position { ended, state: if ended == tasks { State::Over } else { State::Runs } }
    }

    /// Takes note of a look.
    pub(crate) fn look(&mut self) {
        self.looks = self.looks.saturating_add(1);
    }

    /// Whether looks change how far it has come.
    pub(crate) fn lives_by_looks(&self) -> bool {
        matches!(self.mode, Mode::Looks { .. })
    }

    pub(crate) fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn created(&self) -> SystemTime {
        self.created
    }

    /// The status of the import at that position.
    pub(crate) fn status(&self, position: Position) -> &Status {
        document::words(&self.scenario, position).0
    }

    /// How many entries the log has at that position, and the last few of them.
    pub(crate) fn recent(&self, position: Position, most: usize) -> (usize, Vec<Entry<'_>>) {
        self.scenario.recent(position.ended, document::words(&self.scenario, position).1, most)
    }

    /// The document of the import, as JSON.
    pub(crate) fn document(&self, id: &BotImportId, now: SystemTime) -> String {
        document::document(&self.scenario, id, self.created, self.position(now))
    }

    /// Ends the task that runs; the next one starts now.
    pub(crate) fn advance(&mut self, now: SystemTime) -> Result<(), SteerError> {
        self.rebase(now, 1)
    }

    /// Ends the import now, as the scenario ends it.
    pub(crate) fn finish(&mut self, now: SystemTime) -> Result<(), SteerError> {
        self.rebase(now, 0)?;
        self.steered = Some(Steered::Finished);
        Ok(())
    }

    /// Ends the import now, with a failure at the task that runs.
    pub(crate) fn fail(&mut self, now: SystemTime) -> Result<(), SteerError> {
        self.rebase(now, 0)?;
        self.steered = Some(Steered::Failed);
        Ok(())
    }

    /// Counts from the task that runs, or some further, on.
    fn rebase(&mut self, now: SystemTime, further: usize) -> Result<(), SteerError> {
        let Position { ended, state: State::Runs } = self.position(now) else { return Err(SteerError::Over) };
        self.from = u32::try_from(ended + further).expect("a scenario has at most 500,000 tasks");
        (self.since, self.looks) = (now, 0);
        Ok(())
    }
}

/// Why an import could not be steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SteerError {
    /// The emulator does not hold that import.
    Unknown,
    /// The import is a fixed document, which no scenario moves on.
    Fixed,
    /// The import has ended.
    Over,
}

impl fmt::Display for SteerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the emulator does not hold that import",
            Self::Fixed => "that import is a fixed document: hold another one in its place",
            Self::Over => "that import has ended",
        })
    }
}

impl std::error::Error for SteerError {}

#[cfg(test)]
mod tests;
