//! Scenarios in files.

use kore_types::RawValue;
use serde::Deserialize;

use super::build::{DocumentKeys, ExtraKeys};
use super::{Scenario, Task};
use crate::InputError;
use crate::input::{Entries, Input, JsonText, WrittenOrForever};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "V: Deserialize<'de> + Into<Box<RawValue>>")]
pub(crate) struct File<V> {
    #[serde(default)]
    name: String,
    #[serde(default)]
    about: String,
    bot: Option<String>,
    status: Option<String>,
    pending: Option<String>,
    running: Option<String>,
    failed: Option<String>,
    #[serde(default)]
    older_spelling: bool,
    #[serde(default)]
    document: Entries<V, DocumentKeys>,
    #[serde(default)]
    at_end: Entries<V, DocumentKeys>,
    tasks: Vec<TaskInFile<V>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "V: Deserialize<'de> + Into<Box<RawValue>>")]
struct TaskInFile<V> {
    #[serde(rename = "type")]
    task_type: String,
    name: String,
    duration: Option<WrittenOrForever>,
    outcome: Option<String>,
    #[serde(default)]
    extra: Entries<V, ExtraKeys>,
}

impl Input for Scenario {
    type Toml = File<JsonText>;
    type Json = File<Box<RawValue>>;

    fn of_toml(file: Self::Toml) -> Result<Self, InputError> {
        file.into_scenario()
    }

    fn of_json(file: Self::Json) -> Result<Self, InputError> {
        file.into_scenario()
    }
}

impl<V> File<V> {
    fn into_scenario(self) -> Result<Scenario, InputError> {
        let mut builder = Scenario::builder(self.name)
            .about(self.about)
            .older_spelling(self.older_spelling)
            .keys(self.document.keys, self.at_end.keys)
            .tasks(self.tasks.into_iter().map(TaskInFile::into_task));
        if let Some(bot) = self.bot {
            builder = builder.bot(bot);
        }
        if let Some(word) = self.status {
            builder = builder.status(word);
        }
        if let Some(word) = self.pending {
            builder = builder.pending(word);
        }
        if let Some(word) = self.running {
            builder = builder.running(word);
        }
        if let Some(word) = self.failed {
            builder = builder.failed(word);
        }
        builder.build()
    }
}

impl<V> TaskInFile<V> {
    fn into_task(self) -> Task {
        let task = Task::new(self.task_type, self.name).extras(&self.extra.keys);
        let task = match self.duration {
            None => task,
            Some(WrittenOrForever(Some(duration))) => task.lasting(duration),
            Some(WrittenOrForever(None)) => task.forever(),
        };
        match self.outcome {
            Some(word) => task.outcome(word),
            None => task,
        }
    }
}
