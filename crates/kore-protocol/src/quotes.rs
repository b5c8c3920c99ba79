//! Whether a message repeats a value of what was sent. The start of an import asks this of each message
//! that refuses it, since its options may hold values of variables.

use std::collections::HashSet;

use serde_json::Value;

/// Values below this length are too common to be told from words.
const LEAST: usize = 4;

/// A longer value is repeated if so many bytes of it in a row are.
const RUN: usize = 8;

/// Whether a message repeats a text or a number of a value, in any case of letters. A text that
/// `is_known` is a word of the API, and no secret.
pub(crate) fn quotes(message: &str, value: &Value, is_known: &dyn Fn(&str) -> bool) -> bool {
    let message = message.to_lowercase();
    let runs: HashSet<&[u8]> = message.as_bytes().windows(RUN).collect();
    any_leaf(value, &|leaf| {
        let repeats = |text: &str| match text.len() {
            0..LEAST => false,
            LEAST..=RUN => message.contains(text),
            _ => text.as_bytes().windows(RUN).any(|run| runs.contains(run)),
        };
        // A message in JSON has it escaped.
        let escaped = serde_json::to_string(leaf).unwrap_or_default();
        !is_known(leaf)
            && (repeats(&leaf.to_lowercase()) || repeats(escaped.to_lowercase().trim_matches('"')))
    })
}

fn any_leaf(value: &Value, is: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(number) => is(&number.to_string()),
        Value::String(text) => is(text),
        Value::Array(items) => items.iter().any(|item| any_leaf(item, is)),
        Value::Object(members) => members.values().any(|value| any_leaf(value, is)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_found_whole_in_part_in_another_case_or_escaped() {
        let value =
            json!({"a": ["hunter2", {"b": "a \"quoted\" secret"}], "pin": 90210, "n": "abc", "t": "botTask"});
        let quotes = |message: &str| quotes(message, &value, &|word| word == "botTask");
        for message in
            ["found hunter2", "found HUNTER2!", "x 90210", r#"{"msg":"a \"quoted"}"#, "…\"quoted\" sec…"]
        {
            assert!(quotes(message), "{message}");
        }
        for message in ["Invalid StreamId", "abc", "the task botTask is not known", "", "hunter"] {
            assert!(!quotes(message), "{message}");
        }
    }
}
