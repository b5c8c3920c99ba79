//! What an import follows that a call has started: a scenario of the user, if there is one, else one
//! made of the files that the start names: a task for each part of the bot, which fails where the
//! export had left tasks out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kore_protocol::watch::Now;
use kore_types::TaskType;

use crate::files::{Component, File};
use crate::life::Life;
use crate::{Mode, Scenario, Task};

/// How long the tasks of an import take that is made of files: all of them, and each at most.
const ALL_TASKS: Duration = Duration::from_secs(5);
const ONE_TASK: Duration = Duration::from_millis(500);

/// More than any bot has, and fewer than a scenario can have.
const MOST_TASKS: usize = 100_000;

/// What the imports that are started follow.
#[derive(Debug)]
pub(crate) struct Starts {
    /// In turn; if there are none, each follows its files.
    pub(crate) scenarios: Vec<(Arc<Scenario>, Mode)>,
    pub(crate) mode: Mode,
    pub(crate) next: AtomicUsize,
}

impl Default for Starts {
    fn default() -> Self {
        Self { scenarios: Vec::new(), mode: Mode::TIME, next: AtomicUsize::new(0) }
    }
}

impl Starts {
    pub(super) fn life(&self, files: &Named<'_>, now: Now) -> Life {
        if self.scenarios.is_empty() {
            return Life::new(Arc::new(files.scenario()), self.mode, now.wall);
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.scenarios.len();
        let (scenario, mode) = &self.scenarios[turn];
        Life::new(Arc::clone(scenario), *mode, now.wall)
    }
}

/// The files that a start names.
#[derive(Default)]
pub(super) struct Named<'a> {
    /// The name that it gives the bot.
    pub(super) bot: Option<&'a str>,
    pub(super) definition: Option<&'a File>,
    pub(super) config: Option<&'a File>,
    pub(super) has_functions: bool,
}

impl Named<'_> {
    pub(super) fn bot_name(&self) -> Option<&str> {
        self.bot
            .or_else(|| self.config?.summary.bot.as_deref())
            .or_else(|| self.definition?.summary.bot.as_deref())
    }

    /// A task for each part of the bot, in the order of the documented log.
    fn scenario(&self) -> Scenario {
        let bot = self.bot_name().unwrap_or("a bot without a name");
        let mut parts = self.definition.map(|file| file.summary.components.clone()).unwrap_or_default();
        if self.has_functions {
            let at = parts.iter().take_while(|part| is_before_functions(&part.task_type)).count();
            parts.insert(at, Component::new(TaskType::BotFunctions, "Bot Functions"));
        }
        if self.config.is_some_and(|file| file.summary.has_variables) {
            let behind = parts.iter().rev().take_while(|part| part.task_type == TaskType::SmallTalk).count();
            parts.insert(parts.len() - behind, Component::new(TaskType::BotVariables, "BotVariables"));
        }
        let left_out = self.definition.map_or(&[][..], |file| &file.summary.unexported);
        let problem = broken(self.definition).or_else(|| broken(self.config));
        let ends = |task: Task, failed: bool| if failed { task.outcome("failed") } else { task };

        let definition = ends(Task::new(TaskType::BotDefinition, bot), problem.is_some());
        let definition = match problem {
            Some(problem) => definition.extra("error", problem),
            None => definition,
        };
        let parts = parts.iter().map(|part| Task::new(part.task_type.clone(), part.name.as_str()));
        let failed = left_out.iter().map(|name| {
            let task = ends(Task::new(TaskType::Dialog, name.as_str()), true);
            task.extra("error", "the export left this task out")
        });
        let has_failed = problem.is_some() || !left_out.is_empty();
        let end = ends(Task::new(TaskType::ImportBot, bot), has_failed);
        let tasks: Vec<_> =
            [definition].into_iter().chain(parts).chain(failed).take(MOST_TASKS).chain([end]).collect();
        let each = ONE_TASK.min(ALL_TASKS / tasks.len().try_into().unwrap_or(u32::MAX));
        Scenario::builder(format!("import of {bot}"))
            .about("Made of the files that were uploaded.")
            .bot(bot)
            .tasks(tasks.into_iter().map(|task| task.lasting(each)))
            .build()
            .expect("its keys are free, and its tasks not too many")
    }
}

/// Why a file is no definition or configuration.
fn broken(file: Option<&File>) -> Option<&str> {
    file?.summary.problem.as_deref()
}

/// Whether the documented log has such a task before that of the functions.
fn is_before_functions(task_type: &TaskType) -> bool {
    matches!(task_type, TaskType::IdpConfigurations | TaskType::CustomTemplates)
}
