//! `/bots` and `/files`: what an import can go into, with its last export and publish, and what was
//! uploaded for one.

use std::time::SystemTime;

use bytes::Bytes;
use http::{Response, StatusCode};
use kore_types::{BotId, BotImportId, FileId};
use serde::{Deserialize, Serialize};

use super::answer::{self, Problem, json, no_content};
use super::base::Control;
use super::view::{JobView, Much};
use crate::bodies::AnswerBody;
use crate::bot_jobs::BotJobs;
use crate::bots::Bot;
use crate::files::File;
use crate::shown::cut;
use crate::{JobKind, input};

/// The most bots at a time.
const MAX_BOTS: usize = 10_000;

/// How many bots and files are listed, the newest.
const LISTED: usize = 1000;

/// The bots and files of a list, or of the page.
#[derive(Debug, Serialize)]
pub(super) struct BotsAndFiles {
    bots: Vec<BotView>,
    files: Vec<FileView>,
    /// How many files there are.
    files_in_all: usize,
}

#[derive(Debug, Serialize)]
struct BotView {
    id: BotId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by: Option<BotImportId>,
    /// Whether an import can go into it. One that an import makes is there when that has succeeded.
    exists: bool,
    /// Its last export.
    #[serde(skip_serializing_if = "Option::is_none")]
    export: Option<JobView>,
    /// Its last publish.
    #[serde(skip_serializing_if = "Option::is_none")]
    publish: Option<JobView>,
}

impl BotView {
    fn new(bot: &Bot, exists: bool) -> Self {
        let Bot { id, name, made_by, .. } = bot.clone();
        Self { id, name, made_by, exists, export: None, publish: None }
    }

    fn with_jobs(bot: &Bot, exists: bool, jobs: &BotJobs, now: SystemTime) -> Self {
        let view = |kind| jobs.get(&bot.id, kind).map(|job| JobView::new(job, now, Much::Short));
        Self { export: view(JobKind::Export), publish: view(JobKind::Publish), ..Self::new(bot, exists) }
    }
}

#[derive(Debug, Serialize)]
struct FileView {
    id: FileId,
    name: String,
    extension: Option<String>,
    context: String,
    size: u64,
    hash: String,
    /// How many tasks an import has of it.
    parts: usize,
}

impl From<File> for FileView {
    fn from(file: File) -> Self {
        let File { id, name, extension, context, size, hash, summary } = file;
        let parts = summary.components.len() + summary.unexported.len();
        Self { id, name, extension, context, size, hash, parts }
    }
}

/// What is to be added.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToAdd {
    id: String,
    name: Option<String>,
}

impl Control {
    /// The newest of each, the newest first.
    pub(super) fn bots_and_files(&self, most: usize) -> BotsAndFiles {
        let now = self.clock.now().wall;
        let view = |bot: &Bot, exists, jobs: &BotJobs| BotView::with_jobs(bot, exists, jobs, now);
        let bots = self.platform.bots(most, view, now);
        let (files_in_all, files) = self.platform.newest_files(most);
        BotsAndFiles { bots, files: files.into_iter().map(FileView::from).collect(), files_in_all }
    }

    pub(super) fn list_bots(&self) -> Response<AnswerBody> {
        #[derive(Serialize)]
        struct Listed {
            bots: Vec<BotView>,
        }
        json(StatusCode::OK, &Listed { bots: self.bots_and_files(LISTED).bots })
    }

    pub(super) fn list_files(&self) -> Response<AnswerBody> {
        #[derive(Serialize)]
        struct Listed {
            total: usize,
            files: Vec<FileView>,
        }
        let BotsAndFiles { files, files_in_all: total, .. } = self.bots_and_files(LISTED);
        json(StatusCode::OK, &Listed { total, files })
    }

    pub(super) fn add_bot(&self, body: &Bytes) -> Result<Response<AnswerBody>, Problem> {
        let expected = r#"{"id": "st-1f"}, and perhaps "name": "Shop""#;
        let asked: ToAdd = input::json_of(&answer::text(body)?, "the body")
            .map_err(|error| Problem::body(expected, error))?;
        let id = BotId::new(&*asked.id).map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, expected)
                .found(format!("{:?}: {error}", asked.id))
                .hint("give it the id of a bot")
        })?;
        let bot = Bot { name: asked.name.as_deref().map(cut), ..Bot::new(id) };
        let view = BotView::new(&bot, true);
        if self.platform.add_bot(bot, MAX_BOTS) {
            return Ok(json(StatusCode::CREATED, &view));
        }
        Err(Problem::new(StatusCode::CONFLICT, format!("at most {MAX_BOTS} bots"))
            .found("as many")
            .hint("delete some, or reset the emulator"))
    }

    pub(super) fn delete_bot(&self, id: &str) -> Result<Response<AnswerBody>, Problem> {
        let is_removed = BotId::new(id).is_ok_and(|id| self.platform.remove_bot(&id));
        if is_removed {
            return Ok(no_content());
        }
        Err(Problem::new(StatusCode::NOT_FOUND, "the id of a bot that is there")
            .found(id)
            .hint("GET /_emulator/bots lists those that are"))
    }
}
