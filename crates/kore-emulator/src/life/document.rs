//! The document with which the platform answers for a living import, made anew for each poll.

use kore_types::{BotId, BotImport, BotImportId, Status, StatusLog};
use serde_json::{Map, Value};

use super::{Life, Position, State};
use crate::Scenario;

/// Keys of one meaning: what is said with one of them is not made up with the other.
const SPELLINGS: [[&str; 2]; 2] = [["streamRefId", "botRefId"], ["streamId", "botId"]];

/// The model of an import, and over it what the scenario says.
pub(super) fn document(life: &Life, id: &BotImportId, position: Position, log: Vec<StatusLog>) -> BotImport {
    let scenario = &life.scenario;
    let is_over = position.state != State::Runs;
    let mut import = usual(life, id, is_over);
    if scenario.has_older_spelling() {
        import.bot_ref_id = import.stream_ref_id.take();
        import.bot_id = import.stream_id.take();
    }
    let (always, at_end) = scenario.keys();
    let said = || always.iter().chain(at_end.iter().filter(|_| is_over));
    if said().next().is_some() {
        let value = serde_json::to_value(&import).expect("its keys are texts");
        let mut keys: Map<String, Value> = serde_json::from_value(value).expect("a model is an object");
        for spellings in SPELLINGS {
            if said().any(|(key, _)| spellings.contains(&key.as_str())) {
                spellings.iter().for_each(|key| drop(keys.remove(*key)));
            }
        }
        keys.extend(said().map(|(key, value)| (key.clone(), value.clone())));
        // A value that the model does not take is kept beside its fields.
        import = serde_json::from_value(keys.into()).expect("a model holds any values");
    }
    import.status = Some(words(scenario, position).0.clone());
    import.status_logs = Some(log.into());
    import
}

pub(super) fn json(import: &BotImport) -> String {
    serde_json::to_string(import).expect("its keys are texts")
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

/// What an import has if the scenario says nothing: made-up identifiers follow that of the import.
fn usual(life: &Life, id: &BotImportId, is_over: bool) -> BotImport {
    let bare = bare(id);
    let mut import = BotImport::default();
    import.id = Some(id.clone());
    import.stream_ref_id = bare.parse().ok();
    import.created_by = format!("u-{bare}").parse().ok();
    import.request_type = Some("Botimport".to_owned());
    import.created_on = Some(life.created().into());
    import.version = Some(0);
    // Missing while the import is pending, as in the documented answer to the import call.
    let bot = || life.course.bot.as_deref().cloned().or_else(|| new_bot(id));
    import.stream_id = is_over.then(bot).flatten();
    import
}

fn bare(id: &BotImportId) -> &str {
    id.as_str().strip_prefix(BotImportId::PREFIX).unwrap_or(id.as_str())
}

/// The bot that an import makes; `None` if the id is too long for one.
pub(crate) fn new_bot(id: &BotImportId) -> Option<BotId> {
    format!("{}{}", BotId::PREFIX, bare(id)).parse().ok()
}
