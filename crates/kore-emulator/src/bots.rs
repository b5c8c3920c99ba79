//! The bots of the emulated platform: those that are there, and those that an import makes.
//!
//! The start of a job of a bot asks here whether there is one, that of an export for its files; the page
//! lists them.

use std::time::SystemTime;

use kore_protocol::Refusal;
use kore_types::{BotId, BotImportId, FileId, Outcome};
use serde::{Deserialize, Serialize};

use crate::imports::{Held, Imports};

/// How many imports of a bot are remembered that came after the last one that succeeded.
const MAX_BROUGHT: usize = 16;

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
    /// What its last imports brought, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) brought: Vec<Brought>,
    /// The zip that was packed last, and which import brought what is in it. None of one that is made up.
    #[serde(skip)]
    pub(crate) packed: Option<(Option<BotImportId>, FileId)>,
}

/// The files of an import, for an export of its bot.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Brought {
    by: BotImportId,
    source: Source,
}

/// Where the zip of an export comes from.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// A zip that was uploaded, as it is.
    Zip(FileId),
    /// Files that are packed under these names.
    Files(Vec<(String, FileId)>),
}

impl Bot {
    pub(crate) fn new(id: BotId) -> Self {
        Self { id, name: None, made_by: None, brought: Vec::new(), packed: None }
    }

    /// Whether it is there now.
    pub(crate) fn exists(&self, imports: &Imports, now: SystemTime) -> bool {
        self.made_by.as_ref().is_none_or(|id| has_succeeded(id, imports, now))
    }

    /// An import into it was started, with these files.
    pub(crate) fn bring(&mut self, by: BotImportId, source: Source, imports: &Imports, now: SystemTime) {
        let last = self.brought.iter().rposition(|brought| has_succeeded(&brought.by, imports, now));
        // Those before the last one that succeeded are of no account any more.
        self.brought.drain(..last.unwrap_or(0));
        if self.brought.len() > MAX_BROUGHT {
            self.brought.remove(1);
        }
        self.brought.push(Brought { by, source });
    }

    /// The icon of the import before.
    pub(crate) fn icon(&self) -> Option<&FileId> {
        self.brought.iter().rev().find_map(|brought| match &brought.source {
            Source::Files(files) => files.iter().find(|(name, _)| name == "icon.png").map(|(_, id)| id),
            Source::Zip(_) => None,
        })
    }

    /// What the last import brought that has succeeded, and which one that was; none if it has its parts
    /// from none.
    pub(crate) fn source(&self, imports: &Imports, now: SystemTime) -> Option<(&BotImportId, &Source)> {
        let last = self.brought.iter().rev().find(|brought| has_succeeded(&brought.by, imports, now));
        last.map(|brought| (&brought.by, &brought.source))
    }

    /// The zip that was packed of what that import brought.
    pub(crate) fn packed(&self, by: Option<&BotImportId>) -> Option<&FileId> {
        self.packed.as_ref().filter(|(of, _)| of.as_ref() == by).map(|(_, file)| file)
    }

    pub(crate) fn has_packed(&mut self, by: Option<BotImportId>, file: FileId) {
        self.packed = Some((by, file));
    }
}

/// One that is held no more counts as one that has.
fn has_succeeded(id: &BotImportId, imports: &Imports, now: SystemTime) -> bool {
    imports.get(id).is_none_or(|entry| match &entry.held {
        Held::Fixed(fixed) => fixed.import.outcome() == Outcome::Succeeded,
        Held::Living(life) => life.status(life.position(now)).outcome() == Outcome::Succeeded,
    })
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

    /// The bot, if it is there now.
    pub(crate) fn existing(&self, id: &BotId, imports: &Imports, now: SystemTime) -> Result<&Bot, Refusal> {
        self.get(id).filter(|bot| bot.exists(imports, now)).ok_or(Refusal::InvalidStreamId)
    }

    pub(crate) fn get(&self, id: &BotId) -> Option<&Bot> {
        self.all.iter().find(|bot| bot.id == *id)
    }

    pub(crate) fn get_mut(&mut self, id: &BotId) -> Option<&mut Bot> {
        self.changes += 1;
        self.all.iter_mut().find(|bot| bot.id == *id)
    }
}
