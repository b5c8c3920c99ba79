//! A scenario as it stands in a file, in a snapshot and in memory: one serde type for all three.

use std::time::Duration;

use kore_types::{Outcome, Status, StatusLog, TaskType};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::JobKind;
use crate::input::{Reserved, WrittenOrForever, keys};

/// The bot of the documented sample.
const BOT: &str = "SampleBot";

/// How long a task takes by default.
const USUAL: Duration = Duration::from_secs(1);

/// Keys of the document that follow from the rest.
pub(super) const DOCUMENT_RESERVED: &Reserved = &[
    ("_id", "each import has its own"),
    ("status", "the keys `status` and `pending` of the scenario give it"),
    ("statusLogs", "the tasks make it"),
    ("statusSummary", "the tasks make it"),
];

/// Keys of a task's entry that follow from the rest.
pub(super) const EXTRA_RESERVED: &Reserved = &[
    ("taskType", "the key `type` of the task gives it"),
    ("taskName", "the key `name` of the task gives it"),
    ("status", "the key `outcome` of the task gives it"),
];

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioForm {
    #[serde(default)]
    pub(super) name: Box<str>,
    #[serde(default)]
    pub(super) about: Box<str>,
    #[serde(default, skip_serializing_if = "JobKind::is_import")]
    pub(super) job: JobKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bot: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pending: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) running: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<Status>,
    #[serde(default)]
    pub(super) older_spelling: bool,
    #[serde(default, deserialize_with = "document", skip_serializing_if = "Map::is_empty")]
    pub(super) document: Map<String, Value>,
    #[serde(default, deserialize_with = "document", skip_serializing_if = "Map::is_empty")]
    pub(super) at_end: Map<String, Value>,
    pub(super) tasks: Vec<TaskForm>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskForm {
    #[serde(rename = "type")]
    pub(super) task_type: TaskType,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration: Option<WrittenOrForever>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<Status>,
    #[serde(default, deserialize_with = "extra", skip_serializing_if = "Map::is_empty")]
    pub(super) extra: Map<String, Value>,
}

impl ScenarioForm {
    pub(super) fn bot(&self) -> &str {
        self.bot.as_deref().unwrap_or(BOT)
    }

    pub(super) fn pending(&self) -> &Status {
        self.pending.as_ref().unwrap_or(&self.job.usual().pending)
    }

    pub(super) fn running(&self) -> &Status {
        self.running.as_ref().unwrap_or(&self.job.usual().running)
    }

    pub(super) fn failed(&self) -> &Status {
        self.failed.as_ref().unwrap_or(&self.job.usual().failed)
    }

    /// The status of the job at its end, as a task failed or none did.
    pub(super) fn end(&self) -> &Status {
        let failed = |task: &TaskForm| task.outcome(self.job).outcome() == Outcome::Failed;
        match &self.status {
            Some(status) => status,
            None if self.tasks.iter().any(failed) => self.failed(),
            None => &self.job.usual().end,
        }
    }
}

impl TaskForm {
    pub(super) fn entry(&self, status: &Status) -> StatusLog {
        StatusLog::new(self.task_type.clone(), self.name.as_str(), status.clone())
    }

    pub(super) fn outcome(&self, job: JobKind) -> &Status {
        self.outcome.as_ref().unwrap_or(&job.usual().done)
    }

    /// How long it takes; `None` for ever.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.duration.map_or(Some(USUAL), |WrittenOrForever(duration)| duration)
    }
}

fn document<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    keys::read(deserializer, DOCUMENT_RESERVED)
}

fn extra<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    keys::read(deserializer, EXTRA_RESERVED)
}
