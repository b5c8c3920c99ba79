//! Scenarios: the course of an import, an export or a publish, written in advance in Rust, TOML or JSON.
//!
//! A [`Life`](crate::life::Life) follows one, and many may share it.

mod build;
mod form;

use std::path::Path;
use std::time::Duration;

use kore_types::{Status, StatusLog, TaskType};
use serde_json::{Map, Value};

pub use build::{ScenarioBuilder, Task};
pub(crate) use form::ScenarioForm;

use form::TaskForm;

use crate::input::{self, Input};
use crate::{InputError, JobKind};

/// The most tasks: clients read logs of some more entries.
const MAX_TASKS: usize = 499_999;

/// The course of an import, an export or a publish: its tasks in order, each with a duration and an
/// outcome, and how the job ends. Made with [`Scenario::builder`], or read from a file:
///
/// ```
/// use kore_emulator::Scenario;
///
/// let scenario = Scenario::from_toml(r#"
///     name = "no-entity"            # all but `tasks` may be left out
///     about = "A dialog fails."
///     job = "import"                # or "export" or "publish"
///     bot = "Shop"                  # the name of the import request's entry
///     status = "failed"             # at the end; else "failed" if a task failed, or "success"
///     pending = "pending"           # the import's status before its end
///     running = "inprogress"        # a task's status before its end
///     older_spelling = false        # botRefId and botId for streamRefId and streamId
///
///     [document]                    # further keys of the document, or values for documented ones
///     createdBy = "u-1f"
///     region = "eu"
///
///     [at_end]                      # keys that the document has from its end on
///     streamId = "st-1f"
///
///     [[tasks]]
///     type = "Bot Definition"
///     name = "Shop"                 # one second, and "success"
///
///     [[tasks]]
///     type = "Dialog"
///     name = "Pay"
///     duration = "500ms"            # or "forever"
///     outcome = "failed"            # any word
///     extra = { error = "no entity", attempts = 3 }
/// "#, "no-entity.toml")?;
/// assert_eq!(scenario.task_count(), 2);
/// assert_eq!(scenario.duration(), Some(std::time::Duration::from_millis(1500)));
/// # Ok::<(), kore_emulator::InputError>(())
/// ```
///
/// JSON has the same keys. A document that is to be answered to the digit is not made by a scenario,
/// but [held](crate::Emulator::hold) as it came.
///
/// The tasks of a publish are its `statusSummary`, each with its type as `resourceType` and
/// `resourceId`. The status document of an export tells of no task: there they say how long it takes
/// and whether it fails.
///
/// The log of an import begins with the entry `importRequest`, `success`, as that of the documented answer to the
/// import call does. The entry of a task appears as the task starts, and gets its outcome
/// and its extra keys as the task ends. That the import is `pending` until its end is documented;
/// no document shows the status of a task that runs, and `inprogress` is the word of sibling jobs.
#[derive(Clone, Debug)]
pub struct Scenario {
    form: ScenarioForm,
    /// The status of the job at its end.
    end: Status,
    /// When each task ends, from the start of the first, endless ones taking no time.
    ends: Vec<Duration>,
    /// The tasks that never end, in order.
    endless: Vec<usize>,
}

impl Input for Scenario {
    type Form = ScenarioForm;

    fn of(form: ScenarioForm) -> Result<Self, InputError> {
        let found = form.tasks.len();
        if found > MAX_TASKS {
            return Err(InputError::new(format_args!("expected at most {MAX_TASKS} tasks, found {found}")));
        }
        let end_of = |elapsed: &mut Duration, task: &TaskForm| {
            *elapsed = elapsed.saturating_add(task.duration().unwrap_or_default());
            Some(*elapsed)
        };
        let ends = form.tasks.iter().scan(Duration::ZERO, end_of).collect();
        let endless = (0..found).filter(|n| form.tasks[*n].duration().is_none()).collect();
        Ok(Self { end: form.end().clone(), ends, endless, form })
    }
}

impl Scenario {
    /// Starts with no task: an import that succeeds at once.
    pub fn builder(name: impl Into<String>) -> ScenarioBuilder {
        ScenarioBuilder::new(name.into())
    }

