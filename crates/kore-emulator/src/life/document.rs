//! The document of an import that lives.

use std::borrow::Cow;
use std::time::SystemTime;

use kore_types::{BotImportId, Status, Timestamp};

use serde::Serialize;

use super::{Position, State};
use crate::Scenario;

/// The keys of the document in their documented order, each with its older spelling if it has one.
const KEYS: [(&str, &str); 9] = [
    ("_id", ""),
    ("status", ""),
    ("streamRefId", "botRefId"),
    ("statusLogs", ""),
    ("createdBy", ""),
    ("requestType", ""),
    ("createdOn", ""),
    ("__v", ""),
    ("streamId", "botId"),
];

/// The document as JSON text: so each key keeps its spelling and each value its digits.
pub(super) fn document(
    scenario: &Scenario,
    id: &BotImportId,
    created: SystemTime,
    position: Position,
) -> String {
    let (status, next) = words(scenario, position);
    let log = json(&scenario.log(position.ended, next));
    text(scenario, id, created, status, log, position.state != State::Runs)
}

/// The status of the import, and that of the task at which it is.
pub(super) fn words(scenario: &Scenario, position: Position) -> (&Status, Option<&Status>) {
    let words = scenario.words();
    match position.state {
        State::Runs => (words.pending, Some(words.running)),
        State::Over => (words.end, None),
        State::MadeToFail => (words.failed, Some(words.failed)),
    }
}

fn text(
    scenario: &Scenario,
    id: &BotImportId,
    created: SystemTime,
    status: &Status,
    log: String,
    is_over: bool,
) -> String {
    let (document, at_end) = scenario.keys();
    let said = |key: &str| {
        let late = at_end.get(key).filter(|_| is_over);
        late.or_else(|| document.get(key)).map(|value| value.get())
    };
    let mut text = String::from("{");
    let mut put = |key: &str, value: &str| {
        let comma = if text.len() > 1 { "," } else { "" };
        text.push_str(&format!("{comma}{}:{value}", quoted(key)));
    };
    for (key, older) in KEYS {
        let mut is_said = false;
        for spelling in [key, older].into_iter().filter(|spelling| !spelling.is_empty()) {
            if let Some(value) = said(spelling) {
                put(spelling, value);
                is_said = true;
            }
        }
        if !is_said && let Some(value) = usual(key, id, created, status, &log, is_over) {
            let is_older = scenario.has_older_spelling() && !older.is_empty();
            put(if is_older { older } else { key }, &value);
        }
    }
    let is_known = |key: &str| KEYS.iter().any(|(today, older)| key == *today || key == *older);
    for (key, _) in document.iter().filter(|(key, _)| !is_known(key)) {
        put(key, said(key).unwrap_or("null"));
    }
    let is_new = |key: &str| !is_known(key) && document.get(key).is_none();
    for (key, value) in at_end.iter().filter(|(key, _)| is_over && is_new(key)) {
        put(key, value.get());
    }
    text.push('}');
    text
}

/// What a key has if the scenario says nothing: made-up identifiers follow that of the import.
fn usual<'a>(
    key: &str,
    id: &BotImportId,
    created: SystemTime,
    status: &Status,
    log: &'a str,
    is_over: bool,
) -> Option<Cow<'a, str>> {
    let bare = id.as_str().strip_prefix(BotImportId::PREFIX).unwrap_or(id.as_str());
    Some(match key {
        "_id" => quoted(id.as_str()).into(),
        "status" => quoted(status.as_str()).into(),
        "streamRefId" => quoted(bare).into(),
        "statusLogs" => log.into(),
        "createdBy" => quoted(&format!("u-{bare}")).into(),
        "requestType" => "\"Botimport\"".into(),
        "createdOn" => quoted(Timestamp::from(created).as_str()).into(),
        "__v" => "0".into(),
        // Missing while the import is pending, as in the documented answer to the import call.
        "streamId" if is_over => quoted(&format!("st-{bare}")).into(),
        _ => return None,
    })
}

fn quoted(text: &str) -> String {
    json(text)
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts and JSON as it was given")
}
