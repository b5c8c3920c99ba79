//! What follows from the files that the start of an import names: where an export of its bot comes
//! from, and the scenario that is made of them: a task for each part of the bot, which fails
//! where the export had left tasks out.

use std::time::Duration;

use kore_types::{FileId, TaskType};

use crate::bots::Source;
use crate::files::{Component, File};
use crate::packed::Names;
use crate::{Scenario, Task};

/// How long the tasks of an import take that is made of files: all of them, and each at most.
const ALL_TASKS: Duration = Duration::from_secs(5);
const ONE_TASK: Duration = Duration::from_millis(500);

/// More than any bot has, and fewer than a scenario can have.
const MOST_TASKS: usize = 100_000;

/// The files that a start names.
#[derive(Default)]
pub(super) struct Named<'a> {
    /// The name that it gives the bot.
    pub(super) bot: Option<&'a str>,
    pub(super) definition: Option<&'a File>,
    pub(super) config: Option<&'a File>,
    /// Both are in it, if there is one.
    pub(super) zip: Option<&'a File>,
    pub(super) icon: Option<&'a FileId>,
    pub(super) functions: Vec<&'a File>,
}

impl Named<'_> {
    pub(super) fn bot_name(&self) -> Option<&str> {
        self.bot
            .or_else(|| self.config?.summary.bot.as_deref())
            .or_else(|| self.definition?.summary.bot.as_deref())
    }

    /// What an export gives once this import has succeeded.
    pub(super) fn source(&self) -> Source {
        if let Some(zip) = self.zip {
            return Source::Zip(zip.id.clone());
        }
        let mut names = Names::default();
        self.definition.into_iter().for_each(|file| names.definition(file));
        self.config.into_iter().for_each(|file| names.config(file));
        self.icon.into_iter().for_each(|file| names.icon(file));
        self.functions.iter().for_each(|file| names.functions(file));
        Source::Files(names.into_list())
    }

    fn has_functions(&self) -> bool {
        self.zip.map_or(!self.functions.is_empty(), |zip| zip.summary.has_functions)
    }

    /// A task for each part of the bot, in the order of the documented log.
    pub(super) fn scenario(&self) -> Scenario {
        let bot = self.bot_name().unwrap_or("a bot without a name");
        let mut parts = self.definition.map(|file| file.summary.components.clone()).unwrap_or_default();
        if self.has_functions() {
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
