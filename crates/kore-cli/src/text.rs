//! Foreign text and counts as every output shows them: printable, cut at a width, without meaning for
//! a pipeline or a shell.

use anstyle::{AnsiColor, Style};
use kore_sdk::Outcome;
use kore_sdk::protocol::Excerpt;
use kore_sdk::types::OutcomeCounts;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

/// The most of one name or word that is shown, in bytes.
const MAX_WORD: usize = 200;

/// What a field holds, made printable: its text, `-` if there is none, or the JSON of what its key
/// holds in another form than the documented one.
pub(crate) fn field(text: Option<&impl AsRef<str>>, odd: Option<&Value>) -> String {
    match (text, odd) {
        (Some(text), _) => word(text.as_ref()),
        (None, None | Some(Value::Null)) => "-".to_owned(),
        (None, Some(odd)) => word(&odd.to_string()),
    }
}

pub(crate) fn word(text: &str) -> String {
    harmless(Excerpt::cut(text.as_bytes(), MAX_WORD).to_string())
}

/// Takes the meaning from what a pipeline would obey if it stood in its log: `::set-output…` at the
/// start of a line (GitHub), `##[…]` and `##vso[…]` anywhere in it (GitHub, Azure, TeamCity).
pub(crate) fn harmless(text: String) -> String {
    let text = match text.trim_start().starts_with("::") {
        true => text.replacen("::", r"\::", 1),
        false => text,
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let is_command = || shown.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).ends_with("##");
        if c == '[' && is_command() {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

/// `20 tasks: 1 failed, 2 running, 17 succeeded`. Of those with a status that is no known outcome,
/// `awaiting` await approval.
pub(crate) fn counted(counts: OutcomeCounts, awaiting: usize) -> String {
    let total = counts.total();
    let parts: Vec<_> = [
        (Outcome::Failed, counts.failed, "failed"),
        (Outcome::Unknown, counts.unknown.saturating_sub(awaiting), "with an unknown status"),
        (Outcome::Running, awaiting, "awaiting approval"),
        (Outcome::Running, counts.running, "running"),
        (Outcome::Succeeded, counts.succeeded, "succeeded"),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
    .map(|(outcome, count, word)| format!("{0}{count} {word}{0:#}", outcome_style(outcome)))
    .collect();
    let separator = if parts.is_empty() { "" } else { ": " };
    format!("{}{separator}{}", number_of(total, "task"), parts.join(", "))
}

/// The colour of an outcome.
pub(crate) fn outcome_style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Succeeded => AnsiColor::Green.on_default(),
        Outcome::Failed => AnsiColor::Red.on_default().bold(),
        Outcome::Running => AnsiColor::Yellow.on_default(),
        Outcome::Unknown => AnsiColor::Magenta.on_default(),
    }
}

/// The last word of a kind of job: `import` of `bot import`.
pub(crate) fn noun(kind: &str) -> &str {
    kind.rsplit(' ').next().unwrap_or(kind)
}

/// `imports`, `publishes`.
pub(crate) fn plural(noun: &str) -> String {
    if noun.ends_with("sh") { format!("{noun}es") } else { format!("{noun}s") }
}

/// `1 import`, `2 imports`.
pub(crate) fn number_of(count: usize, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {}", plural(noun)) }
}

/// Fills up to a width with spaces behind it.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// The width that a column needs, but at most `max`.
pub(crate) fn column<'a>(cells: impl Iterator<Item = &'a str>, max: usize) -> usize {
    cells.map(|cell| cell.width()).max().unwrap_or(0).min(max)
}

/// As many names as there is room for, `…` in place of the others.
pub(crate) fn names(names: &[impl AsRef<str>], room: usize) -> String {
    let mut line = String::new();
    for (n, name) in names.iter().map(AsRef::as_ref).enumerate() {
        let separator = if n == 0 { "" } else { ", " };
        // Room for ", …" stays free unless this is the last name.
        let reserved = if n + 1 == names.len() { 0 } else { 3 };
        if line.width() + separator.len() + name.width() + reserved > room {
            line.push_str(separator);
            line.push('…');
            return line;
        }
        line.push_str(separator);
        line.push_str(name);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: usize) -> Vec<String> {
        (1..=count).map(|n| format!("task {n}")).collect()
    }

    #[test]
    fn names_end_at_the_width() {
        assert_eq!(names(&list(3), 80), "task 1, task 2, task 3");
        assert_eq!(names(&list(3), 22), "task 1, task 2, task 3");
        assert_eq!(names(&list(3), 21), "task 1, task 2, …");
        assert_eq!(names(&list(9999), 20), "task 1, task 2, …");
        assert_eq!(names(&list(1), 3), "…");
        for room in 1..60 {
            assert!(names(&list(20), room).width() <= room.max(1), "{room}");
        }
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(pad("日本", 6), "日本  ");
        assert_eq!(column(["日本", "abc"].into_iter(), 40), 4);
        assert_eq!(names(&["日本".to_owned(), "語語".to_owned()], 8), "日本, …");
    }

    #[test]
    fn commands_to_a_pipeline_lose_their_meaning() {
        for (text, shown) in [
            ("::set-env name=A::b", r"\::set-env name=A::b"),
            ("  ::error::x", r"  \::error::x"),
            ("a::b", "a::b"),
            ("see ##vso[task.x]y", r"see ##vso\[task.x]y"),
            ("##[error]##[x", r"##\[error]##\[x"),
            ("### [a] ##", "### [a] ##"),
            ("###[a]", r"###\[a]"),
        ] {
            assert_eq!(word(text), shown);
        }
    }

    #[test]
    fn what_has_no_text_is_shown_all_the_same() {
        assert_eq!(field(None::<&String>, None), "-");
        assert_eq!(field(None::<&String>, Some(&Value::Null)), "-");
        assert_eq!(field(None::<&String>, Some(&serde_json::json!({"a": 1}))), "{\"a\":1}");
    }
}
