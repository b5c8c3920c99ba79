//! Events as JSON, one a line.

use std::collections::HashMap;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use kore_sdk::protocol::bot_import::get_status::Response;
use kore_sdk::types::Timestamp;
use kore_sdk::watch::{Event, ResumeToken};
use kore_sdk::{BotImportId, StatusLog};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
    StatusChanged {
        before: Option<&'a str>,
        now: Option<&'a str>,
    },
    TaskAppeared {
        index: usize,
        entry: Entry<'a>,
    },
    TaskChanged {
        index: usize,
        before: Entry<'a>,
        entry: Entry<'a>,
    },
    TaskVanished {
        index: usize,
        entry: Entry<'a>,
    },
    Throttled {
        until: String,
    },
    Retrying {
        because: &'a str,
        failures: u32,
        at: String,
    },
    TokenRenewed,
    #[serde(rename = "next_look")]
    NextPoll {
        at: String,
        left: [u32; 2],
    },
    Ended(Ended<'a>),
    NotWritten {
        lines: u64,
    },
    Finished {
        exit_code: u8,
        resume_command: Option<&'a str>,
    },
}

/// How the watch of an import ended, as both JSON outputs tell it.
#[derive(Serialize)]
pub(super) struct Ended<'a> {
    outcome: &'static str,
    message: Option<&'a str>,
    elapsed_ms: u64,
    last: Option<&'a RawValue>,
    resume: Option<&'a ResumeToken<BotImportId>>,
}

impl<'a> Ended<'a> {
    pub(super) fn new(ending: &'a Ending) -> Self {
        Self {
            outcome: ending.verdict.as_str(),
            message: ending.message.as_deref(),
            elapsed_ms: u64::try_from(ending.elapsed.as_millis()).unwrap_or(u64::MAX),
            last: ending.json.as_deref().and_then(|json| serde_json::from_slice(json).ok()),
            resume: ending.resume.as_ref(),
        }
    }
}

/// An entry of a log as it came, or as the model has it.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Came(&'a RawValue),
    Read(&'a StatusLog),
}

/// The logs of the last two documents of each import, from which entries are shown as they came.
#[derive(Debug, Default)]
pub(crate) struct Entries(HashMap<BotImportId, [Log; 2]>);

#[derive(Debug, Default)]
struct Log {
    body: Bytes,
    /// Each as the model is written, and as it came.
    entries: Vec<(String, Box<RawValue>)>,
    /// Where each is that is written so.
    places: HashMap<String, usize>,
}

impl Log {
    fn of(body: &Bytes) -> Self {
        #[derive(Deserialize)]
        struct Document<'a> {
            #[serde(borrow, rename = "statusLogs")]
            log: Vec<&'a RawValue>,
        }
        let mut response = Response::default();
        response.body = body.clone();
        let json = response.json();
        let log =
            serde_json::from_slice(&json).map_or_else(|_| Vec::new(), |document: Document<'_>| document.log);
        let read = |raw: &RawValue| serde_json::from_str::<StatusLog>(raw.get()).ok();
        let entries = log.into_iter().filter_map(|raw| Some((written(&read(raw)?), raw.to_owned())));
        let entries: Vec<_> = entries.collect();
        let places = entries.iter().enumerate().map(|(at, (written, _))| (written.clone(), at)).collect();
        Self { body: body.clone(), entries, places }
    }

    fn entry<'a>(&'a self, index: usize, read: &'a StatusLog) -> Entry<'a> {
        let written = written(read);
        let is_there = self.entries.get(index).is_some_and(|entry| entry.0 == written);
        let place = if is_there { Some(index) } else { self.places.get(&written).copied() };
        place.map_or(Entry::Read(read), |place| Entry::Came(&self.entries[place].1))
    }
}

fn written(entry: &StatusLog) -> String {
    serde_json::to_string(entry).expect("an entry is written as JSON")
}

