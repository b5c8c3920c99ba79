//! The exports and publishes of bots. Of each bot the last one of either kind is held, since that is all
//! that the status calls tell of.
//!
//! The platform answers from them; the control shows and steers them.

use std::collections::BTreeMap;

use kore_types::{BotId, ExportType, FileId};

use crate::life::Life;
use crate::{JobKind, SteerError};

/// What the ids of exports and of publishes begin with, as far as the documents show.
pub(crate) const EXPORT: &str = "ber-";
pub(crate) const PUBLISH: &str = "ds-";

/// An export or a publish of a bot; which of them, its scenario says.
#[derive(Clone, Debug)]
pub(crate) struct BotJob {
    /// What it is known by: the id of an export or of a publish.
    pub(crate) id: Box<str>,
    pub(crate) life: Life,
    /// What is exported, if it is an export.
    pub(crate) export_type: Option<ExportType>,
    /// The file of an export, and how many bytes it has.
    pub(crate) file: Option<(FileId, u64)>,
}

impl BotJob {
    pub(crate) fn kind(&self) -> JobKind {
        self.life.scenario().job()
    }
}

/// The last export and the last publish of each bot.
#[derive(Debug, Default)]
pub(crate) struct BotJobs {
    by_bot: BTreeMap<(BotId, JobKind), BotJob>,
    /// How often they changed, for the state file.
    pub(crate) changes: u64,
}

impl BotJobs {
    pub(crate) fn get(&self, bot: &BotId, kind: JobKind) -> Option<&BotJob> {
        self.by_bot.get(&(bot.clone(), kind))
    }

    /// Holds a job in place of the last one of its kind.
    pub(crate) fn put(&mut self, bot: BotId, job: BotJob) {
        self.changes += 1;
        self.by_bot.insert((bot, job.kind()), job);
    }

    /// Counts a poll, and gives the job as it was before: a poll counts from the next one on.
    pub(crate) fn poll(&mut self, bot: &BotId, kind: JobKind) -> Option<BotJob> {
        let job = self.by_bot.get_mut(&(bot.clone(), kind))?;
        let seen = job.clone();
        if job.life.poll() {
            self.changes += 1;
        }
        Some(seen)
    }

    /// Changes the life of a job.
    pub(crate) fn steer(
        &mut self,
        bot: &BotId,
        kind: JobKind,
        change: impl FnOnce(&mut Life) -> Result<(), SteerError>,
    ) -> Result<(), SteerError> {
        let job = self.by_bot.get_mut(&(bot.clone(), kind)).ok_or(SteerError::Unknown)?;
        change(&mut job.life)?;
        self.changes += 1;
        Ok(())
    }

    /// Those of a bot that is no more.
    pub(crate) fn remove(&mut self, bot: &BotId) {
        self.changes += 1;
        JobKind::ALL.iter().for_each(|kind| drop(self.by_bot.remove(&(bot.clone(), *kind))));
    }

    /// Holds these and no other.
    pub(crate) fn replace(&mut self, jobs: Vec<(BotId, BotJob)>) {
        self.by_bot.clear();
        self.changes += 1;
        jobs.into_iter().for_each(|(bot, job)| self.put(bot, job));
    }

    /// All of them, by the ids of their bots.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&BotId, &BotJob)> {
        self.by_bot.iter().map(|((bot, _), job)| (bot, job))
    }
}
