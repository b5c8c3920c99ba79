//! Imports, exports and publishes as the control shows them, in lists and on the page. What is shown of any text is bounded.

use std::num::NonZeroU32;
use std::time::SystemTime;

use kore_types::{BotImportId, Outcome, Status, StatusLog};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::bot_jobs::BotJob;
use crate::clock::Time;
use crate::imports::{Entry, Held};
use crate::life::{Life, Position, State};
use crate::shown::cut;
use crate::{JobKind, Mode, Speed};

/// How many entries of a log are shown.
const ENTRIES: usize = 25;

/// How many further keys of an entry are shown.
const EXTRAS: usize = 8;

/// An import in short.
#[derive(Debug, Serialize)]
pub(super) struct ImportView {
    id: String,
    /// Its place in the order: the greater, the newer.
    number: u64,
    /// `runs`, `over`, `made_to_fail`, or `fixed` for a document that nothing moves on.
    state: &'static str,
    status: String,
    /// `running`, `succeeded`, `failed` or `unknown`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<LifeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Box<RawValue>>,
}

/// An export or a publish in short.
#[derive(Debug, Serialize)]
pub(super) struct JobView {
    id: String,
    job: JobKind,
    state: &'static str,
    status: String,
    outcome: &'static str,
    life: LifeView,
    /// The tasks, which a publish tells of and an export does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogView>,
}

impl JobView {
    pub(super) fn new(job: &BotJob, now: SystemTime, much: Much) -> Self {
        let life = &job.life;
        let position = life.position(now);
        let status = life.status(position);
        Self {
            id: job.id.to_string(),
            job: job.kind(),
            state: state(position),
            status: cut(status.as_str()),
            outcome: status.outcome().as_str(),
            life: LifeView::new(life, position),
            log: (much == Much::WithLog).then(|| LogView::of(life, position)),
        }
    }
}

#[derive(Debug, Serialize)]
struct LifeView {
    scenario: String,
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<Speed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    each: Option<NonZeroU32>,
    created: Time,
    /// How many of the tasks have ended.
    ended: usize,
    tasks: usize,
}

/// The end of a log.
#[derive(Debug, Serialize)]
struct LogView {
    total: usize,
    entries: Vec<EntryView>,
}

#[derive(Debug, Serialize)]
struct EntryView {
    #[serde(rename = "type")]
    task_type: String,
    name: String,
    status: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra: Vec<(String, String)>,
}

/// How much of an import is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Much {
    Short,
    WithLog,
    WithDocument,
}

impl ImportView {
    pub(super) fn new(id: &BotImportId, entry: &Entry, now: SystemTime, much: Much) -> Self {
        let mut view = Self {
            id: id.to_string(),
            number: entry.number,
            state: "fixed",
            status: String::new(),
            outcome: "",
            life: None,
            log: None,
            document: None,
        };
        let status = match &entry.held {
            Held::Fixed(fixed) => {
                let import = &fixed.import;
                view.outcome = import.outcome().as_str();
                if much == Much::WithLog {
                    let entries = import.entries();
                    let last = &entries[entries.len().saturating_sub(ENTRIES)..];
                    view.log = Some(LogView::new(entries.len(), last));
                }
                import.status.as_ref().map(Status::as_str)
            }
            Held::Living(life) => {
                let position = life.position(now);
                let status = life.status(position);
                view.outcome = status.outcome().as_str();
                view.state = state(position);
                view.life = Some(LifeView::new(life, position));
                view.log = (much == Much::WithLog).then(|| LogView::of(life, position));
                Some(status.as_str())
            }
        };
        view.status = cut(status.unwrap_or_default());
        if much == Much::WithDocument {
            let document = match &entry.held {
                Held::Fixed(fixed) => serde_json::from_slice(&fixed.json),
                Held::Living(life) => RawValue::from_string(life.document(id, now)),
            };
            view.document = document.ok();
        }
        view
    }
}

impl LifeView {
    fn new(life: &Life, position: Position) -> Self {
        let (mode, speed, each) = match life.mode() {
            Mode::AtOnce => ("at-once", None, None),
            Mode::Time { speed } => ("time", Some(speed), None),
            Mode::Looks { each } => ("looks", None, Some(each)),
        };
        Self {
            scenario: cut(life.scenario().name()),
            mode,
            speed,
            each,
            created: Time(life.created()),
            ended: position.ended,
            tasks: life.scenario().task_count(),
        }
    }
}

impl LogView {
    fn of(life: &Life, position: Position) -> Self {
        let (total, last) = life.recent(position, ENTRIES);
        Self::new(total, &last)
    }

    fn new(total: usize, last: &[StatusLog]) -> Self {
        Self { total, entries: last.iter().map(EntryView::new).collect() }
    }
}

impl EntryView {
    fn new(entry: &StatusLog) -> Self {
        let extra = entry.extra.iter().take(EXTRAS);
        Self {
            task_type: cut(entry.task_type.as_ref().map_or("", |kind| kind.as_str())),
            name: cut(entry.task_name.as_deref().unwrap_or_default()),
            status: cut(entry.status.as_ref().map_or("", Status::as_str)),
            outcome: entry.outcome().as_str(),
            extra: extra.map(|(key, value)| (cut(key), cut(&value.to_string()))).collect(),
        }
    }
}

/// How many imports have which outcome.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Counts {
    running: usize,
    succeeded: usize,
    failed: usize,
    unknown: usize,
}

impl Counts {
    pub(super) fn add(&mut self, entry: &Entry, now: SystemTime) {
        let outcome = match &entry.held {
            Held::Fixed(fixed) => fixed.import.outcome(),
            Held::Living(life) => life.status(life.position(now)).outcome(),
        };
        match outcome {
            Outcome::Running => self.running += 1,
            Outcome::Succeeded => self.succeeded += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Unknown => self.unknown += 1,
        }
    }
}

fn state(position: Position) -> &'static str {
    match position.state {
        State::Runs => "runs",
        State::Over => "over",
        State::MadeToFail => "made_to_fail",
    }
}
