//! Scenarios made in Rust.

use std::time::Duration;

use kore_types::{Outcome, Status, TaskType};
use serde::Serialize;

use super::{Entry, Scenario};
use crate::InputError;
use crate::input::{Keys, Reserved, raw};

/// The bot of the documented sample.
const BOT: &str = "SampleBot";

/// The most tasks: clients read logs of some more entries.
const MAX_TASKS: usize = 499_999;

/// How long a task takes if nothing is said.
const USUAL: Duration = Duration::from_secs(1);

/// Builds a [`Scenario`]; its keys and defaults are those of the file, which are described there.
#[derive(Clone, Debug)]
#[must_use]
pub struct ScenarioBuilder {
    name: String,
    about: String,
    bot: String,
    status: Option<Status>,
    pending: Status,
    running: Status,
    failed: Status,
    older_spelling: bool,
    document: Keys,
    at_end: Keys,
    tasks: Vec<Task>,
    problem: Option<String>,
}

/// One task of a [`Scenario`]. It takes a second and ends with `success`, unless told otherwise.
#[derive(Clone, Debug)]
#[must_use]
pub struct Task {
    entry: Entry,
    /// `None` for ever.
    duration: Option<Duration>,
    problem: Option<String>,
}

impl Task {
    /// A task; the type may be any word.
    pub fn new(task_type: impl Into<TaskType>, name: impl Into<String>) -> Self {
        let entry = Entry::new(task_type.into(), name.into(), Status::Success);
        Self { entry, duration: Some(USUAL), problem: None }
    }

    /// How long it takes.
    pub fn lasting(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// It never ends by itself.
    pub fn forever(mut self) -> Self {
        self.duration = None;
        self
    }

    /// Its status at its end, any word.
    pub fn outcome(mut self, word: impl Into<Status>) -> Self {
        self.entry.status = word.into();
        self
    }

    /// A further key of its entry, from its end on.
    pub fn extra(mut self, key: &str, value: impl Serialize) -> Self {
        match ExtraKeys::check(key).and_then(|()| raw(&value)) {
            Ok(value) => self.entry.extra.set(key, value),
            Err(problem) => self.problem = self.problem.or(Some(problem)),
        }
        self
    }

    pub(super) fn extras(mut self, keys: &Keys) -> Self {
        keys.iter().for_each(|(key, value)| self.entry.extra.set(key, value.to_owned()));
        self
    }
}

impl ScenarioBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            about: String::new(),
            bot: BOT.to_owned(),
            status: None,
            pending: Status::Pending,
            running: Status::InProgress,
            failed: Status::Failed,
            older_spelling: false,
            document: Keys::default(),
            at_end: Keys::default(),
            tasks: Vec::new(),
            problem: None,
        }
    }

    /// What it is for, in a sentence.
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }

    /// The name of the bot, which the entry of the import request bears.
    pub fn bot(mut self, name: impl Into<String>) -> Self {
        self.bot = name.into();
        self
    }

    /// A task behind those that are there.
    pub fn task(mut self, task: Task) -> Self {
        self.tasks.push(task);
        self
    }

    /// Tasks behind those that are there.
    pub fn tasks(mut self, tasks: impl IntoIterator<Item = Task>) -> Self {
        self.tasks.extend(tasks);
        self
    }

    /// The status of the import at its end, any word. Unless set, it is the word of
    /// [`failed`](Self::failed) if a task failed, and `success` if none did.
    pub fn status(mut self, word: impl Into<Status>) -> Self {
        self.status = Some(word.into());
        self
    }

    /// The status of the import before its end; `pending` unless set.
    pub fn pending(mut self, word: impl Into<Status>) -> Self {
        self.pending = word.into();
        self
    }

    /// The status of a task before its end; `inprogress` unless set.
    pub fn running(mut self, word: impl Into<Status>) -> Self {
        self.running = word.into();
        self
    }

    /// The status of an import that is made to fail, and of the task that it is at; `failed` unless
    /// set.
    pub fn failed(mut self, word: impl Into<Status>) -> Self {
        self.failed = word.into();
        self
    }

    /// `botRefId` and `botId` for `streamRefId` and `streamId`, as in the older document.
    pub fn older_spelling(mut self, older: bool) -> Self {
        self.older_spelling = older;
        self
    }

    /// A further key of the document, or the value of a documented one.
    pub fn document(mut self, key: &str, value: impl Serialize) -> Self {
        self.problem = self.problem.or(put(&mut self.document, key, &value).err());
        self
    }

    /// A key that the document has from its end on.
    pub fn at_end(mut self, key: &str, value: impl Serialize) -> Self {
        self.problem = self.problem.or(put(&mut self.at_end, key, &value).err());
        self
    }

    pub(super) fn keys(mut self, document: Keys, at_end: Keys) -> Self {
        (self.document, self.at_end) = (document, at_end);
        self
    }

    /// The scenario.
    ///
    /// # Errors
    /// If a key is one that is set in another way, a value cannot be written as JSON, or there are
    /// more tasks than a log can have entries.
    pub fn build(self) -> Result<Scenario, InputError> {
        if let Some(problem) = self.problem {
            return Err(InputError::new(format_args!("scenario {:?}: {problem}", self.name)));
        }
        if self.tasks.len() > MAX_TASKS {
            let most = MAX_TASKS;
            let found = self.tasks.len();
            return Err(InputError::new(format_args!("expected at most {most} tasks, found {found}")));
        }
        let (mut tasks, mut ends, mut endless) = (Vec::new(), Vec::new(), Vec::new());
        let mut elapsed = Duration::ZERO;
        for (n, task) in self.tasks.into_iter().enumerate() {
            if let Some(problem) = task.problem {
                let name = &task.entry.task_name;
                return Err(InputError::new(format_args!("task {} ({name:?}): {problem}", n + 1)));
            }
            if task.duration.is_none() {
                endless.push(n);
            }
            elapsed = elapsed.saturating_add(task.duration.unwrap_or_default());
            ends.push(elapsed);
            tasks.push(task.entry);
        }
        let has_failed = tasks.iter().any(|task: &Entry| task.status.outcome() == Outcome::Failed);
        let end = if has_failed { self.failed.clone() } else { Status::Success };
        Ok(Scenario {
            name: self.name.into(),
            about: self.about.into(),
            older_spelling: self.older_spelling,
            pending: self.pending,
            running: self.running,
            end: self.status.unwrap_or(end),
            failed: self.failed,
            document: self.document,
            at_end: self.at_end,
            request: Entry::new(TaskType::ImportRequest, self.bot, Status::Success),
            tasks,
            ends,
            endless,
        })
    }
}

fn put(keys: &mut Keys, key: &str, value: &impl Serialize) -> Result<(), String> {
    DocumentKeys::check(key)?;
    keys.set(key, raw(value)?);
    Ok(())
}

/// Keys of the document that follow from the rest.
pub(super) struct DocumentKeys;

impl Reserved for DocumentKeys {
    const KEYS: &'static [(&'static str, &'static str)] = &[
        ("_id", "each import has its own"),
        ("status", "the keys `status` and `pending` of the scenario give it"),
        ("statusLogs", "the tasks make it"),
    ];
}

/// Keys of a task's entry that follow from the rest.
pub(super) struct ExtraKeys;

impl Reserved for ExtraKeys {
    const KEYS: &'static [(&'static str, &'static str)] = &[
        ("taskType", "the key `type` of the task gives it"),
        ("taskName", "the key `name` of the task gives it"),
        ("status", "the key `outcome` of the task gives it"),
    ];
}
