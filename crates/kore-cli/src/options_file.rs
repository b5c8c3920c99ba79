//! The file of `--options`, for an import and for an export: it is sent as it was written.

use std::path::Path;

use kore_sdk::protocol::ExactJson;

use crate::failure::Failure;
use crate::plain_text::{self, bounded};

/// The most that is read of the file.
const MAX_LEN: u64 = 1024 * 1024;

/// Reads the file, which must be a JSON object in which no key stands twice.
pub(crate) fn read(path: &Path) -> Result<ExactJson, Failure> {
    let shown = path.display();
    let text = plain_text::open(path)
        .and_then(|file| plain_text::text(bounded(file, MAX_LEN)?))
        .map_err(|error| Failure::usage(format!("cannot read --options {shown}: {error}")))?;
    ExactJson::object(&text).map_err(|error| Failure::usage(format!("--options {shown}: {error}")))
}
