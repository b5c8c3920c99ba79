//! Why a job or a task failed, as far as the platform says it. Every output takes its reasons from
//! here.
//!
//! No document names the key of a reason, so each key that is not known counts as one, first those
//! that name a reason in other documents of the platform.

use kore_sdk::protocol::Excerpt;
use kore_sdk::types::Extra;
use serde_json::Value;

use crate::text::{harmless, word};

/// Keys that say why in other documents of the platform, the likeliest first.
const LIKELY: [&str; 8] =
    ["errors", "error", "errMsg", "message", "msg", "comments", "reason", "description"];

/// How many keys are shown.
const MAX_KEYS: usize = 32;
/// The most of one value that is shown on a line, and of all reasons together, in bytes.
const MAX_LINE: usize = 2_000;
/// The most of one value that is shown in a file, in bytes.
const MAX_TEXT: usize = 16_384;

/// One key and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// Fit for a terminal.
    pub(crate) key: String,
    /// The text as it came, or short JSON.
    text: String,
    /// How soon it is shown: what says nothing comes last.
    rank: usize,
}

impl Reason {
    pub(crate) fn new(key: &str, value: &Value) -> Self {
        let likely = LIKELY.iter().position(|likely| key.eq_ignore_ascii_case(likely));
        let (rank, text) = match value {
            Value::String(text) if !text.trim().is_empty() => (likely, text.clone()),
            Value::Array(errors) if likely == Some(0) && !errors.is_empty() => {
                (likely, errors.iter().map(of_error).collect::<Vec<_>>().join("; "))
            }
            value if says_nothing(value) => (Some(usize::MAX), value.to_string()),
            value => (likely, value.to_string()),
        };
        Self { key: word(key), text, rank: rank.unwrap_or(LIKELY.len()) }
    }

    /// The value on one line, fit for a terminal.
    pub(crate) fn line(&self) -> String {
        harmless(Excerpt::cut(self.text.as_bytes(), MAX_LINE).to_string())
    }

    /// The first line of the value.
    pub(crate) fn first_line(&self) -> String {
        let first = self.text.trim_start().lines().next().unwrap_or_default();
        Excerpt::cut(first.as_bytes(), MAX_LINE).to_string()
    }

    /// The value for a file: with its line ends, and other control characters shown.
    fn lines(&self) -> String {
        let kept = start(&self.text, MAX_TEXT);
        let mut lines: Vec<_> =
            kept.lines().map(|line| Excerpt::cut(line.as_bytes(), MAX_LINE).to_string()).collect();
        if kept.len() < self.text.len() {
            lines.push(format!("… ({} bytes in all)", self.text.len()));
        }
        lines.join("\n")
    }
}

/// An element of `errors`: its message in front, its other keys in brackets behind it.
fn of_error(error: &Value) -> String {
    let Value::Object(members) = error else { return short(error) };
    let said = ["msg", "message"].into_iter().find_map(|key| Some((key, members.get(key)?.as_str()?)));
    let Some((said, message)) = said else { return error.to_string() };
    let others: Vec<_> = members
        .iter()
        .filter(|(key, _)| *key != said)
        .map(|(key, value)| format!("{key}: {}", short(value)))
        .collect();
    if others.is_empty() { message.to_owned() } else { format!("{message} ({})", others.join(", ")) }
}

fn short(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// What is said by keys that are not known; what known ones say has a place of its own.
pub(crate) fn of_keys(extra: &Extra, known: &[&str]) -> Vec<Reason> {
    let unknown = extra.iter().filter(|(key, _)| !known.contains(&key.as_str()));
    unknown.map(|(key, value)| Reason::new(key, value)).collect()
}

/// A value of another form than the documented one, on one line.
pub(crate) fn odd(value: &Value) -> String {
    Reason::new("", value).line()
}

/// The likeliest first, and not too many.
pub(crate) fn ordered(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.sort_by_key(|reason| reason.rank);
    let left = reasons.len().saturating_sub(MAX_KEYS);
    if left > 0 {
        reasons.truncate(MAX_KEYS);
        let text = format!("and {left} more keys");
        reasons.push(Reason { key: "…".to_owned(), text, rank: usize::MAX });
    }
    reasons
}

/// `error: no entity, code: 7`, on one line and fit for a terminal.
pub(crate) fn line(reasons: &[Reason]) -> String {
    let parts: Vec<_> = reasons.iter().map(|reason| format!("{}: {}", reason.key, reason.line())).collect();
    let line = parts.join(", ");
    if line.len() <= MAX_LINE { line } else { format!("{}…", start(&line, MAX_LINE)) }
}

/// At most so many bytes of a text, whole characters.
fn start(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// A key a line, for a file.
pub(crate) fn lines(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| format!("{}: {}\n", reason.key, reason.lines())).collect()
}

#[cfg(test)]
mod tests;
