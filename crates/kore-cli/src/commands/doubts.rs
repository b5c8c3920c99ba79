//! What makes a document worth a warning.

use kore_sdk::types::Printable;
use kore_sdk::{BotImport, BotImportId, Outcome};

/// What is odd, if the answer says that it is about another import.
pub(crate) fn about_another(import: &BotImport, asked: &BotImportId) -> Option<String> {
    let other = import.id.get().filter(|id| *id != asked)?;
    Some(format!("asked for {asked}, the answer is about {}", Printable::text(other.as_str())))
}

/// Why the status of the import is not all that there is to know.
pub(crate) fn doubt(import: &BotImport) -> Option<String> {
    if import.status.get().is_none() {
        return Some("the answer has no status: nothing can be concluded from it".to_owned());
    }
    match import.failed_entries().count() {
        failed if failed > 0 && import.outcome() == Outcome::Succeeded => Some(format!(
            "the platform says that the import succeeded, and that {failed} of its tasks failed"
        )),
        _ => None,
    }
}
