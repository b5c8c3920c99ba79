//! Builds a scenario in Rust, with the keys and defaults of its file.

use std::time::Duration;

use kore_types::{Status, TaskType};
use serde::Serialize;
use serde_json::Map;

use super::Scenario;
use super::form::{DOCUMENT_RESERVED, EXTRA_RESERVED, ScenarioForm, TaskForm};
use crate::input::{Input as _, WrittenOrForever, keys};
use crate::{InputError, JobKind};

/// Builds a [`Scenario`]; its keys and defaults are those of the file, which are described there.
#[derive(Clone, Debug)]
#[must_use]
pub struct ScenarioBuilder {
    form: ScenarioForm,
    problem: Option<String>,
}

/// One task of a [`Scenario`]. By default it takes a second and ends with `success`,
/// as part of a publish with `SUCCESS`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Task {
    form: TaskForm,
    problem: Option<String>,
}

impl Task {
    /// A task; the type may be any word.
    pub fn new(task_type: impl Into<TaskType>, name: impl Into<String>) -> Self {
        let form = TaskForm {
            task_type: task_type.into(),
            name: name.into(),
            duration: None,
            outcome: None,
            extra: Map::default(),
        };
        Self { form, problem: None }
    }

    /// How long it takes.
    pub fn lasting(mut self, duration: Duration) -> Self {
        self.form.duration = Some(WrittenOrForever(Some(duration)));
        self
    }

    /// It never ends by itself.
    pub fn forever(mut self) -> Self {
        self.form.duration = Some(WrittenOrForever(None));
        self
    }

    /// Its status at its end, any word.
    pub fn outcome(mut self, word: impl Into<Status>) -> Self {
        self.form.outcome = Some(word.into());
        self
    }

    /// A further key of its entry, from its end on.
    pub fn extra(mut self, key: &str, value: impl Serialize) -> Self {
        self.problem = self.problem.or(keys::put(&mut self.form.extra, key, &value, EXTRA_RESERVED).err());
        self
    }
}

impl ScenarioBuilder {
    pub(super) fn new(name: String) -> Self {
        Self { form: ScenarioForm { name: name.into(), ..ScenarioForm::default() }, problem: None }
    }

    /// What it is for, in a sentence.
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.form.about = about.into().into();
        self
    }

    /// What it is the course of; an import unless set. The words that nothing sets are those of this
    /// kind of job.
    pub fn job(mut self, job: JobKind) -> Self {
        self.form.job = job;
        self
    }

    /// The name of the bot, which the entry of the import request bears.
    pub fn bot(mut self, name: impl Into<String>) -> Self {
        self.form.bot = Some(name.into());
        self
    }

    /// A task behind those that are there.
    pub fn task(mut self, task: Task) -> Self {
        let Task { form, problem } = task;
        let told =
            problem.map(|problem| format!("task {} ({:?}): {problem}", self.form.tasks.len() + 1, form.name));
        self.problem = self.problem.or(told);
        self.form.tasks.push(form);
        self
    }

    /// Tasks behind those that are there.
    pub fn tasks(self, tasks: impl IntoIterator<Item = Task>) -> Self {
        tasks.into_iter().fold(self, Self::task)
    }

    /// The status of the job at its end, any word. Unless set, it is the word of
    /// [`failed`](Self::failed) if a task failed, and `success` (of a publish `successful`) if none did.
    pub fn status(mut self, word: impl Into<Status>) -> Self {
        self.form.status = Some(word.into());
        self
    }

    /// The status of the job before its end; `pending` (of a publish `inprogress`) unless set.
    pub fn pending(mut self, word: impl Into<Status>) -> Self {
        self.form.pending = Some(word.into());
        self
    }

    /// The status of a task before its end; `inprogress` unless set.
    pub fn running(mut self, word: impl Into<Status>) -> Self {
        self.form.running = Some(word.into());
        self
    }

    /// The status of a job that is made to fail, and of the task that it is at; `failed` unless set.
    pub fn failed(mut self, word: impl Into<Status>) -> Self {
        self.form.failed = Some(word.into());
        self
    }

    /// `botRefId` and `botId` for `streamRefId` and `streamId`, as in the older document of an import. Of
    /// an export `streamId` for `botId`, and `downloadUrl` for `downloadURL`.
    pub fn older_spelling(mut self, older: bool) -> Self {
        self.form.older_spelling = older;
        self
    }

    /// A further key of the document, or the value of a documented one.
    pub fn document(mut self, key: &str, value: impl Serialize) -> Self {
        self.problem =
            self.problem.or(keys::put(&mut self.form.document, key, &value, DOCUMENT_RESERVED).err());
        self
    }

    /// A key that the document has from its end on.
    pub fn at_end(mut self, key: &str, value: impl Serialize) -> Self {
        self.problem =
            self.problem.or(keys::put(&mut self.form.at_end, key, &value, DOCUMENT_RESERVED).err());
        self
    }

    /// The scenario.
    ///
    /// # Errors
    /// If a key is one that is set in another way, a value cannot be written as JSON, or there are
    /// more tasks than a log can have entries.
    pub fn build(self) -> Result<Scenario, InputError> {
        match self.problem {
            Some(problem) => Err(InputError::new(format_args!("scenario {:?}: {problem}", self.form.name))),
            None => Scenario::of(self.form),
        }
    }
}
