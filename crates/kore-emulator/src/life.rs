//! How a living job moves on: by time, by polls, or at once.
//!
//! The platform asks a [`Life`] for the document at a moment, and the control steers it. It has no
//! clock: the time is an argument.

mod document;
mod mode;

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use kore_types::{BotId, BotImport, BotImportId, Status, StatusLog};
use serde::{Deserialize, Serialize};

pub(crate) use document::{FileOfExport, export, new_bot, publish, resources};
pub use mode::{InvalidSpeed, Mode, Speed};

use crate::Scenario;
use crate::clock::Time;

/// A job that lives: an import, an export or a publish, as its scenario says. Small, whatever the scenario holds: many share one.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    scenario: Arc<Scenario>,
    course: Course,
}

/// How far a life has come: what a snapshot keeps of it beside its scenario.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Course {
    mode: Mode,
    created: Time,
    /// When the task `from` started; those before it have ended.
    since: Time,
    #[serde(default)]
    from: u32,
    /// Polls since then.
    #[serde(default)]
    polls: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    steered: Option<Steered>,
    /// The bot: that which an import goes into, if it is not one of its own, or which is exported or
    /// published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bot: Option<Box<BotId>>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Steered {
    Finished,
    Failed,
}

/// How far a job has come.
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

impl Position {
    /// No task has ended. So the start of a job is answered.
    pub(crate) const START: Self = Self { ended: 0, state: State::Runs };
}

impl Life {
    pub(crate) fn new(scenario: Arc<Scenario>, mode: Mode, now: SystemTime) -> Self {
        let now = Time(now);
        let course = Course { mode, created: now, since: now, from: 0, polls: 0, steered: None, bot: None };
        Self { scenario, course }
    }

    /// The same for a bot that exists.
    pub(crate) fn of_bot(mut self, bot: BotId) -> Self {
        self.course.bot = Some(Box::new(bot));
        self
    }

    /// A life of a snapshot that was taken at `then`. If `now` is given, it is as far then as it was
    /// when the snapshot was taken; if not, time went on.
    pub(crate) fn resumed(
        scenario: Arc<Scenario>,
        mut course: Course,
        then: Time,
        now: Option<SystemTime>,
    ) -> Result<Self, String> {
        let (tasks, found) = (scenario.task_count(), course.from);
        if found as usize > tasks {
            return Err(format!(
                "`from`: expected at most {tasks}, the tasks of its scenario, found {found}"
            ));
        }
        if let Some(now) = now {
            let ran = then.0.duration_since(course.since.0).unwrap_or_default();
            course.since = Time(now.checked_sub(ran).unwrap_or(UNIX_EPOCH));
        }
        Ok(Self { scenario, course })
    }

    /// How far it has come.
    pub(crate) fn position(&self, now: SystemTime) -> Position {
        let tasks = self.scenario.task_count();
        let from = self.course.from as usize;
        match self.course.steered {
            Some(Steered::Finished) => return Position { ended: tasks, state: State::Over },
            Some(Steered::Failed) => return Position { ended: from, state: State::MadeToFail },
            None => {}
        }
        let reached = match self.course.mode {
            Mode::AtOnce => tasks,
            Mode::Looks { each } => from.saturating_add((self.course.polls / each.get()) as usize),
            Mode::Time { speed } => {
                // A clock that was set back moves nothing.
                let elapsed = speed.of(now.duration_since(self.course.since.0).unwrap_or_default());
                self.scenario.ended_after(self.scenario.start_of(from).saturating_add(elapsed))
            }
        };
        let most = self.scenario.endless_from(from).unwrap_or(tasks);
        let ended = reached.clamp(from, most.max(from));
        Position { ended, state: if ended == tasks { State::Over } else { State::Runs } }
    }

    /// Counts a poll. Whether that moves the job on.
    pub(crate) fn poll(&mut self) -> bool {
        self.course.polls = self.course.polls.saturating_add(1);
        matches!(self.course.mode, Mode::Looks { .. })
    }

    pub(crate) fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    pub(crate) fn course(&self) -> &Course {
        &self.course
    }

    pub(crate) fn mode(&self) -> Mode {
        self.course.mode
    }

    pub(crate) fn created(&self) -> SystemTime {
        self.course.created.0
    }

    /// The bot that is said to be its own.
    pub(crate) fn bot(&self) -> Option<&BotId> {
        self.course.bot.as_deref()
    }

    /// When it came to that position: no source says what else changes a publish. Of polls no time is
    /// kept, so that it is the time of the start or of the last steering.
    pub(crate) fn modified(&self, position: Position) -> SystemTime {
        let Course { since, from, mode, .. } = &self.course;
        let Mode::Time { speed } = mode else { return since.0 };
        let start = |task| self.scenario.start_of(task);
        let ran = start(position.ended).saturating_sub(start(*from as usize));
        since.0.checked_add(speed.took(ran)).unwrap_or(since.0)
    }

    /// The status of the job at that position.
    pub(crate) fn status(&self, position: Position) -> &Status {
        document::words(&self.scenario, position).0
    }

    /// How many entries the log has at that position, and the last few of them.
    pub(crate) fn recent(&self, position: Position, most: usize) -> (usize, Vec<StatusLog>) {
        self.scenario.recent(position.ended, document::words(&self.scenario, position).1, most)
    }

    /// The document of the import, as JSON.
    pub(crate) fn document(&self, id: &BotImportId, now: SystemTime) -> String {
        let position = self.position(now);
        let log = self.scenario.log(position.ended, document::words(&self.scenario, position).1);
        serde_json::to_string(&document::import(self, id, position, log)).expect("its keys are texts")
    }

    /// The document with which the start of the import is answered: no task has begun.
    pub(crate) fn accepted(&self, id: &BotImportId) -> BotImport {
        document::import(self, id, Position::START, self.scenario.log(0, None))
    }

    /// Ends the task that runs; the next one starts now.
    pub(crate) fn advance(&mut self, now: SystemTime) -> Result<(), SteerError> {
        self.rebase(now, 1)
    }

    /// Ends the job now, as the scenario ends it.
    pub(crate) fn finish(&mut self, now: SystemTime) -> Result<(), SteerError> {
        self.rebase(now, 0)?;
        self.course.steered = Some(Steered::Finished);
        Ok(())
    }

    /// Ends the job now, with a failure at the task that runs.
    pub(crate) fn fail(&mut self, now: SystemTime) -> Result<(), SteerError> {
        self.rebase(now, 0)?;
        self.course.steered = Some(Steered::Failed);
        Ok(())
    }

    /// Counts from the task that runs, or some further, on.
    fn rebase(&mut self, now: SystemTime, further: usize) -> Result<(), SteerError> {
        let Position { ended, state: State::Runs } = self.position(now) else { return Err(SteerError::Over) };
        self.course.from = u32::try_from(ended + further).expect("a scenario has at most 500,000 tasks");
        (self.course.since, self.course.polls) = (Time(now), 0);
        Ok(())
    }
}

/// Why a job could not be steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SteerError {
    /// The emulator holds no such import, export or publish.
    Unknown,
    /// It is a fixed document, which no scenario moves on.
    Fixed,
    /// It has ended.
    Over,
}

impl fmt::Display for SteerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the emulator holds no such job",
            Self::Fixed => "that job is a fixed document: hold another one in its place",
            Self::Over => "that job has ended",
        })
    }
}

impl std::error::Error for SteerError {}

#[cfg(test)]
mod tests;