    /// Reads a file, whose name ends in `.toml` or `.json`.
    ///
    /// # Errors
    /// If the file cannot be read or is no scenario; the message says what and where.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, InputError> {
        let path = path.as_ref();
        let mut scenario: Self = input::from_file(path)?;
        if scenario.form.name.is_empty() {
            scenario.form.name = path.file_stem().unwrap_or_default().to_string_lossy().into();
        }
        Ok(scenario)
    }

    /// Reads a TOML text; `source` is what errors call it.
    ///
    /// # Errors
    /// If the text is no scenario; the message says what and where.
    pub fn from_toml(text: &str, source: &str) -> Result<Self, InputError> {
        input::from_toml(text, source)
    }

    /// Reads a JSON text; `source` is what errors call it.
    ///
    /// # Errors
    /// If the text is no scenario; the message says what and where.
    pub fn from_json(text: &str, source: &str) -> Result<Self, InputError> {
        input::from_json(text, source)
    }

    /// Its name; that of its file, without the extension, if the file gives none.
    pub fn name(&self) -> &str {
        &self.form.name
    }

    /// What it is the course of.
    pub fn job(&self) -> JobKind {
        self.form.job
    }

    /// What it is for, in a sentence; empty if nothing was said.
    pub fn about(&self) -> &str {
        &self.form.about
    }

    /// How many tasks there are, the import request not counted.
    pub fn task_count(&self) -> usize {
        self.form.tasks.len()
    }

    /// How long it takes by time; `None` if it never ends.
    pub fn duration(&self) -> Option<Duration> {
        self.endless.is_empty().then(|| self.ends.last().copied().unwrap_or_default())
    }

    /// How many tasks have ended a while after the start of the first.
    pub(crate) fn ended_after(&self, elapsed: Duration) -> usize {
        self.ends.partition_point(|end| *end <= elapsed)
    }

    /// When a task starts, from the start of the first; for one past the last, its end.
    pub(crate) fn start_of(&self, task: usize) -> Duration {
        task.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default()
    }

    /// The first of the tasks from `from` on that never ends.
    pub(crate) fn endless_from(&self, from: usize) -> Option<usize> {
        self.endless.get(self.endless.partition_point(|task| *task < from)).copied()
    }

    /// The log: tasks that have ended, and perhaps the status of the one after them.
    pub(crate) fn log(&self, ended: usize, next: Option<&Status>) -> Vec<StatusLog> {
        self.recent(ended, next, usize::MAX).1
    }

    /// How long the log is, and its end: at most so many entries, and one more.
    pub(crate) fn recent(&self, ended: usize, next: Option<&Status>, most: usize) -> (usize, Vec<StatusLog>) {
        let tasks = &self.form.tasks;
        let ended = ended.min(tasks.len());
        let first = ended.saturating_sub(most);
        let mut log = Vec::with_capacity(ended - first + 2);
        let has_request = self.form.job.is_import();
        if first == 0 && has_request {
            log.push(StatusLog::new(TaskType::ImportRequest, self.form.bot(), Status::Success));
        }
        log.extend(tasks[first..ended].iter().map(|task| {
            let mut entry = task.entry(task.outcome(self.form.job));
            entry.extra = task.extra.clone().into_iter().collect();
            entry
        }));
        if let (Some(task), Some(status)) = (tasks.get(ended), next) {
            log.push(task.entry(status));
        }
        (log.len() + if first == 0 { 0 } else { first + usize::from(has_request) }, log)
    }

    pub(crate) fn words(&self) -> Words<'_> {
        Words {
            pending: self.form.pending(),
            running: self.form.running(),
            end: &self.end,
            failed: self.form.failed(),
        }
    }

    pub(crate) fn has_older_spelling(&self) -> bool {
        self.form.older_spelling
    }

    /// Keys of the document from its start on, and from its end on.
    pub(crate) fn keys(&self) -> (&Map<String, Value>, &Map<String, Value>) {
        (&self.form.document, &self.form.at_end)
    }

    /// The form of its file.
    pub(crate) fn form(&self) -> &ScenarioForm {
        &self.form
    }
}

/// The words for each state.
pub(crate) struct Words<'a> {
    pub(crate) pending: &'a Status,
    pub(crate) running: &'a Status,
    pub(crate) end: &'a Status,
    pub(crate) failed: &'a Status,
}
