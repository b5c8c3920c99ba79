//! Scenarios in files.

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::build::{DocumentKeys, ExtraKeys};
use super::{Entry, Scenario, Task};
use crate::InputError;
use crate::input::{Entries, Input, JsonText, Keys, WrittenOrForever};

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
    pub(crate) fn into_scenario(self) -> Result<Scenario, InputError> {
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

/// A scenario in the form of the file, for JSON.
pub(crate) struct AsFile<'a>(pub(crate) &'a Scenario);

impl Serialize for AsFile<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let scenario = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &scenario.name)?;
        map.serialize_entry("about", &scenario.about)?;
        map.serialize_entry("bot", &scenario.request.task_name)?;
        map.serialize_entry("status", &scenario.end)?;
        map.serialize_entry("pending", &scenario.pending)?;
        map.serialize_entry("running", &scenario.running)?;
        map.serialize_entry("failed", &scenario.failed)?;
        map.serialize_entry("older_spelling", &scenario.older_spelling)?;
        map.serialize_entry("document", &AsMap(&scenario.document))?;
        map.serialize_entry("at_end", &AsMap(&scenario.at_end))?;
        map.serialize_entry("tasks", &AsTasks(scenario))?;
        map.end()
    }
}

struct AsMap<'a>(&'a Keys);

impl Serialize for AsMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

struct AsTasks<'a>(&'a Scenario);

impl Serialize for AsTasks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(scenario) = self;
        serializer.collect_seq((0..).zip(&scenario.tasks).map(|(n, entry)| {
            let lasts = scenario.ends[n].saturating_sub(scenario.start_of(n));
            let is_endless = scenario.endless.binary_search(&n).is_ok();
            AsTask { entry, lasts: WrittenOrForever((!is_endless).then_some(lasts)) }
        }))
    }
}

struct AsTask<'a> {
    entry: &'a Entry,
    lasts: WrittenOrForever,
}

impl Serialize for AsTask<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.entry.task_type)?;
        map.serialize_entry("name", &self.entry.task_name)?;
        map.serialize_entry("duration", &self.lasts)?;
        map.serialize_entry("outcome", &self.entry.status)?;
        if self.entry.extra.iter().next().is_some() {
            map.serialize_entry("extra", &AsMap(&self.entry.extra))?;
        }
        map.end()
    }
}
