//! The documents with which the platform answers for a living job, made anew for each poll: a file for
//! each kind of job, and here what they share.

mod export;
mod import;
mod publish;

use kore_types::Status;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Position, State};
use crate::Scenario;

pub(crate) use export::{FileOfExport, export};
pub(super) use import::import;
pub(crate) use import::new_bot;
pub(crate) use publish::{publish, resources};

/// Keys of one meaning: what is said with one of them is not made up with the other.
const SPELLINGS: [[&str; 2]; 3] =
    [["streamRefId", "botRefId"], ["streamId", "botId"], ["downloadURL", "downloadUrl"]];

/// The usual document of a job, and over it the keys that its scenario says.
fn with_said<D: Serialize + DeserializeOwned>(scenario: &Scenario, position: Position, usual: D) -> D {
    let (always, at_end) = scenario.keys();
    let said = || always.iter().chain(at_end.iter().filter(|_| position.state != State::Runs));
    if said().next().is_none() {
        return usual;
    }
    let value = serde_json::to_value(&usual).expect("its keys are texts");
    let mut keys: Map<String, Value> = serde_json::from_value(value).expect("a model is an object");
    for spellings in SPELLINGS {
        if said().any(|(key, _)| spellings.contains(&key.as_str())) {
            spellings.iter().for_each(|key| drop(keys.remove(*key)));
        }
    }
    keys.extend(said().map(|(key, value)| (key.clone(), value.clone())));
    // A value that the model does not take is kept beside its fields.
    serde_json::from_value(keys.into()).expect("a model holds any values")
}

/// The status of the job, and that of the task at which it is.
pub(super) fn words(scenario: &Scenario, position: Position) -> (&Status, Option<&Status>) {
    let words = scenario.words();
    match position.state {
        State::Runs => (words.pending, Some(words.running)),
        State::Over => (words.end, None),
        State::MadeToFail => (words.failed, Some(words.failed)),
    }
}

/// What follows the prefix of an id: other made-up ids follow it.
fn bare<'a>(id: &'a str, prefix: &str) -> &'a str {
    id.strip_prefix(prefix).unwrap_or(id)
}
