//! What a watch writes for programs: `--output json`, one document at the end, and `--output ndjson`,
//! a line for each event.

use std::collections::{BTreeMap, HashMap};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use kore_sdk::ImportEvent;
use kore_sdk::types::Timestamp;
use kore_sdk::watch::Event;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::text::{noun, plural};
use crate::watch::{Ending, Shown};

#[derive(Serialize)]
struct Line<'a, T> {
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(flatten)]
    what: What<'a, T>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum What<'a, T> {
    StatusChanged {
        before: Option<&'a str>,
        now: Option<&'a str>,
    },
    TaskAppeared {
        index: usize,
        entry: Entry<'a, T>,
    },
    TaskChanged {
        index: usize,
        before: Entry<'a, T>,
        entry: Entry<'a, T>,
    },
    TaskVanished {
        index: usize,
        entry: Entry<'a, T>,
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
    Uploading {
        file: &'a str,
        length: u64,
    },
    Uploaded {
        file: &'a str,
        length: u64,
        file_id: &'a str,
    },
    Waiting {
        because: &'a str,
        until: String,
    },
    Starting,
    Started {
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<Box<RawValue>>,
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

/// How the watch of a job ended, as both outputs tell it.
#[derive(Serialize)]
struct Ended<'a> {
    outcome: &'static str,
    message: Option<&'a str>,
    elapsed_ms: u64,
    last: Option<&'a RawValue>,
    resume: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a RawValue>,
}

impl<'a> Ended<'a> {
    fn new(ending: &'a Ending) -> Self {
        let json = ending.document.as_ref().map(|document| &*document.json);
        Self {
            outcome: ending.verdict.as_str(),
            message: ending.message.as_deref(),
            elapsed_ms: u64::try_from(ending.elapsed.as_millis()).unwrap_or(u64::MAX),
            last: json.and_then(|json| serde_json::from_slice(json).ok()),
            resume: ending.resume(),
            run: ending.run(),
        }
    }
}

/// The document of `--output json`.
#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    /// By what they are: `imports`.
    #[serde(flatten)]
    jobs: BTreeMap<String, Vec<Job<'a>>>,
    resume_command: Option<&'a str>,
}

#[derive(Serialize)]
struct Job<'a> {
    id: &'a str,
    #[serde(flatten)]
    ended: Ended<'a>,
}

/// The one document of `--output json`.
pub(crate) fn final_json(endings: &[Ending], exit_code: u8, resume_command: Option<&str>) -> String {
    let jobs = endings.iter().map(|ending| Job { id: &ending.id, ended: Ended::new(ending) }).collect();
    let noun = endings.first().map_or("job", |ending| noun(ending.kind));
    let document = Document { exit_code, jobs: BTreeMap::from([(plural(noun), jobs)]), resume_command };
    serde_json::to_string(&document).expect("text, numbers and JSON as it came") + "\n"
}