impl Entries {
    /// The line of an event, seen in a document; none for one that this version has no words for.
    pub(crate) fn event(
        &mut self,
        id: &BotImportId,
        event: &Event<StatusLog>,
        body: &Bytes,
        now: Instant,
        wall: SystemTime,
    ) -> Option<String> {
        let at = |then: &Instant| time(wall.checked_add(then.saturating_duration_since(now)).unwrap_or(wall));
        let what = match event {
            Event::StatusChanged { before, now } => What::StatusChanged {
                before: before.as_ref().map(|status| status.as_str()),
                now: now.as_ref().map(|status| status.as_str()),
            },
            Event::TaskAppeared { index, entry } => {
                let [_, log] = self.logs(id, body);
                What::TaskAppeared { index: *index, entry: log.entry(*index, entry) }
            }
            Event::TaskChanged { index, before, entry } => {
                let [old, log] = self.logs(id, body);
                let (before, entry) = (old.entry(*index, before), log.entry(*index, entry));
                What::TaskChanged { index: *index, before, entry }
            }
            Event::TaskVanished { index, entry } => {
                let [old, _] = self.logs(id, body);
                What::TaskVanished { index: *index, entry: old.entry(*index, entry) }
            }
            Event::Throttled { until } => What::Throttled { until: at(until) },
            Event::Retrying { because, failures, at: then } => {
                What::Retrying { because, failures: *failures, at: at(then) }
            }
            Event::TokenRenewed => What::TokenRenewed,
            Event::NextPoll { at: then, left } => What::NextPoll { at: at(then), left: *left },
            _ => return None,
        };
        Some(line(Some(id), what, wall))
    }

    /// The log of the document before, and that of this one.
    fn logs(&mut self, id: &BotImportId, body: &Bytes) -> &[Log; 2] {
        if !self.0.contains_key(id) {
            self.0.insert(id.clone(), Default::default());
        }
        let logs = self.0.get_mut(id).expect("it was just put there");
        if (logs[1].body.as_ptr(), logs[1].body.len()) != (body.as_ptr(), body.len()) {
            logs.swap(0, 1);
            logs[1] = Log::of(body);
        }
        logs
    }

    /// The import has ended.
    pub(crate) fn forget(&mut self, id: &BotImportId) {
        self.0.remove(id);
    }
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
    Timestamp::from(wall).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(documents: &[&str]) -> String {
        let id: BotImportId = "bir-1".parse().expect("valid");
        let (now, mut entries) = (Instant::now(), Entries::default());
        let mut before = kore_sdk::BotImport::default();
        let mut told = String::new();
        for document in documents {
            let body = Bytes::from(document.to_string());
            let import: kore_sdk::BotImport = serde_json::from_slice(&body).expect("an import");
            for (index, entry) in import.entries().iter().cloned().enumerate() {
                let event = match before.entries().get(index).cloned() {
                    None => Event::TaskAppeared { index, entry },
                    Some(before) => Event::TaskChanged { index, before, entry },
                };
                told += &entries.event(&id, &event, &body, now, SystemTime::UNIX_EPOCH).expect("a line");
            }
            before = import;
        }
        told
    }

    #[test]
    fn an_entry_is_as_it_came() {
        let entry = r#"{"taskName":"a","z":1.00000000000000000001,"status":"failed","b":{"d":1,"c":2}}"#;
        let start = r#"{"time":"1970-01-01T00:00:00.000Z","id":"bir-1","event":"#;
        assert_eq!(
            lines(&[&format!("{{\"statusLogs\": [null,\n{entry}]}}")]),
            format!("{start}\"task_appeared\",\"index\":0,\"entry\":{entry}}}\n")
        );
        let again = entry.replace("failed", "FAILED");
        let changed =
            lines(&[&format!(r#"{{"statusLogs":[{entry}]}}"#), &format!(r#"{{"statusLogs":[{again}]}}"#)]);
        assert!(
            changed.ends_with(&format!(
                "{start}\"task_changed\",\"index\":0,\"before\":{entry},\"entry\":{again}}}\n"
            )),
            "{changed}"
        );
    }

    #[test]
    fn no_clock_makes_a_panic() {
        let (year, now) = (std::time::Duration::from_secs(365 * 86_400), Instant::now());
        let event = Event::Throttled { until: now + year };
        let line = |wall| {
            let id = "bir-1".parse().expect("valid");
            Entries::default().event(&id, &event, &Bytes::new(), now, wall).expect("a line")
        };
        let before = line(SystemTime::UNIX_EPOCH - year * 100);
        assert!(before.contains(r#""time":"1970-01-01T00:00:00.000Z""#), "{before}");
        // Half a year before the end of 9999, so that what is waited for is behind it.
        let late = line(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(253_386_000_000));
        assert!(
            late.contains(r#""time":"9999-"#) && late.contains(r#""until":"9999-12-31T23:59:59"#),
            "{late}"
        );
    }
}
