//! An import for people.

use std::time::SystemTime;

use anstyle::{AnsiColor, Style};
use kore_sdk::types::{Field, Timestamp};
use kore_sdk::{BotImport, Outcome};

use super::age::age;
use super::tasks;
use super::text::{field, json, word};
use crate::reasons;

pub(super) const LABEL: Style = Style::new().dimmed();
pub(super) const HEADING: Style = Style::new().bold();

/// The whole document as lines, styled, and bounded however long its log is.
pub(super) fn render(import: &BotImport, now: SystemTime, width: usize) -> String {
    let mut out = String::new();
    let mut line = |label: &str, text: String| out.push_str(&format!("{LABEL}{label:<8}{LABEL:#} {text}\n"));
    line("Import", field(&import.id));
    line("Status", status(import));
    match &import.stream_id {
        Field::Absent | Field::Null => line("Bot ref", field(&import.stream_ref_id)),
        id => line("Bot", field(id)),
    }
    line("Type", field(&import.request_type));
    line("Created", created(&import.created_on, now));
    line("Tasks", tasks::summary(import));
    for reason in reasons::of_keys(import) {
        line(&format!("{}:", reason.key), reason.line());
    }
    out.push_str(&tasks::render(import, width));
    out
}

pub(super) fn style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Succeeded => AnsiColor::Green.on_default(),
        Outcome::Failed => AnsiColor::Red.on_default().bold(),
        Outcome::Running => AnsiColor::Yellow.on_default(),
        Outcome::Unknown => AnsiColor::Magenta.on_default(),
    }
}

/// The word, and what it means where the word alone does not say it.
fn status(import: &BotImport) -> String {
    let outcome = import.outcome();
    let style = style(outcome);
    let word = field(&import.status);
    let meaning = match (&import.status, outcome) {
        (Field::Absent | Field::Null, _) => " (the answer has no status: nothing can be concluded)",
        (_, Outcome::Unknown) => " (not a word that is known here: nothing is concluded from it)",
        (_, Outcome::Running) => " (not ended)",
        (_, Outcome::Succeeded | Outcome::Failed) => "",
    };
    format!("{style}{word}{style:#}{meaning}")
}

fn created(created_on: &Field<Timestamp>, now: SystemTime) -> String {
    match created_on {
        Field::Value(timestamp) => match timestamp.to_system_time() {
            Ok(time) => format!("{} ({})", word(timestamp.as_str()), age(time, now)),
            Err(_) => word(timestamp.as_str()),
        },
        Field::Absent | Field::Null => "-".to_owned(),
        Field::Other(raw) => json(raw),
    }
}

#[cfg(test)]
mod tests;
