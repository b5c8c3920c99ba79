//! The document that describes one import, and its log.

use std::fmt;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json::{By, FromJson, ObjectVisitor, object, read_field};
use crate::{
    BotId, BotImportId, Extra, Field, Outcome, Status, StreamRefId, TaskType, Timestamp, UserId, Verbatim,
};

object! {
    /// One import of a bot: the answer to the import call and to the status call alike.
    ///
    /// Keys, spellings and order are those of the vendor's document. Which of them an answer
    /// holds is up to the platform, hence the [`Field`](crate::Field)s.
    pub struct BotImport: "a bot import" {
        /// The import request.
        id: BotImportId = "_id" [always],
        /// The state of the import as a whole.
        status: Status = "status" [always],
        /// The bot's stream reference.
        stream_ref_id: StreamRefId = "streamRefId" or "botRefId",
        /// What has been done so far, task by task.
        status_logs: StatusLogs = "statusLogs",
        /// Who asked for the import.
        created_by: UserId = "createdBy",
        /// `Botimport`, or `BotImport` in a sibling call.
        request_type: String = "requestType",
        /// When the import was asked for.
        created_on: Timestamp = "createdOn",
        /// The version key of the document store: a small integer.
        version: u64 = "__v",
        /// The bot. Missing while the import is pending.
        stream_id: BotId = "streamId" or "botId",
    }
}

object! {
    /// One entry of an import's log: a task and its state.
    pub struct StatusLog: "a status log entry" {
        /// The kind of the task.
        task_type: TaskType = "taskType" [always],
        /// The name of the task. Names repeat.
        task_name: String = "taskName" [always],
        /// The state of the task.
        status: Status = "status" [always],
    }
}

impl BotImport {
    /// An import in its first state, for servers.
    pub fn new(id: BotImportId, status: Status) -> Self {
        Self { id: id.into(), status: status.into(), ..Self::default() }
    }

    /// What the status of the import as a whole means. A status that is missing, or stands twice
    /// with different meanings, is [`Outcome::Unknown`]. The log is not consulted: it begins with a
    /// success at once.
    pub fn outcome(&self) -> Outcome {
        outcome(&self.status, self.extra())
    }

    /// Whether the platform said that the import ended, well or badly.
    pub fn is_over(&self) -> bool {
        self.outcome().is_over()
    }

    /// The entries of the log, in order; none if there is no log.
    pub fn entries(&self) -> &[StatusLog] {
        self.status_logs.get().map_or(&[], StatusLogs::entries)
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
            task_type: task_type.into(),
            task_name: task_name.into().into(),
            status: status.into(),
            ..Self::default()
        }
    }

    /// What the status of the task means. A status that is missing, or stands twice with different
    /// meanings, is [`Outcome::Unknown`].
    pub fn outcome(&self) -> Outcome {
        outcome(&self.status, self.extra())
    }
}

fn outcome(status: &Field<Status>, extra: &Extra) -> Outcome {
    let said = status.get().map_or(Outcome::Unknown, Status::outcome);
    // Two readers of JSON may take different ones of two equal keys.
    let mut others = extra.iter().filter(|(key, _)| *key == "status");
    let agrees = |(_, raw): (_, &RawValue)| {
        read_field::<Status>(raw).get().is_some_and(|again| again.outcome() == said)
    };
    if others.all(agrees) { said } else { Outcome::Unknown }
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

/// The log of an import.
///
/// An element that is not an object (`null`, say) is no entry, but is kept at its place and
/// written back there. A log of more than [`StatusLogs::MAX`] elements is not taken apart, so that
/// a document costs no more memory than a multiple of a real one: it is kept as
/// [`Field::Other`](crate::Field::Other).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusLogs {
    entries: Vec<StatusLog>,
    /// Elements that are not objects, with their index in the array.
    others: Vec<(usize, Verbatim)>,
}

impl StatusLogs {
    /// How many elements are read: more than three times what the default limit of a body holds.
    pub const MAX: usize = 500_000;

    /// The entries in order.
    pub fn entries(&self) -> &[StatusLog] {
        &self.entries
    }

    /// The entries, to change or to add to.
    pub fn entries_mut(&mut self) -> &mut Vec<StatusLog> {
        &mut self.entries
    }

    /// The elements that are not objects, each with its index in the array.
    pub fn others(&self) -> impl ExactSizeIterator<Item = (usize, &RawValue)> {
        self.others.iter().map(|(at, value)| (*at, value.as_raw()))
    }
}

impl From<Vec<StatusLog>> for StatusLogs {
    fn from(entries: Vec<StatusLog>) -> Self {
        Self { entries, others: Vec::new() }
    }
}

impl FromIterator<StatusLog> for StatusLogs {
    fn from_iter<I: IntoIterator<Item = StatusLog>>(entries: I) -> Self {
        Vec::from_iter(entries).into()
    }
}

impl Serialize for StatusLogs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.entries.len() + self.others.len()))?;
        let mut others = self.others.iter().peekable();
        let mut at = 0;
        for entry in &self.entries {
            while let Some((_, value)) = others.next_if(|(place, _)| *place <= at) {
                seq.serialize_element(value)?;
                at += 1;
            }
            seq.serialize_element(entry)?;
            at += 1;
        }
        for (_, value) in others {
            seq.serialize_element(value)?;
        }
        seq.end()
    }
}

impl FromJson for StatusLogs {
    fn from_json_value(text: &str) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_seq(ElementVisitor).ok()
    }

    fn read_in_place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        deserializer.deserialize_any(LogVisitor)
    }
}

struct LogVisitor;

impl<'de> Visitor<'de> for LogVisitor {
    type Value = Field<StatusLogs>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of status log entries, or null")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = seq.next_element_seed(Entry)? {
            entries.push(entry);
            room_for(entries.len())?;
        }
        Ok(Field::Value(entries.into()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(Field::Null)
    }
}

/// Reads each element from its text.
struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = StatusLogs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<StatusLogs, A::Error> {
        let mut logs = StatusLogs::default();
        while let Some(element) = seq.next_element::<&RawValue>()? {
            let at = logs.entries.len() + logs.others.len();
            room_for(at + 1)?;
            let entry = element.get().starts_with('{').then(|| StatusLog::from_json(element.get()).ok());
            match entry.flatten() {
                Some(entry) => logs.entries.push(entry),
                None => logs.others.push((at, element.into())),
            }
        }
        Ok(logs)
    }
}

fn room_for<E: serde::de::Error>(elements: usize) -> Result<(), E> {
    if elements <= StatusLogs::MAX { Ok(()) } else { Err(E::invalid_length(elements, &"a shorter log")) }
}

struct Entry;

impl<'de> DeserializeSeed<'de> for Entry {
    type Value = StatusLog;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<StatusLog, D::Error> {
        deserializer.deserialize_map(ObjectVisitor::new(By::Place))
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for StatusLogs {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StatusLogs".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let items = generator.subschema_for::<StatusLog>();
        schemars::json_schema!({ "type": "array", "items": items })
    }
}
