//! An import for people.

use std::time::SystemTime;

use anstyle::{AnsiColor, Style};
use kore_sdk::{BotImport, Outcome};
use serde_json::Value;

use super::age::age;
use super::tasks;
use super::text::{field, word};
use crate::reasons;

pub(super) const LABEL: Style = Style::new().dimmed();
pub(super) const HEADING: Style = Style::new().bold();

/// The whole document as lines, styled, and bounded however long its log is.
pub(super) fn render(import: &BotImport, now: SystemTime, width: usize) -> String {
    let mut out = String::new();
    let mut line = |label: &str, text: String| out.push_str(&format!("{LABEL}{label:<8}{LABEL:#} {text}\n"));
    let odd = |keys: &[&str]| keys.iter().find_map(|key| import.extra.get(*key).filter(|odd| !odd.is_null()));
    line("Import", field(import.id.as_ref(), odd(&["_id"])));
    line("Status", status(import, odd(&["status"])));
    match (import.bot(), odd(&["streamId", "botId"])) {
        (None, None) => line("Bot ref", field(import.stream_ref(), odd(&["streamRefId", "botRefId"]))),
        (bot, odd) => line("Bot", field(bot, odd)),
    }
    line("Type", field(import.request_type.as_ref(), odd(&["requestType"])));
    line("Created", created(import, now));
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
fn status(import: &BotImport, odd: Option<&Value>) -> String {
    let outcome = import.outcome();
    let style = style(outcome);
    let word = field(import.status.as_ref(), odd);
    let meaning = match (&import.status, outcome) {
        (None, _) if odd.is_none() => " (the answer has no status: nothing can be concluded)",
        (_, Outcome::Unknown) => " (not a word that is known here: nothing is concluded from it)",
        (_, Outcome::Running) => " (not ended)",
        (_, Outcome::Succeeded | Outcome::Failed) => "",
    };
    format!("{style}{word}{style:#}{meaning}")
}

fn created(import: &BotImport, now: SystemTime) -> String {
    match import.created_on.as_ref().map(|created| (created, created.to_system_time())) {
        Some((created, Ok(time))) => format!("{} ({})", word(created.as_str()), age(time, now)),
        _ => field(import.created_on.as_ref(), import.extra.get("createdOn")),
    }
}

#[cfg(test)]
mod tests;
