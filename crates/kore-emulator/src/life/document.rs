//! The document with which the platform answers for a living import, made anew for each poll.

use std::time::SystemTime;

use kore_types::{BotImport, BotImportId, Status};
use serde_json::{Map, Value};

use super::{Position, State};
use crate::Scenario;

/// Keys of one meaning: what is said with one of them is not made up with the other.
const SPELLINGS: [[&str; 2]; 2] = [["streamRefId", "botRefId"], ["streamId", "botId"]];

/// The document as JSON text: the model of an import, and over it what the scenario says.
pub(super) fn document(
    scenario: &Scenario,
    id: &BotImportId,
    created: SystemTime,
    position: Position,
) -> String {
    let (status, next) = words(scenario, position);
    let is_over = position.state != State::Runs;
    let mut import = usual(id, created, is_over);
    if scenario.has_older_spelling() {
        import.bot_ref_id = import.stream_ref_id.take();
        import.bot_id = import.stream_id.take();
    }
    let (always, at_end) = scenario.keys();
    let said = || always.iter().chain(at_end.iter().filter(|_| is_over));
    let mut written = || -> serde_json::Result<String> {
        if said().next().is_some() {
            let mut keys: Map<String, Value> = serde_json::from_value(serde_json::to_value(&import)?)?;
            for spellings in SPELLINGS {
                if said().any(|(key, _)| spellings.contains(&key.as_str())) {
                    spellings.iter().for_each(|key| drop(keys.remove(*key)));
                }
            }
            keys.extend(said().map(|(key, value)| (key.clone(), value.clone())));
            // A value that the model does not take is kept beside its fields.
            import = serde_json::from_value(keys.into())?;
        }
        import.status = Some(status.clone());
        import.status_logs = Some(scenario.log(position.ended, next).into());
        serde_json::to_string(&import)
    };
    written().expect("a model holds any values")
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
fn usual(id: &BotImportId, created: SystemTime, is_over: bool) -> BotImport {
    let bare = id.as_str().strip_prefix(BotImportId::PREFIX).unwrap_or(id.as_str());
    let mut import = BotImport::default();
    import.id = Some(id.clone());
    import.stream_ref_id = bare.parse().ok();
    import.created_by = format!("u-{bare}").parse().ok();
    import.request_type = Some("Botimport".to_owned());
    import.created_on = Some(created.into());
    import.version = Some(0);
    // Missing while the import is pending, as in the documented answer to the import call.
    import.stream_id = is_over.then(|| format!("st-{bare}").parse().ok()).flatten();
    import
}
