//! `/bots` and `/files`: what an import can go into, and what was uploaded for one.

use kore_types::BotId;
use serde::Deserialize;

use super::view::cut;
use super::*;
use crate::bots::Bot;
use crate::files::File;

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
    id: String,
    name: String,
    /// Whether an import can go into it. One that an import makes is there when that has succeeded.
    exists: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by: Option<String>,
}

#[derive(Debug, Serialize)]
struct FileView {
    id: String,
    name: String,
    extension: String,
    context: String,
    size: u64,
    hash: String,
    /// How many tasks an import has of it.
    parts: usize,
}

impl BotView {
    fn new(bot: &Bot, exists: bool) -> Self {
        let name = cut(bot.name.as_deref().unwrap_or_default());
        Self { id: bot.id.to_string(), name, exists, made_by: bot.made_by.as_ref().map(ToString::to_string) }
    }
}

impl From<&File> for FileView {
    fn from(file: &File) -> Self {
        Self {
            id: file.id.to_string(),
            name: cut(&file.name),
            extension: cut(file.extension.as_deref().unwrap_or_default()),
            context: cut(&file.context),
            size: file.size,
            hash: file.hash.clone(),
            parts: file.summary.components.len() + file.summary.unexported.len(),
        }
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
        let mut bots = self.platform.bots(BotView::new, self.clock.now().wall);
        bots.reverse();
        bots.truncate(most);
        let (files_in_all, files) = self.platform.newest_files(most);
        BotsAndFiles { bots, files: files.iter().map(FileView::from).collect(), files_in_all }
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
        let bot = Bot { name: asked.name, ..Bot::new(id) };
        let view = BotView::new(&bot, true);
        let is_added = self.platform.change_bots(|bots| {
            let fits = bots.all.len() < MAX_BOTS || bots.get(&bot.id).is_some();
            if fits {
                bots.put(bot);
            }
            fits
        });
        if is_added {
            return Ok(json(StatusCode::CREATED, &view));
        }
        Err(Problem::new(StatusCode::CONFLICT, format!("at most {MAX_BOTS} bots"))
            .found("as many")
            .hint("delete some, or reset the emulator"))
    }

    pub(super) fn delete_bot(&self, id: &str) -> Result<Response<AnswerBody>, Problem> {
        let is_removed = BotId::new(id).is_ok_and(|id| self.platform.change_bots(|bots| bots.remove(&id)));
        if is_removed {
            return Ok(no_content());
        }
        Err(Problem::new(StatusCode::NOT_FOUND, "the id of a bot that is there")
            .found(id)
            .hint("GET /_emulator/bots lists those that are"))
    }
}
