//! An id of an import as an argument.

use std::ffi::OsStr;

use kore_sdk::BotImportId;

use crate::failure::Failure;
use crate::plain_text::trimmed;
use crate::unexpanded::Unexpanded;

/// Where ids come from.
pub(super) const WHERE: &str = "the import call answers with the id as _id";

pub(super) fn import_id(argument: &OsStr) -> Result<BotImportId, Failure> {
    // What is not UTF-8 becomes U+FFFD here, which no id allows.
    let text = argument.to_string_lossy();
    Unexpanded::refuse(&text, "the import id")?;
    BotImportId::new(trimmed(&text)).map_err(|error| Failure::usage(error).hint(WHERE))
}
