//! The bots of the emulated platform: those that are there, and those that an import makes.
//!
//! The start of an import into a bot asks here whether there is one; the page lists them.

use std::time::SystemTime;

use kore_types::{BotId, BotImportId, Outcome};
use serde::{Deserialize, Serialize};

use crate::imports::{Held, Imports};

/// A bot, as a snapshot has it too.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bot {
    pub(crate) id: BotId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What makes it: it is there once that import has succeeded. `None` for one that is there anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) made_by: Option<BotImportId>,
}

impl Bot {
    pub(crate) fn new(id: BotId) -> Self {
        Self { id, name: None, made_by: None }
    }

    /// Whether it is there now.
    pub(crate) fn exists(&self, imports: &Imports, now: SystemTime) -> bool {
        let maker = self.made_by.as_ref().and_then(|id| imports.get(id));
        maker.is_none_or(|entry| match &entry.held {
            Held::Fixed(fixed) => fixed.import.outcome() == Outcome::Succeeded,
            Held::Living(life) => life.status(life.position(now)).outcome() == Outcome::Succeeded,
        })
    }
}

/// All bots, the newest at the end.
#[derive(Debug, Default)]
pub(crate) struct Bots {
    pub(crate) all: Vec<Bot>,
    /// How often they changed, for the state file.
    pub(crate) changes: u64,
}

impl Bots {
    /// Adds a bot, in place of one with the same id.
    pub(crate) fn put(&mut self, bot: Bot) {
        self.changes += 1;
        match self.all.iter_mut().find(|known| known.id == bot.id) {
            Some(known) => *known = bot,
            None => self.all.push(bot),
        }
    }

    /// Whether there was one.
    pub(crate) fn remove(&mut self, id: &BotId) -> bool {
        let before = self.all.len();
        self.all.retain(|bot| bot.id != *id);
        self.changes += 1;
        self.all.len() < before
    }

    pub(crate) fn get(&self, id: &BotId) -> Option<&Bot> {
        self.all.iter().find(|bot| bot.id == *id)
    }
}
