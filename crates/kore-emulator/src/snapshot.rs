//! All imports, bots, jobs of bots and files as one JSON document: what the state file holds, and what `GET` and
//! `PUT /snapshot` carry from one emulator to another. No app and no content of a file is in it, so no
//! secret.
//!
//! ```json
//! {
//!   "format": "kore-emulator/1",
//!   "taken": "2026-07-29T07:24:17.500000000Z",
//!   "imports": [
//!     {"living": {"id": "bir-1f", "scenario": 0, "life": {"mode": "at-once", "created": "…", "since": "…"}}},
//!     {"document": {"_id": "bir-2e", "status": "success"}}
//!   ],
//!   "scenarios": [{"name": "stuck", "tasks": []}],
//!   "bots": [{"id": "st-1f"}],
//!   "jobs": [{"bot": "st-1f", "id": "ds-1f", "scenario": 0, "life": {"mode": "at-once", "created": "…", "since": "…"}}],
//!   "files": []
//! }
//! ```

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use kore_protocol::IncomingResponse as _;
use kore_protocol::bot_import::get_status;
use kore_types::{BotExportId, BotId, BotImportId, BotPublishId, ExportType, FileId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::bot_jobs::BotJob;
use crate::bots::Bot;
use crate::clock::Time;
use crate::contents::Contents;
use crate::files::File;
use crate::imports::Held;
use crate::input::{self, Input as _};
use crate::life::{Course, Life};
use crate::scenario::ScenarioForm;
use crate::{InputError, JobKind, Scenario};

const FORMAT: &str = "kore-emulator/1";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Snapshot<S> {
    format: String,
    taken: Time,
    imports: Vec<Import>,
    /// Each stands here once, however many imports share it.
    scenarios: Vec<S>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bots: Vec<Bot>,
    /// The last export and the last publish of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    jobs: Vec<Job>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<File>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Import {
    Document(Box<RawValue>),
    Living {
        id: String,
        /// Its place in the list of scenarios.
        scenario: usize,
        life: Course,
    },
}

/// An export or a publish, which of them its scenario says.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Job {
    bot: BotId,
    id: Box<str>,
    /// Its place in the list of scenarios.
    scenario: usize,
    life: Course,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    export_type: Option<ExportType>,
    /// The file of an export, and how many bytes it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<(FileId, u64)>,
}

/// Writes the document, on one line.
pub(crate) fn write<'a>(contents: &'a Contents, now: SystemTime, to: &mut impl io::Write) -> io::Result<()> {
    let mut scenarios = Vec::new();
    let mut places = HashMap::new();
    let mut place = |scenario: &'a Arc<Scenario>| {
        *places.entry(Arc::as_ptr(scenario)).or_insert_with(|| {
            scenarios.push(scenario.form());
            scenarios.len() - 1
        })
    };
    let mut saved = Vec::with_capacity(contents.imports.len());
    for (id, held) in &contents.imports {
        saved.push(match held {
            Held::Fixed(fixed) => Import::Document(serde_json::from_slice(&fixed.json)?),
            Held::Living(life) => {
                let scenario = place(life.scenario());
                Import::Living { id: id.to_string(), scenario, life: life.course().clone() }
            }
        });
    }
    let jobs = contents.bot_jobs.iter().map(|(bot, job)| Job {
        bot: bot.clone(),
        id: job.id.clone(),
        scenario: place(job.life.scenario()),
        life: job.life.course().clone(),
        export_type: job.export_type.clone(),
        file: job.file.clone(),
    });
    let jobs = jobs.collect();
    let snapshot = Snapshot {
        format: FORMAT.to_owned(),
        taken: Time(now),
        imports: saved,
        scenarios,
        bots: contents.bots.clone(),
        jobs,
        files: contents.files.clone(),
    };
    Ok(serde_json::to_writer(to, &snapshot)?)
}

/// Reads a document; `source` is what errors call it. With `now`, imports are as far as they were
/// when it was taken; without, time went on.
pub(crate) fn read(text: &str, source: &str, now: Option<SystemTime>) -> Result<Contents, InputError> {
    let refused = |problem: String| input::refused(source, &problem);
    let Snapshot::<ScenarioForm> { format, taken, imports, scenarios, bots, jobs, files } =
        input::json_of(text, source)?;
    if format != FORMAT {
        return Err(refused(format!("format: expected {FORMAT:?}, found {format:?}")));
    }
    let scenarios = scenarios.into_iter().enumerate().map(|(n, scenario)| {
        Scenario::of(scenario).map(Arc::new).map_err(|error| refused(format!("scenarios[{n}]: {error}")))
    });
    let scenarios = scenarios.collect::<Result<Vec<_>, _>>()?;
    let shared = |scenario: usize| {
        let none = || format!("`scenario`: expected a place below {}, found {scenario}", scenarios.len());
        scenarios.get(scenario).map(Arc::clone).ok_or_else(none)
    };
    let held = |import| match import {
        Import::Document(json) => {
            let json = Bytes::from(Box::<str>::from(json).into_string());
            let document = get_status::Response::from_body(&json).map_err(|error| error.to_string())?;
            let id = document.import.id.clone().ok_or("`document`: it has no valid `_id`")?;
            Ok((id, Held::fixed(document)))
        }
        Import::Living { id, scenario, life } => {
            let id = BotImportId::new(id).map_err(|error| format!("`id`: {error}"))?;
            Ok((id, Held::Living(Life::resumed(shared(scenario)?, life, taken, now)?)))
        }
    };
    let held =
        |(n, import)| held(import).map_err(|problem: String| refused(format!("imports[{n}]: {problem}")));
    let imports = imports.into_iter().enumerate().map(held).collect::<Result<_, _>>()?;
    let job = |(n, job): (usize, Job)| {
        let Job { bot, id, scenario, life, export_type, file } = job;
        let life = shared(scenario).and_then(|scenario| Life::resumed(scenario, life, taken, now));
        let life = life.and_then(|life| match life.scenario().job() {
            JobKind::Export if BotExportId::new(&*id).is_err() => Err("`id`: expected ber-…".to_owned()),
            JobKind::Publish if BotPublishId::new(&*id).is_err() => Err("`id`: expected ds-…".to_owned()),
            JobKind::Import => Err("`scenario`: expected one of an export or a publish".to_owned()),
            _ => Ok(life.of_bot(bot.clone())),
        });
        let life = life.map_err(|problem| refused(format!("jobs[{n}]: {problem}")))?;
        Ok((bot, BotJob { id, life, export_type, file }))
    };
    let bot_jobs = jobs.into_iter().enumerate().map(job).collect::<Result<_, InputError>>()?;
    Ok(Contents { imports, bots, bot_jobs, files })
}
