//! All imports as one JSON document. No app is in it, so no secret.
//!
//! ```json
//! {
//!   "format": "kore-emulator/1",
//!   "taken": "2026-07-29T07:24:17.500000000Z",
//!   "imports": [
//!     {"id": "bir-1f", "scenario": 0, "life": {"mode": "time", "speed": 1.0, "created": "…", "since": "…"}},
//!     {"document": {"_id": "bir-2e", "status": "success"}}
//!   ],
//!   "scenarios": [{"name": "stuck", "tasks": []}]
//! }
//! ```
//!
//! It is written piece by piece, since there may be a million imports: neither memory nor the lock is
//! taken for all of them at once.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use kore_protocol::IncomingResponse as _;
use kore_protocol::bot_import::get_status;
use kore_types::BotImportId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::holdings::{Held, Holdings};
use crate::input::{self, Input as _};
use crate::life::{SavedLife, Time};
use crate::platform::Platform;
use crate::scenario::Form;
use crate::{InputError, Scenario};

const FORMAT: &str = "kore-emulator/1";

/// About how long a piece of a document is, in bytes.
const PIECE: usize = 64 * 1024;

/// One import, to write.
#[derive(Serialize)]
#[serde(untagged)]
enum WrittenImport<'a> {
    Fixed { document: &'a RawValue },
    Living { id: &'a str, scenario: usize, life: SavedLife },
}

/// Writes the document of all imports, on one line.
#[derive(Debug)]
pub(crate) struct Writer {
    platform: Arc<Platform>,
    now: SystemTime,
    generation: u64,
    /// The number of the next import.
    next: u64,
    /// Each stands in the document once, however many imports share it.
    scenarios: Vec<Arc<Scenario>>,
    /// Their places, by address: that of one scenario, since the list keeps it.
    places: HashMap<usize, usize>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Start,
    /// Whether there was one.
    Imports(bool),
    /// How many are written.
    Scenarios(usize),
    End,
}

impl Writer {
    pub(crate) fn new(platform: Arc<Platform>, now: SystemTime) -> Self {
        let mut writer = Self {
            platform,
            now,
            generation: 0,
            next: 0,
            scenarios: Vec::new(),
            places: HashMap::new(),
            stage: Stage::Start,
        };
        writer.restart();
        writer
    }

    fn restart(&mut self) {
        self.generation = self.platform.with(Holdings::generation);
        (self.next, self.stage) = (0, Stage::Start);
        self.scenarios.clear();
        self.places.clear();
    }

    /// The next piece, which is empty at the end.
    ///
    /// # Errors
    /// If all imports were replaced meanwhile: what was written is neither these nor those.
    pub(crate) fn piece(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        while text.len() < PIECE && self.stage != Stage::End {
            self.stage = match self.stage {
                Stage::Start => {
                    let taken = serde_json::to_string(&Time(self.now))?;
                    text.extend_from_slice(
                        format!(r#"{{"format":"{FORMAT}","taken":{taken},"imports":["#).as_bytes(),
                    );
                    Stage::Imports(false)
                }
                Stage::Imports(has_one) => self.imports(&mut text, has_one)?,
                Stage::Scenarios(written) => match self.scenarios.get(written) {
                    Some(scenario) => {
                        if written > 0 {
                            text.push(b',');
                        }
                        serde_json::to_writer(&mut text, scenario.form())?;
                        Stage::Scenarios(written + 1)
                    }
                    None => {
                        text.extend_from_slice(b"]}");
                        Stage::End
                    }
                },
                Stage::End => Stage::End,
            };
        }
        Ok(text)
    }

    fn imports(&mut self, text: &mut Vec<u8>, mut has_one: bool) -> io::Result<Stage> {
        let piece = self.platform.piece(self.next, self.generation);
        let piece = piece.ok_or_else(|| io::Error::from(io::ErrorKind::Interrupted))?;
        if piece.is_empty() {
            text.extend_from_slice(br#"],"scenarios":["#);
            return Ok(Stage::Scenarios(0));
        }
        for (id, entry) in &piece {
            if text.len() >= PIECE {
                break;
            }
            if std::mem::replace(&mut has_one, true) {
                text.push(b',');
            }
            let import = match &entry.held {
                Held::Fixed(fixed) => {
                    WrittenImport::Fixed { document: serde_json::from_slice(fixed.json())? }
                }
                Held::Living(life) => {
                    let scenario = self.place(life.scenario());
                    WrittenImport::Living { id: id.as_str(), scenario, life: life.saved() }
                }
            };
            serde_json::to_writer(&mut *text, &import)?;
            self.next = entry.number + 1;
        }
        Ok(Stage::Imports(has_one))
    }

    fn place(&mut self, scenario: &Arc<Scenario>) -> usize {
        let next = self.scenarios.len();
        let place = *self.places.entry(Arc::as_ptr(scenario).addr()).or_insert(next);
        if place == next {
            self.scenarios.push(Arc::clone(scenario));
        }
        place
    }

    /// All of it.
    pub(crate) fn write_to(&mut self, to: &mut impl Rewrite) -> io::Result<()> {
        loop {
            match self.piece() {
                Ok(piece) if piece.is_empty() => return Ok(()),
                Ok(piece) => to.write_all(&piece)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    to.clear()?;
                    self.restart();
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// What can be written anew from its beginning.
pub(crate) trait Rewrite: io::Write {
    fn clear(&mut self) -> io::Result<()>;
}

impl Rewrite for Vec<u8> {
    fn clear(&mut self) -> io::Result<()> {
        self.truncate(0);
        Ok(())
    }
}

impl Rewrite for io::BufWriter<std::fs::File> {
    fn clear(&mut self) -> io::Result<()> {
        use io::{Seek as _, Write as _};

        self.flush()?;
        self.rewind()?;
        self.get_ref().set_len(0)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    format: String,
    taken: Time,
    scenarios: Vec<Form>,
    imports: Vec<ReadImport>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadImport {
    document: Option<Box<RawValue>>,
    id: Option<String>,
    scenario: Option<usize>,
    life: Option<SavedLife>,
}

/// Reads a document; `source` is what errors call it. With `now`, imports are as far as they were
/// when it was taken; without, time went on.
pub(crate) fn read(
    text: &str,
    source: &str,
    now: Option<SystemTime>,
) -> Result<Vec<(BotImportId, Held)>, InputError> {
    let refused = |problem: String| input::refused(source, &problem);
    let read: Read = input::json_of(text, source)?;
    if read.format != FORMAT {
        return Err(refused(format!("format: expected {FORMAT:?}, found {:?}", read.format)));
    }
    let scenarios = read.scenarios.into_iter().enumerate().map(|(n, scenario)| {
        Scenario::of(scenario).map(Arc::new).map_err(|error| refused(format!("scenarios[{n}]: {error}")))
    });
    let scenarios = scenarios.collect::<Result<Vec<_>, _>>()?;
    let moved = |life: SavedLife| match now {
        Some(now) => life.moved(read.taken.0, now),
        None => life,
    };
    let imports = read.imports.into_iter().enumerate().map(|(n, mut import)| {
        import.life = import.life.map(moved);
        import.held(&scenarios).map_err(|problem| refused(format!("imports[{n}]: {problem}")))
    });
    imports.collect()
}

impl ReadImport {
    fn held(self, scenarios: &[Arc<Scenario>]) -> Result<(BotImportId, Held), String> {
        match self {
            Self { document: Some(document), id: None, scenario: None, life: None } => {
                let json = Bytes::from(Box::<str>::from(document).into_string());
                let document =
                    get_status::Response::from_body(&json).map_err(|error| format!("`document`: {error}"))?;
                let id = document.import.id.clone().ok_or("`document`: it has no valid `_id`")?;
                Ok((id, Held::fixed(document)))
            }
            Self { document: None, id: Some(id), scenario: Some(place), life: Some(life) } => {
                let id = BotImportId::new(id).map_err(|error| format!("`id`: {error}"))?;
                let scenario = scenarios.get(place).ok_or_else(|| {
                    let count = scenarios.len();
                    format!("`scenario`: expected a place below {count}, found {place}")
                })?;
                Ok((id, Held::Living(life.into_life(Arc::clone(scenario))?)))
            }
            _ => Err("expected `document`, or `id`, `scenario` and `life`".to_owned()),
        }
    }
}
