//! `/imports`: lists, creates, steers and deletes imports.

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderValue, Response, StatusCode};
use kore_types::BotImportId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::answer::{self, Problem, json, no_content};
use super::base::{Control, MAX_IMPORTS};
use super::routes::{self, Page, Steer};
use super::view::{ImportView, Much};
use crate::bodies::AnswerBody;
use crate::ids::made_up_id;
use crate::imports::Held;
use crate::life::Life;
use crate::platform::NotPut;
use crate::{JobKind, Mode, Scenario, Speed, SteerError, input, scenarios};

/// The most imports in a list.
const MAX_LISTED: usize = 1000;

/// What is to be created, or what the next start follows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToCreate {
    /// The name of one of the library, or a scenario in the form of its file.
    scenario: Box<RawValue>,
    id: Option<String>,
    mode: Option<ModeWord>,
    speed: Option<Speed>,
    each: Option<NonZeroU32>,
}

/// What moves an import on, in a word.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ModeWord {
    AtOnce,
    Time,
    Looks,
}

impl ToCreate {
    pub(super) fn read(body: &Bytes, expected: &str) -> Result<Self, Problem> {
        input::json_of(&answer::text(body)?, "the body").map_err(|error| Problem::body(expected, error))
    }

    /// The scenario and the mode for one that gets its id later.
    pub(super) fn without_id(self, expected: &str) -> Result<(Box<RawValue>, Mode), Problem> {
        let refused = |found: &str| {
            Problem::new(StatusCode::BAD_REQUEST, expected).found(found).hint("correct it, or leave it out")
        };
        if self.id.is_some() {
            return Err(refused("`id`: a job that a client starts gets one"));
        }
        let mode = self.mode().map_err(refused)?;
        Ok((self.scenario, mode))
    }

    /// The mode; `speed` is for time alone, `each` for looks alone.
    fn mode(&self) -> Result<Mode, &'static str> {
        match (self.mode.unwrap_or(ModeWord::Time), self.speed, self.each) {
            (ModeWord::AtOnce, None, None) => Ok(Mode::AtOnce),
            (ModeWord::Looks, None, each) => Ok(Mode::Looks { each: each.unwrap_or(NonZeroU32::MIN) }),
            (ModeWord::Time, speed, None) => Ok(Mode::Time { speed: speed.unwrap_or(Speed::REAL) }),
            (_, Some(_), _) => Err("`speed` is for the mode \"time\" alone"),
            (_, _, Some(_)) => Err("`each` is for the mode \"looks\" alone"),
        }
    }
}

const EXPECTED: &str = r#"{"scenario": NAME or {…}, and perhaps "mode": "time", "looks" or "at-once", "speed": 10, "each": 1, "id": "bir-…"}"#;

/// The scenarios that have names.
pub(super) fn library() -> impl Serialize {
    #[derive(Serialize)]
    struct Library {
        scenarios: Vec<Named>,
    }
    #[derive(Serialize)]
    struct Named {
        name: String,
        about: String,
        job: JobKind,
        tasks: usize,
        /// `None` if it never ends.
        seconds: Option<f64>,
    }
    let named = |scenario: Scenario| Named {
        name: scenario.name().to_owned(),
        about: scenario.about().to_owned(),
        job: scenario.job(),
        tasks: scenario.task_count(),
        seconds: scenario.duration().map(|duration| duration.as_secs_f64()),
    };
    Library { scenarios: scenarios::all().map(named).collect() }
}

impl Control {
    pub(super) fn list_imports(&self, query: &str) -> Result<Response<AnswerBody>, Problem> {
        #[derive(Serialize)]
        struct Imports {
            total: usize,
            imports: Vec<ImportView>,
            next: Option<String>,
        }
        let page = Page::of(query, MAX_LISTED)?;
        let now = self.clock.now().wall;
        let (total, mut found) = self.platform.with(|imports| {
            let newest = imports.newest(page.before).take(page.limit + 1);
            (imports.len(), newest.map(|(id, entry)| (id.clone(), entry.clone())).collect::<Vec<_>>())
        });
        let has_more = found.len() > page.limit;
        found.truncate(page.limit);
        let last = found.last().filter(|_| has_more);
        let next = last.map(|(_, entry)| page.next("imports", entry.number));
        let view = |(id, entry): &(_, _)| ImportView::new(id, entry, now, Much::Short);
        Ok(json(StatusCode::OK, &Imports { total, imports: found.iter().map(view).collect(), next }))
    }

