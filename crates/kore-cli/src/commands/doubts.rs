//! What makes a document worth a warning.

use kore_sdk::{BotImport, Outcome};

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
