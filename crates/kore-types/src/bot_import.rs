//! The document that describes one import, and its log.

use crate::{BotId, BotImportId, List, Outcome, Status, StreamRefId, TaskType, Timestamp, UserId, model};

model! {
    /// One import of a bot: the answer to the import call and to the status call alike.
    ///
    /// Keys and order are those of the vendor's document. Which of them an answer holds is up to the
    /// platform.
    pub struct BotImport {
        /// The import request.
        #[key("_id", always)]
        pub id: Option<BotImportId>,
        /// The state of the import as a whole.
        #[key("status", always)]
        pub status: Option<Status>,
        /// The bot's stream reference.
        #[key("streamRefId")]
        pub stream_ref_id: Option<StreamRefId>,
        /// The older spelling of `streamRefId`.
        #[key("botRefId", older)]
        pub bot_ref_id: Option<StreamRefId>,
        /// What has been done so far, task by task.
        #[key("statusLogs")]
        pub status_logs: Option<List<StatusLog>>,
        /// Who asked for the import.
        #[key("createdBy")]
        pub created_by: Option<UserId>,
        /// `Botimport`, or `BotImport` in a sibling call.
        #[key("requestType")]
        pub request_type: Option<String>,
        /// When the import was asked for.
        #[key("createdOn")]
        pub created_on: Option<Timestamp>,
        /// The version key of the document store: a small integer.
        #[key("__v")]
        pub version: Option<u64>,
        /// The bot. Missing while the import is pending.
        #[key("streamId")]
        pub stream_id: Option<BotId>,
        /// The older spelling of `streamId`.
        #[key("botId", older)]
        pub bot_id: Option<BotId>,
    }
}

model! {
    /// One entry of an import's log: a task and its state.
    pub struct StatusLog {
        /// The kind of the task.
        #[key("taskType", always)]
        pub task_type: Option<TaskType>,
        /// The name of the task. Names repeat.
        #[key("taskName", always)]
        pub task_name: Option<String>,
        /// The state of the task.
        #[key("status", always)]
        pub status: Option<Status>,
    }
}

impl BotImport {
    /// An import in its first state, for servers.
    pub fn new(id: BotImportId, status: Status) -> Self {
        Self { id: Some(id), status: Some(status), ..Self::default() }
    }

    /// The bot, in either spelling of its key.
    pub fn bot(&self) -> Option<&BotId> {
        self.stream_id.as_ref().or(self.bot_id.as_ref())
    }

    /// The bot's stream reference, in either spelling of its key.
    pub fn stream_ref(&self) -> Option<&StreamRefId> {
        self.stream_ref_id.as_ref().or(self.bot_ref_id.as_ref())
    }

    /// What the status of the import as a whole means. A status that is missing, or stands twice
    /// with two words, is [`Outcome::Unknown`]. The log is not consulted: it begins with a success at
    /// once.
    pub fn outcome(&self) -> Outcome {
        self.status.as_ref().map_or(Outcome::Unknown, Status::outcome)
    }

    /// Whether the platform said that the import ended, well or badly.
    pub fn is_over(&self) -> bool {
        self.outcome().is_over()
    }

    /// The entries of the log, in order; none if there is no log.
    pub fn entries(&self) -> &[StatusLog] {
        self.status_logs.as_ref().map_or(&[], |logs| &logs.items)
    }

    /// The entries whose status says that they failed.
    pub fn failed_entries(&self) -> impl Iterator<Item = &StatusLog> {
        self.entries().iter().filter(|entry| entry.outcome() == Outcome::Failed)
    }

    /// How many entries have which outcome.
    pub fn counts(&self) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        for entry in self.entries() {
            match entry.outcome() {
                Outcome::Running => counts.running += 1,
                Outcome::Succeeded => counts.succeeded += 1,
                Outcome::Failed => counts.failed += 1,
                Outcome::Unknown => counts.unknown += 1,
            }
        }
        counts
    }
}

impl StatusLog {
    /// An entry, for servers.
    pub fn new(task_type: TaskType, task_name: impl Into<String>, status: Status) -> Self {
        Self {
            task_type: Some(task_type),
            task_name: Some(task_name.into()),
            status: Some(status),
            ..Self::default()
        }
    }

    /// What the status of the task means. A status that is missing, or stands twice with two words,
    /// is [`Outcome::Unknown`].
    pub fn outcome(&self) -> Outcome {
        self.status.as_ref().map_or(Outcome::Unknown, Status::outcome)
    }
}

/// How many entries of a log have which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutcomeCounts {
    /// Not ended.
    pub running: usize,
    /// Ended well.
    pub succeeded: usize,
    /// Ended badly.
    pub failed: usize,
    /// With a word that is missing or not known.
    pub unknown: usize,
}

impl OutcomeCounts {
    /// All entries together.
    pub fn total(&self) -> usize {
        self.running + self.succeeded + self.failed + self.unknown
    }
}