    pub(super) fn import(&self, id: &str) -> Result<Response<AnswerBody>, Problem> {
        let id = known(id)?;
        Ok(json(StatusCode::OK, &self.view(&id, Much::WithDocument)?))
    }

    fn view(&self, id: &BotImportId, much: Much) -> Result<ImportView, Problem> {
        let entry =
            self.platform.with(|imports| imports.get(id).cloned()).ok_or_else(|| unknown(id.as_str()))?;
        Ok(ImportView::new(id, &entry, self.clock.now().wall, much))
    }

    pub(super) fn create(&self, body: &Bytes) -> Result<Response<AnswerBody>, Problem> {
        let asked = ToCreate::read(body, EXPECTED)?;
        let mode = asked.mode().map_err(|problem| {
            Problem::new(StatusCode::BAD_REQUEST, EXPECTED).found(problem).hint("correct it, or leave it out")
        })?;
        let id = match asked.id {
            None => made_up_id(),
            Some(id) => BotImportId::new(&*id).map_err(|error| {
                Problem::new(StatusCode::BAD_REQUEST, "an `id` such as bir-1f")
                    .found(format!("{id:?}: {error}"))
                    .hint("leave it out to have one made up")
            })?,
        };
        let scenario = self.scenario(&asked.scenario)?;
        if scenario.job() != JobKind::Import {
            let found = format!("{:?}, which is of {}", scenario.name(), scenario.job().in_words());
            return Err(Problem::new(StatusCode::BAD_REQUEST, "a scenario of an import")
                .found(found)
                .hint("POST /_emulator/next has the next job follow it that a client starts"));
        }
        self.create_one(&id, scenario, mode)?;
        let mut response = json(StatusCode::CREATED, &self.view(&id, Much::Short)?);
        if let Ok(location) = HeaderValue::try_from(routes::import(id.as_str())) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok(response)
    }

    fn create_one(&self, id: &BotImportId, scenario: Arc<Scenario>, mode: Mode) -> Result<(), Problem> {
        let life = Life::new(scenario, mode, self.clock.now().wall);
        self.platform.put_new(id.clone(), Held::Living(life), MAX_IMPORTS).map_err(|error| match error {
            NotPut::Taken => Problem::new(StatusCode::CONFLICT, "an `id` that no import has")
                .found(format!("{id}, which is held"))
                .hint("delete that import first, or leave the id out"),
            NotPut::Full => Problem::new(StatusCode::CONFLICT, format!("fewer than {MAX_IMPORTS} imports"))
                .found("as many")
                .hint("delete some, or reset the emulator"),
        })
    }

    pub(super) fn scenario(&self, asked: &RawValue) -> Result<Arc<Scenario>, Problem> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(asked.get(), || {
            if asked.get().starts_with('{') {
                return Scenario::from_json(asked.get(), "the scenario")
                    .map_err(|error| Problem::body("a scenario", error));
            }
            let name: Option<String> = serde_json::from_str(asked.get()).ok();
            name.as_deref().and_then(scenarios::named).ok_or_else(|| {
                let names = scenarios::names().collect::<Vec<_>>().join(", ");
                Problem::new(StatusCode::BAD_REQUEST, format!("a scenario {{…}} or one of the names {names}"))
                    .found(asked.get())
                    .hint("give one of these names, or a scenario in the form of its file")
            })
        })
    }

    pub(super) fn delete(&self, id: &str) -> Result<Response<AnswerBody>, Problem> {
        let id = known(id)?;
        if self.platform.change(|imports| imports.remove(&id)) {
            Ok(no_content())
        } else {
            Err(unknown(id.as_str()))
        }
    }

    pub(super) fn steer(&self, id: &str, how: Steer) -> Result<Response<AnswerBody>, Problem> {
        let id = known(id)?;
        let now = self.clock.now().wall;
        let steered = self.platform.steer(&id, |life| how.act(life, now));
        steered.map_err(|error| match error {
            SteerError::Unknown => unknown(id.as_str()),
            SteerError::Fixed | SteerError::Over => {
                Problem::new(StatusCode::CONFLICT, "an import that lives and runs")
                    .found(error)
                    .hint("create another one, or delete this one and create one with its id")
            }
        })?;
        Ok(json(StatusCode::OK, &self.view(&id, Much::Short)?))
    }
}

/// An id that can be one.
fn known(id: &str) -> Result<BotImportId, Problem> {
    BotImportId::new(id).map_err(|_| unknown(id))
}

fn unknown(id: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "the id of an import that is held")
        .found(id)
        .hint("GET /_emulator/imports lists those that are")
}
