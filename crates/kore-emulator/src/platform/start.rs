//! Uploads and starts: from files to an import that lives.
//!
//! The import follows a scenario of the user, if there is one, else one made of the files that the
//! start names: a task for each part of the bot, which fails where the export had left tasks out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use kore_protocol::bot_import::{start_existing, start_new};
use kore_protocol::file::upload;
use kore_protocol::watch::Now;
use kore_protocol::{Boundary, OutgoingResponse as _, Refusal, RequestError};
use kore_types::{BotImportId, ClientId, FileId, List, TaskType};

use super::{Platform, State};
use crate::bots::Bot;
use crate::control::cut;
use crate::emulator::made_up_id;
use crate::files::{Component, File, Files};
use crate::imports::Held;
use crate::life::{Life, new_bot};
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
    fn life(&self, files: &Named<'_>, now: Now) -> Life {
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
struct Named<'a> {
    /// The name that it gives the bot.
    bot: Option<&'a str>,
    definition: Option<&'a File>,
    config: Option<&'a File>,
    has_functions: bool,
}

impl Platform {
    pub(super) fn take(
        &self,
        client: &ClientId,
        form: upload::Form,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        // Read without the lock: it may be long.
        let file = File::read(&form);
        let response = upload::Response::new(file.uploaded()).to_http();
        let boundary = Boundary::new("none").expect("four letters");
        let State { files, app_requests, .. } = &mut *self.state();
        let requests = app_requests.entry(client.clone()).or_default();
        self.limits.admit(requests, &upload::Request::new(form, boundary), now.instant)?;
        files.put(file);
        Ok(response)
    }

    pub(super) fn start_new(
        &self,
        client: &ClientId,
        request: start_new::Request,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        let State { imports, bots, files, app_requests, .. } = &mut *self.state();
        all_there(files, request.files())?;
        let requests = app_requests.entry(client.clone()).or_default();
        self.limits.admit(requests, &request, now.instant)?;
        let import = &request.import;
        let zip = find(files, import.zip_info.as_ref());
        let named = Named {
            bot: import.name.as_deref(),
            definition: zip.or_else(|| find(files, import.bot_definition.as_ref())),
            config: zip.or_else(|| find(files, import.config_info.as_ref())),
            has_functions: zip.map_or(has_some(&import.bot_functions), |zip| zip.summary.has_functions),
        };
        let (id, life) = (made_up_id(), self.starts.life(&named, now));
        let response = accepted(&life, &id)?;
        if let Some(bot) = new_bot(&id) {
            bots.put(Bot { id: bot, name: named.bot_name().map(cut), made_by: Some(id.clone()) });
        }
        imports.put(id, Held::Living(life));
        Ok(response)
    }

    pub(super) fn start_existing(
        &self,
        request: start_existing::Request,
        now: Now,
    ) -> Result<Response<Bytes>, RequestError> {
        let State { imports, bots, files, requests, .. } = &mut *self.state();
        let bot = bots.get(&request.bot_id).filter(|bot| bot.exists(imports, now.wall));
        let bot = bot.ok_or(Refusal::InvalidStreamId)?;
        all_there(files, request.files())?;
        self.limits.admit(requests, &request, now.instant)?;
        let import = &request.import;
        let named = Named {
            bot: bot.name.as_deref(),
            definition: find(files, import.bot_definition.as_ref()),
            config: find(files, import.config_info.as_ref()),
            has_functions: has_some(&import.bot_functions),
        };
        let (id, life) = (made_up_id(), self.starts.life(&named, now).into_bot(request.bot_id.clone()));
        let response = accepted(&life, &id)?;
        imports.put(id, Held::Living(life));
        Ok(response)
    }
}

fn accepted(life: &Life, id: &BotImportId) -> Result<Response<Bytes>, RequestError> {
    let response = start_new::Response::new(life.accepted(id)).ok_or(Refusal::InternalServerError)?;
    Ok(response.to_http())
}

fn all_there<'a>(files: &Files, mut named: impl Iterator<Item = &'a FileId>) -> Result<(), Refusal> {
    if named.all(|id| files.get(id).is_some()) { Ok(()) } else { Err(Refusal::InvalidFileId) }
}

fn find<'a>(files: &'a Files, id: Option<&FileId>) -> Option<&'a File> {
    files.get(id?)
}

fn has_some(functions: &Option<List<FileId>>) -> bool {
    functions.as_ref().is_some_and(|functions| !functions.items.is_empty())
}

impl Named<'_> {
    fn bot_name(&self) -> Option<&str> {
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
