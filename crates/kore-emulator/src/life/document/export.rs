//! The document of an export: in the response to its start, and in that to the status call.

use kore_types::{BotExport, BotExportId, ExportType, FileId, Outcome};

use super::{bare, with_said, words};
use crate::bot_jobs::EXPORT;
use crate::life::{Life, Position, State};

/// The file of an export as the status document tells of it.
#[derive(Clone, Debug)]
pub(crate) struct FileOfExport {
    pub(crate) id: FileId,
    pub(crate) size: u64,
    /// Up to the query, which is kept apart.
    pub(crate) address: String,
    /// What opens the file.
    pub(crate) query: String,
}

/// The model of an export, and over it what the scenario says. Where its file is stands there once it
/// is over and has not failed.
pub(crate) fn export(
    life: &Life,
    id: &BotExportId,
    export_type: Option<&ExportType>,
    position: Position,
    file: Option<FileOfExport>,
) -> BotExport {
    let scenario = life.scenario();
    let status = words(scenario, position).0;
    let mut export = BotExport::default();
    export.id = Some(id.clone());
    export.created_by = format!("u-{}", bare(id.as_str(), EXPORT)).parse().ok();
    export.export_type = export_type.cloned();
    export.request_type = Some("Botexport".to_owned());
    export.created_on = Some(life.created().into());
    export.version = Some(0);
    let has_file = position.state == State::Over && status.outcome() != Outcome::Failed;
    if let Some(FileOfExport { id, size, address, query }) = file.filter(|_| has_file) {
        export.download_url = Some(format!("{address}?{query}").into());
        export.file_id = Some(id);
        export.store = Some(serde_json::json!({ "urlParams": query }).into());
        // A text in the vendor's document.
        export.file_size = Some(size.to_string().into());
    }
    export.bot_id = life.bot().cloned();
    if scenario.has_older_spelling() {
        export.stream_id = export.bot_id.take();
        export.download_url_of_siblings = export.download_url.take();
    }
    let mut export = with_said(scenario, position, export);
    export.status = Some(status.clone());
    export
}
