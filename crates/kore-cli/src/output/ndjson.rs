//! Events as JSON, one a line.

use std::time::{Instant, SystemTime};

use kore_sdk::watch::{Event, ResumeToken};
use kore_sdk::{BotImport, BotImportId, StatusLog};
use serde::Serialize;

use crate::watch::Ending;

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum What<'a> {
    StatusChanged { before: Option<&'a str>, now: Option<&'a str> },
    TaskAppeared { index: usize, entry: &'a StatusLog },
    TaskChanged { index: usize, before: &'a StatusLog, entry: &'a StatusLog },
    TaskVanished { index: usize, entry: &'a StatusLog },
    Throttled { until: String },
    Retrying { because: &'a str, failures: u32, at: String },
    TokenRenewed,
    NextLook { at: String, left: [u32; 2] },
    Ended(Ended<'a>),
    NotWritten { lines: u64 },
    Finished { exit_code: u8, resume_command: Option<&'a str> },
}

/// How the watch of an import ended, as both JSON outputs tell it.
#[derive(Serialize)]
pub(super) struct Ended<'a> {
    outcome: &'static str,
    message: Option<&'a str>,
    elapsed_ms: u64,
    last: Option<&'a BotImport>,
    resume: Option<&'a ResumeToken>,
}

impl<'a> Ended<'a> {
    pub(super) fn new(ending: &'a Ending) -> Self {
        Self {
            outcome: ending.verdict.as_str(),
            message: ending.message.as_deref(),
            elapsed_ms: u64::try_from(ending.elapsed.as_millis()).unwrap_or(u64::MAX),
            last: ending.import.as_ref(),
            resume: ending.resume.as_ref(),
        }
    }
}

/// The line of an event; none for one that this version has no words for.
pub(crate) fn event(id: &BotImportId, event: &Event, now: Instant, wall: SystemTime) -> Option<String> {
    let at = |then: &Instant| time(wall + then.saturating_duration_since(now));
    let what = match event {
        Event::StatusChanged { before, now } => What::StatusChanged {
            before: before.as_ref().map(|status| status.as_str()),
            now: now.as_ref().map(|status| status.as_str()),
        },
        Event::TaskAppeared { index, entry } => What::TaskAppeared { index: *index, entry },
        Event::TaskChanged { index, before, entry } => What::TaskChanged { index: *index, before, entry },
        Event::TaskVanished { index, entry } => What::TaskVanished { index: *index, entry },
        Event::Throttled { until } => What::Throttled { until: at(until) },
        Event::Retrying { because, failures, at: then } => {
            What::Retrying { because, failures: *failures, at: at(then) }
        }
        Event::TokenRenewed => What::TokenRenewed,
        Event::NextLook { at: then, left } => What::NextLook { at: at(then), left: *left },
        _ => return None,
    };
    Some(line(Some(id), what, wall))
}

pub(crate) fn ended(ending: &Ending, wall: SystemTime) -> String {
    line(Some(&ending.id), What::Ended(Ended::new(ending)), wall)
}

pub(crate) fn finished(exit_code: u8, resume_command: Option<&str>, wall: SystemTime) -> String {
    line(None, What::Finished { exit_code, resume_command }, wall)
}

/// The line in the place of so many that were left out.
pub(crate) fn left_out(lines: u64) -> String {
    line(None, What::NotWritten { lines }, SystemTime::now())
}

fn line(id: Option<&BotImportId>, what: What<'_>, wall: SystemTime) -> String {
    let line = Line { time: time(wall), id: id.map(|id| id.as_str()), what };
    serde_json::to_string(&line).expect("text, numbers and JSON as it came") + "\n"
}

fn time(wall: SystemTime) -> String {
    humantime::format_rfc3339_millis(wall).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_as_it_came() {
        let import = BotImport::from_json(
            r#"{"statusLogs":[{"taskName":"a","z":1.00000000000000000001,"status":"failed","b":{"d":1,"c":2}}]}"#,
        )
        .expect("an import");
        let event = super::event(
            &"bir-1".parse().expect("valid"),
            &Event::TaskAppeared { index: 3, entry: import.entries()[0].clone() },
            Instant::now(),
            SystemTime::UNIX_EPOCH,
        );
        assert_eq!(
            event.expect("a line"),
            "{\"time\":\"1970-01-01T00:00:00.000Z\",\"id\":\"bir-1\",\"event\":\"task_appeared\",\"index\":3,\
             \"entry\":{\"taskName\":\"a\",\"z\":1.00000000000000000001,\"status\":\"failed\",\"b\":{\"d\":1,\"c\":2}}}\n"
        );
    }
}
