//! The import of a bot as the command shows it. The other files of the command know nothing of the
//! documents of imports.

use std::time::SystemTime;

use bytes::Bytes;
use kore_sdk::protocol::bot_import::get_status::Response;
use kore_sdk::types::InvalidId;
use kore_sdk::{BotImport, BotImportId, Outcome, StatusLog};
use serde_json::Value;

use super::document::{Document, Shown, Task};
use crate::reasons::{self, Reason};
use crate::text::{counted, field, outcome_style, word};
use crate::time::age;

impl Shown for BotImportId {
    const TASKS: Option<&'static str> = Some("statusLogs");

    fn id(&self) -> &str {
        self.as_str()
    }

    fn of_id(id: &str) -> Result<Self, InvalidId> {
        Self::new(id)
    }

    fn task(entry: &StatusLog) -> Task {
        Task {
            kind: field(entry.task_type.as_ref(), entry.extra.get("taskType")),
            name: field(entry.task_name.as_ref(), entry.extra.get("taskName")),
            status: field(entry.status.as_ref(), entry.extra.get("status")),
            outcome: entry.outcome(),
            reasons: reasons::ordered(reasons::of_keys(&entry.extra, StatusLog::KEYS)),
        }
    }

    fn json(body: &Bytes) -> Bytes {
        let mut response = Response::default();
        response.body = body.clone();
        response.json()
    }

    fn document(response: &Response, now: SystemTime) -> Document {
        let import = &response.import;
        let others = import.status_logs.iter().flat_map(|logs| &logs.others);
        let tasks: Vec<_> = import.entries().iter().map(Self::task).collect();
        Document {
            warning: warning(response, &tasks),
            facts: facts(import, now),
            status: import.status.as_ref().map(|status| word(status.as_str())),
            outcome: import.outcome(),
            tasks: Some(tasks),
            others: others.map(|(at, other)| (*at, reasons::odd(other))).collect(),
            reasons: all_reasons(import),
            json: response.json(),
        }
    }
}

/// What a document says beside the keys that are known, what its log says that is no list of entries
/// among it.
fn all_reasons(import: &BotImport) -> Vec<Reason> {
    let mut found = reasons::of_keys(&import.extra, BotImport::KEYS);
    let odd = import.extra.get("statusLogs").filter(|odd| !odd.is_null());
    found.extend(odd.map(|odd| Reason::new("statusLogs", odd)));
    let others = import.status_logs.iter().flat_map(|logs| &logs.others);
    found.extend(others.map(|(at, other)| Reason::new(&format!("statusLogs[{at}]"), other)));
    reasons::ordered(found)
}

fn facts(import: &BotImport, now: SystemTime) -> Vec<(String, String)> {
    let odd = |keys: &[&str]| keys.iter().find_map(|key| import.extra.get(*key).filter(|odd| !odd.is_null()));
    let bot = match (import.bot(), odd(&["streamId", "botId"])) {
        (None, None) => ("Bot ref", field(import.stream_ref(), odd(&["streamRefId", "botRefId"]))),
        (bot, odd) => ("Bot", field(bot, odd)),
    };
    let tasks = match (&import.status_logs, import.extra.get("statusLogs")) {
        (Some(_), _) => counted(import.counts(), 0),
        (None, None | Some(Value::Null)) => "the response has no log".to_owned(),
        (None, Some(odd)) => format!("the log is not a list: {}", reasons::odd(odd)),
    };
    let known = [
        ("Import", field(import.id.as_ref(), odd(&["_id"]))),
        ("Status", status(import, odd(&["status"]))),
        bot,
        ("Type", field(import.request_type.as_ref(), odd(&["requestType"]))),
        ("Created", created(import, now)),
        ("Tasks", tasks),
    ];
    let reasons = reasons::ordered(reasons::of_keys(&import.extra, BotImport::KEYS));
    let reasons = reasons.iter().map(|reason| (format!("{}:", reason.key), reason.line()));
    known.into_iter().map(|(label, text)| (label.to_owned(), text)).chain(reasons).collect()
}

/// The word, and what it means where the word alone does not say it.
fn status(import: &BotImport, odd: Option<&Value>) -> String {
    let outcome = import.outcome();
    let style = outcome_style(outcome);
    let word = field(import.status.as_ref(), odd);
    let meaning = match (&import.status, outcome) {
        (None, _) if odd.is_none() => " (the response has no status: nothing can be concluded)",
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

/// Why the status of the import is not all that there is to know.
fn warning(response: &Response, tasks: &[Task]) -> Option<String> {
    let import = &response.import;
    if let Some(doubt) = Document::doubt(response.unread.as_deref(), import.status.as_ref()) {
        let hint = if response.unread.is_some() { ", and --output json shows it as it came" } else { "" };
        return Some(doubt + hint);
    }
    Document::contradiction("import", import.outcome(), tasks)
}