/// An entry of a log as it came, or as the model has it.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a, T> {
    Came(&'a RawValue),
    Read(&'a T),
}

/// The logs of the last two documents of each job, from which entries are shown as they came.
#[derive(Debug, Default)]
pub(crate) struct Entries(HashMap<String, [Log; 2]>);

#[derive(Debug, Default)]
struct Log {
    body: Bytes,
    /// As each came, by how its model is written.
    entries: HashMap<String, Box<RawValue>>,
}

impl Log {
    fn of<J: Shown>(body: &Bytes) -> Self {
        let json = J::json(body);
        let document: Option<HashMap<String, &RawValue>> = serde_json::from_slice(&json).ok();
        let log = document
            .and_then(|document| serde_json::from_str::<Vec<&RawValue>>(document.get(J::TASKS?)?.get()).ok());
        let read = |raw: &RawValue| serde_json::from_str::<J::Task>(raw.get()).ok();
        let entries = log
            .unwrap_or_default()
            .into_iter()
            .filter_map(|raw| Some((written(&read(raw)?), raw.to_owned())));
        Self { body: body.clone(), entries: entries.collect() }
    }

    fn entry<'a, T: Serialize>(&'a self, read: &'a T) -> Entry<'a, T> {
        self.entries.get(&written(read)).map_or(Entry::Read(read), |raw| Entry::Came(raw))
    }
}

fn written(entry: &impl Serialize) -> String {
    serde_json::to_string(entry).expect("an entry is written as JSON")
}

impl Entries {
    /// The line of an event, seen in a document; none for one that this version has no words for.
    pub(crate) fn event<J: Shown>(
        &mut self,
        id: &str,
        event: &Event<J::Task>,
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
                let [_, log] = self.logs::<J>(id, body);
                What::TaskAppeared { index: *index, entry: log.entry(entry) }
            }
            Event::TaskChanged { index, before, entry } => {
                let [old, log] = self.logs::<J>(id, body);
                let (before, entry) = (old.entry(before), log.entry(entry));
                What::TaskChanged { index: *index, before, entry }
            }
            Event::TaskVanished { index, entry } => {
                let [old, _] = self.logs::<J>(id, body);
                What::TaskVanished { index: *index, entry: old.entry(entry) }
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
    fn logs<J: Shown>(&mut self, id: &str, body: &Bytes) -> &[Log; 2] {
        if !self.0.contains_key(id) {
            self.0.insert(id.to_owned(), Default::default());
        }
        let logs = self.0.get_mut(id).expect("it was just put there");
        if (logs[1].body.as_ptr(), logs[1].body.len()) != (body.as_ptr(), body.len()) {
            logs.swap(0, 1);
            logs[1] = Log::of::<J>(body);
        }
        logs
    }

    /// The job has ended.
    pub(crate) fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }
}

/// The line of an event before the import is accepted, and of its being accepted.
pub(crate) fn import_event(event: &ImportEvent, now: Instant, wall: SystemTime) -> Option<String> {
    let at = |then: &Instant| time(wall.checked_add(then.saturating_duration_since(now)).unwrap_or(wall));
    let (id, what) = match event {
        ImportEvent::Uploading { name, sent: 0, length, .. } => {
            (None, What::Uploading { file: name, length: *length })
        }
        ImportEvent::Uploaded { name, length, id, .. } => {
            (None, What::Uploaded { file: name, length: *length, file_id: id.as_str() })
        }
        ImportEvent::Waiting { because, until } => (None, What::Waiting { because, until: at(until) }),
        ImportEvent::Starting => (None, What::Starting),
        ImportEvent::Started { import_id, .. } => (Some(import_id.as_str()), What::Started { run: None }),
        _ => return None,
    };
    Some(line::<()>(id, what, wall))
}

/// The line before a job of a bot is started. It names no job: there may be none yet.
pub(crate) fn starting(wall: SystemTime) -> String {
    line::<()>(None, What::Starting, wall)
}

/// The line once it is accepted, with all that a run that resumes needs to know of it.
pub(crate) fn started<J: Shown>(job: &J, wall: SystemTime) -> String {
    let run = serde_json::value::to_raw_value(job).expect("text and numbers");
    line::<()>(Some(job.id()), What::Started { run: Some(run) }, wall)
}

pub(crate) fn ended(ending: &Ending, wall: SystemTime) -> String {
    line::<()>(Some(&ending.id), What::Ended(Ended::new(ending)), wall)
}

pub(crate) fn finished(exit_code: u8, resume_command: Option<&str>, wall: SystemTime) -> String {
    line::<()>(None, What::Finished { exit_code, resume_command }, wall)
}

/// The line in the place of so many that were left out.
pub(crate) fn lines_left_out(lines: u64) -> String {
    line::<()>(None, What::NotWritten { lines }, SystemTime::now())
}

fn line<T: Serialize>(id: Option<&str>, what: What<'_, T>, wall: SystemTime) -> String {
    let line = Line { time: time(wall), id, what };
    serde_json::to_string(&line).expect("text, numbers and JSON as it came") + "\n"
}

fn time(wall: SystemTime) -> String {
    Timestamp::from(wall).to_string()
}

#[cfg(test)]
mod tests {
    use kore_sdk::BotImportId;

    use super::*;

    fn lines(documents: &[&str]) -> String {
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
                told += &entries
                    .event::<BotImportId>("bir-1", &event, &body, now, SystemTime::UNIX_EPOCH)
                    .expect("a line");
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
            Entries::default()
                .event::<BotImportId>("bir-1", &event, &Bytes::new(), now, wall)
                .expect("a line")
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
