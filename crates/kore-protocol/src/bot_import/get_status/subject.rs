//! The rule for whether a response is about the import that was asked for. Single calls and the watch
//! share it.

use std::borrow::Cow;

use kore_types::{BotImport, BotImportId};
use serde_json::Value;

use crate::OtherJob;

/// The beginning of each import id, in any case.
const PREFIX: &[u8] = b"bir-";

/// Accepts a document about the import that was asked for, by its `_id`:
///
/// - A missing `_id`, `null` or an empty text is accepted.
/// - The case of ASCII letters and blanks around the id make no difference.
/// - An `_id` that does not begin with `bir-` is accepted, since it is not the id of an import: some
///   sibling calls respond with ids of other kinds.
/// - Any other `_id` is that of another import, and refused.
/// - An `_id` that stands twice with different meanings is refused, since two readers of JSON may take
///   different ones.
pub(super) fn check(asked: &BotImportId, import: &BotImport) -> Result<(), OtherJob> {
    if import.id.as_ref() == Some(asked) {
        return Ok(());
    }
    let ids = ids(import);
    let meanings: Vec<_> = ids.iter().map(|id| Meaning::of(asked, id)).collect();
    let is_other = meanings.contains(&Meaning::Other) || meanings.windows(2).any(|pair| pair[0] != pair[1]);
    if !is_other {
        return Ok(());
    }
    let found = ids.iter().map(|id| text(id)).collect::<Vec<_>>().join(" and ");
    Err(OtherJob::new(asked.as_str(), &found))
}

/// What one `_id` means.
#[derive(PartialEq)]
enum Meaning<'a> {
    Nothing,
    Asked,
    AnotherKind(&'a Value),
    Other,
}

impl<'a> Meaning<'a> {
    fn of(asked: &BotImportId, id: &'a Value) -> Self {
        match id {
            Value::Null => Self::Nothing,
            Value::String(text) => match text.trim() {
                "" => Self::Nothing,
                text if text.eq_ignore_ascii_case(asked.as_str()) => Self::Asked,
                text if begins_like_an_import(text) => Self::Other,
                _ => Self::AnotherKind(id),
            },
            _ => Self::AnotherKind(id),
        }
    }
}

fn begins_like_an_import(text: &str) -> bool {
    text.as_bytes().get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// Each `_id` of the document, wherever the model keeps it.
fn ids(import: &BotImport) -> Vec<Value> {
    match (&import.id, import.extra.get("_id")) {
        (Some(id), _) => vec![id.as_str().into()],
        (None, None) => Vec::new(),
        // The model keeps a key that stands twice as the list of its values.
        (None, Some(Value::Array(ids))) if ids.len() > 1 => ids.clone(),
        (None, Some(odd)) => vec![odd.clone()],
    }
}

fn text(id: &Value) -> Cow<'_, str> {
    match id {
        Value::String(text) => Cow::Borrowed(text.trim()),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(ids: &str) -> Result<(), String> {
        let json = format!("{{{ids}}}");
        let import = serde_json::from_str(&json).or_else(|_| BotImport::id_and_status_alone(json.as_bytes()));
        let import = import.expect("an object");
        check(&"bir-1f".parse().expect("valid"), &import).map_err(|other| other.to_string())
    }

    #[test]
    fn a_document_that_names_no_other_import_is_accepted() {
        for ids in [
            "",
            r#""_id":null"#,
            r#""_id":"""#,
            r#""_id":" \t""#,
            r#""_id":"bir-1f""#,
            r#""_id":"BIR-1F""#,
            r#""_id":" bir-1F\n""#,
            r#""_id":"5f1c9a70a0aa52bbacdff3aa""#,
            r#""_id":"st-1f""#,
            r#""_id":"bir""#,
            r#""_id":"xbir-2f""#,
            r#""_id":17"#,
            r#""_id":true"#,
            r#""_id":{"$oid":"bir-2f"}"#,
            r#""_id":["bir-2f"]"#,
            r#""_id":"bir-1f","_id":" BIR-1F""#,
            r#""_id":null,"_id":"""#,
            r#""_id":17,"_id":17"#,
        ] {
            assert_eq!(checked(ids), Ok(()), "{ids}");
        }
    }

    #[test]
    fn the_error_for_another_import_names_both_ids() {
        for (ids, found) in [
            (r#""_id":"bir-2f""#, "bir-2f"),
            (r#""_id":" Bir-2f ""#, "Bir-2f"),
            (r#""_id":"bir-""#, "bir-"),
            (r#""_id":"bir-1f\u0000""#, r"bir-1f\u{0}"),
            (r#""_id":"bir-1f bir-1f""#, "bir-1f bir-1f"),
            (r#""_id":"\u0062ir-2f""#, "bir-2f"),
            (r#""_id":"bir-\ud800""#, "bir-\u{fffd}\u{fffd}\u{fffd}"),
            (r#""_id":"\u0062ir-2f\ud800""#, "bir-2f\u{fffd}\u{fffd}\u{fffd}"),
            (r#""_id":[],"_id":"bir-2f""#, "[] and bir-2f"),
            (r#""_id":"bir-2f","_id":[]"#, "bir-2f and []"),
            (r#""_id":["x"],"_id":"bir-2f""#, "x and bir-2f"),
            (r#""_id":[],"x":1e400,"_id":"bir-2f""#, "[] and bir-2f"),
            (r#""_id":"bir-1f","_id":"bir-2f""#, "bir-1f and bir-2f"),
            (r#""_id":"bir-2f","_id":"bir-1f""#, "bir-2f and bir-1f"),
            (r#""_id":"bir-2f","_id":"bir-2f""#, "bir-2f"),
            (r#""_id":null,"_id":"bir-1f""#, "null and bir-1f"),
            (r#""_id":"bir-1f","_id":17,"_id":"bir-1f""#, "bir-1f and 17 and bir-1f"),
        ] {
            let message = format!("expected a response about bir-1f, found one about {found}");
            assert_eq!(checked(ids), Err(message), "{ids}");
        }
    }
}
