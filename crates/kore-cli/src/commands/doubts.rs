//! What makes a document worth a warning.

use kore_sdk::Outcome;
use kore_sdk::protocol::bot_import::get_status::Response;
use kore_sdk::types::Printable;

/// Why the status of the import is not all that there is to know.
pub(crate) fn doubt(response: &Response) -> Option<String> {
    let import = &response.import;
    if let Some(why) = &response.unread {
        return Some(format!(
            "the answer cannot be read as a whole ({}): only its id and status are told, and --output json shows it as it came",
            Printable::text(why)
        ));
    }
    if import.status.is_none() {
        return Some("the answer has no status: nothing can be concluded from it".to_owned());
    }
    match import.failed_entries().count() {
        failed if failed > 0 && import.outcome() == Outcome::Succeeded => Some(format!(
            "the platform says that the import succeeded, and that {failed} of its tasks failed"
        )),
        _ => None,
    }
}
