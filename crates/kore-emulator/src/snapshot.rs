//! All imports as one JSON document. No app is in it, so no secret.
//!
//! ```json
//! {
//!   "format": "kore-emulator/1",
//!   "taken": "2026-07-29T07:24:17.500000000Z",
//!   "scenarios": [{"name": "stuck", "tasks": []}],
//!   "imports": [
//!     {"id": "bir-1f", "scenario": 0, "life": {"mode": "time", "speed": 1.0, "created": "…", "since": "…"}},
//!     {"document": {"_id": "bir-2e", "status": "success"}}
//!   ]
//! }
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use kore_protocol::IncomingResponse as _;
use kore_protocol::bot_import::get_status;
use kore_types::BotImportId;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::holdings::Held;
use crate::input;
use crate::life::{SavedLife, Time};
use crate::scenario::{AsFile, File};
use crate::{InputError, Scenario};

const FORMAT: &str = "kore-emulator/1";

/// Scenarios by their places in a document. Each stands there once, however many imports share it.
#[derive(Debug, Default)]
pub(crate) struct Scenarios {
    all: Vec<Arc<Scenario>>,
    /// By address.
    places: HashMap<usize, usize>,
}

// An address stays that of one scenario, since `all` keeps it.
impl Scenarios {
    /// The place of a scenario, and whether it is new.
    pub(crate) fn place(&mut self, scenario: &Arc<Scenario>) -> (usize, bool) {
        let next = self.all.len();
        let place = *self.places.entry(Arc::as_ptr(scenario).addr()).or_insert(next);
        if place == next {
            self.all.push(Arc::clone(scenario));
        }
        (place, place == next)
    }

    fn get(&self, place: usize) -> Result<&Arc<Scenario>, String> {
        let count = self.all.len();
        self.all
            .get(place)
            .ok_or_else(|| format!("`scenario`: expected a place below {count}, found {place}"))
    }

    pub(crate) fn push(&mut self, scenario: Scenario) {
        self.place(&Arc::new(scenario));
    }
}

/// One import, to write.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum WrittenImport<'a> {
    Fixed { document: AsJson<'a> },
    Living { id: &'a str, scenario: usize, life: SavedLife },
}

/// A document as it stands in JSON.
pub(crate) struct AsJson<'a>(pub(crate) &'a [u8]);

impl Serialize for AsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &RawValue = serde_json::from_slice(self.0).map_err(S::Error::custom)?;
        json.serialize(serializer)
    }
}

/// The document of these imports, on one line.
pub(crate) fn write(
    imports: &[(BotImportId, Held)],
    scenarios: &mut Scenarios,
    now: SystemTime,
    to: impl std::io::Write,
) -> serde_json::Result<()> {
    #[derive(Serialize)]
    struct Written<'a> {
        format: &'a str,
        taken: Time,
        scenarios: Vec<AsFile<'a>>,
        imports: Imports<'a>,
    }
    struct Imports<'a>(&'a [(BotImportId, Held)], &'a Scenarios);
    impl Serialize for Imports<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self(imports, scenarios) = self;
            serializer.collect_seq(imports.iter().map(|(id, held)| {
                written(id, held, |scenario| scenarios.places[&Arc::as_ptr(scenario).addr()])
            }))
        }
    }
    for (_, held) in imports {
        if let Held::Living(life) = held {
            scenarios.place(life.scenario());
        }
    }
    let scenarios = &*scenarios;
    let all = scenarios.all.iter().map(|scenario| AsFile(scenario)).collect();
    let imports = Imports(imports, scenarios);
    serde_json::to_writer(to, &Written { format: FORMAT, taken: Time(now), scenarios: all, imports })
}

pub(crate) fn written<'a>(
    id: &'a BotImportId,
    held: &'a Held,
    place: impl FnOnce(&Arc<Scenario>) -> usize,
) -> WrittenImport<'a> {
    match held {
        Held::Fixed(fixed) => WrittenImport::Fixed { document: AsJson(fixed.json()) },
        Held::Living(life) => {
            WrittenImport::Living { id: id.as_str(), scenario: place(life.scenario()), life: life.saved() }
        }
    }
}

/// What a document holds.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) scenarios: Scenarios,
    pub(crate) imports: Vec<(BotImportId, Held)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    format: String,
    taken: Time,
    scenarios: Vec<File<Box<RawValue>>>,
    imports: Vec<ReadImport>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadImport {
    document: Option<Box<RawValue>>,
    id: Option<String>,
    scenario: Option<usize>,
    life: Option<SavedLife>,
}

/// Reads a document; `source` is what errors call it. With `now`, imports are as far as they were
/// when it was taken; without, time went on.
pub(crate) fn read(text: &str, source: &str, now: Option<SystemTime>) -> Result<Snapshot, InputError> {
    let refused = |problem: String| input::refused(source, &problem);
    let read: Read = input::json_of(text, source)?;
    if read.format != FORMAT {
        return Err(refused(format!("format: expected {FORMAT:?}, found {:?}", read.format)));
    }
    let mut scenarios = Scenarios::default();
    for (n, scenario) in read.scenarios.into_iter().enumerate() {
        scenarios
            .push(scenario.into_scenario().map_err(|error| refused(format!("scenarios[{n}]: {error}")))?);
    }
    let moved = |life: SavedLife| match now {
        Some(now) => life.moved(read.taken.0, now),
        None => life,
    };
    let imports = read.imports.into_iter().enumerate().map(|(n, mut import)| {
        import.life = import.life.map(moved);
        import.held(&scenarios).map_err(|problem| refused(format!("imports[{n}]: {problem}")))
    });
    Ok(Snapshot { imports: imports.collect::<Result<_, _>>()?, scenarios })
}

impl ReadImport {
    pub(crate) fn held(self, scenarios: &Scenarios) -> Result<(BotImportId, Held), String> {
        match self {
            Self { document: Some(document), id: None, scenario: None, life: None } => {
                let json = Bytes::from(Box::<str>::from(document).into_string());
                let document =
                    get_status::Response::from_body(&json).map_err(|error| format!("`document`: {error}"))?;
                let id = document.import.id.clone().ok_or("`document`: it has no valid `_id`")?;
                Ok((id, Held::fixed(document)))
            }
            Self { document: None, id: Some(id), scenario: Some(scenario), life: Some(life) } => {
                let id = BotImportId::new(id).map_err(|error| format!("`id`: {error}"))?;
                let life = life.into_life(Arc::clone(scenarios.get(scenario)?))?;
                Ok((id, Held::Living(life)))
            }
            _ => Err("expected `document`, or `id`, `scenario` and `life`".to_owned()),
        }
    }
}
