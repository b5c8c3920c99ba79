//! The document of a job, as its endpoints read it and write it on one line.

use bytes::Bytes;
use serde::de::DeserializeOwned;

/// Reads a document, and why it could not be read as a whole. A part that no model can hold must not
/// hide the id and the status: then they are read alone.
pub(crate) fn read<D: DeserializeOwned>(body: &[u8]) -> serde_json::Result<(D, Option<String>)> {
    match serde_json::from_slice(body) {
        Ok(document) => Ok((document, None)),
        Err(error) => Ok((kore_types::id_and_status_alone(body)?, Some(why_unread(&error)))),
    }
}

/// The error without a part of the body, which may be secret: serde repeats one for JSON of another
/// form. The errors of endpoints repeat none, and have no line.
pub(crate) fn why_unread(error: &serde_json::Error) -> String {
    if error.is_data() && error.line() > 0 {
        return format!("JSON of another form, at line {} column {}", error.line(), error.column());
    }
    error.to_string()
}

/// The bytes without the white space between their values, or what is written in place of none.
pub(crate) fn on_one_line(body: &Bytes, written: impl FnOnce() -> serde_json::Result<Vec<u8>>) -> Bytes {
    if body.is_empty() {
        return written().unwrap_or_default().into();
    }
    let (mut in_text, mut is_escaped) = (false, false);
    let is_kept = |byte: &u8| {
        let is_blank = !in_text && byte.is_ascii_whitespace();
        in_text = if *byte == b'"' { in_text == is_escaped } else { in_text };
        is_escaped = in_text && *byte == b'\\' && !is_escaped;
        !is_blank
    };
    body.iter().copied().filter(is_kept).collect()
}
