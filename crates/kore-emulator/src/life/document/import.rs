//! The document of an import.

use kore_types::{BotId, BotImport, BotImportId, StatusLog};

use super::{bare, with_said, words};
use crate::life::{Life, Position, State};

/// The model of an import, and over it what the scenario says.
pub(crate) fn import(life: &Life, id: &BotImportId, position: Position, log: Vec<StatusLog>) -> BotImport {
    let scenario = life.scenario();
    let mut import = usual(life, id, position.state != State::Runs);
    if scenario.has_older_spelling() {
        import.bot_ref_id = import.stream_ref_id.take();
        import.bot_id = import.stream_id.take();
    }
    let mut import = with_said(scenario, position, import);
    import.status = Some(words(scenario, position).0.clone());
    import.status_logs = Some(log.into());
    import
}

/// What an import has if the scenario says nothing: made-up identifiers follow that of the import.
fn usual(life: &Life, id: &BotImportId, is_over: bool) -> BotImport {
    let bare = bare(id.as_str(), BotImportId::PREFIX);
    let mut import = BotImport::default();
    import.id = Some(id.clone());
    import.stream_ref_id = bare.parse().ok();
    import.created_by = format!("u-{bare}").parse().ok();
    import.request_type = Some("Botimport".to_owned());
    import.created_on = Some(life.created().into());
    import.version = Some(0);
    // Missing while the import is pending, as in the documented answer to the import call.
    let bot = || life.bot().cloned().or_else(|| new_bot(id));
    import.stream_id = is_over.then(bot).flatten();
    import
}

/// The bot that an import makes; `None` if the id is too long for one.
pub(crate) fn new_bot(id: &BotImportId) -> Option<BotId> {
    format!("{}{}", BotId::PREFIX, bare(id.as_str(), BotImportId::PREFIX)).parse().ok()
}
