//! All imports, bots, their exports and publishes, and files at one moment: what a snapshot is made of, and a platform is given.

use std::time::SystemTime;

use kore_types::{BotId, BotImportId};

use crate::bot_jobs::BotJob;
use crate::bots::Bot;
use crate::files::File;
use crate::imports::Held;

/// All that the platform holds, as a snapshot takes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    pub(crate) imports: Vec<(BotImportId, Held)>,
    pub(crate) bots: Vec<Bot>,
    pub(crate) bot_jobs: Vec<(BotId, BotJob)>,
    pub(crate) files: Vec<File>,
}

impl Contents {
    /// The same at its start: each import that runs by a scenario begins at `now`.
    pub(crate) fn begun(&self, now: SystemTime) -> Self {
        let imports = self.imports.iter().map(|(id, held)| (id.clone(), held.begun(now))).collect();
        Self { imports, ..self.clone() }
    }
}
