//! A platform that answers each look at an import with the next line of its script.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::run::Kore;
use crate::server::{Server, response};

pub(super) struct Script {
    pub(super) server: Server,
    answers: Arc<Mutex<HashMap<String, Answers>>>,
}

#[derive(Default)]
struct Answers {
    /// Status line and body; the last one stays.
    lines: Vec<(String, String)>,
    looks: usize,
}

impl Script {
    pub(super) fn new() -> Self {
        let answers: Arc<Mutex<HashMap<String, Answers>>> = Arc::default();
        let shared = Arc::clone(&answers);
        let server = Server::start(move |head| {
            let path = head.split(' ').nth(1).unwrap_or_default();
            let id = path.rsplit('/').next().unwrap_or_default();
            let mut answers = shared.lock().expect("no test panics here");
            let Some(answers) = answers.get_mut(id) else {
                return response(
                    "400 Bad Request",
                    "",
                    br#"{"errors":[{"msg":"Invalid request ID","code":400}]}"#,
                );
            };
            let at = answers.looks.min(answers.lines.len() - 1);
            answers.looks += 1;
            let (status, body) = &answers.lines[at];
            response(status, "content-type: application/json\r\n", body.as_bytes())
        });
        Self { server, answers }
    }

    /// The import's documents, one for each look.
    pub(super) fn import(self, id: &str, documents: &[String]) -> Self {
        self.answer(id, documents);
        self
    }

    pub(super) fn answer(&self, id: &str, documents: &[String]) {
        let lines = documents.iter().map(|body| ("200 OK".to_owned(), body.clone())).collect();
        self.answers.lock().expect("no panic").insert(id.to_owned(), Answers { lines, looks: 0 });
    }

    pub(super) fn refuses(self, id: &str, status: &str) -> Self {
        let body = r#"{"errors":[{"msg":"no","code":1}]}"#.to_owned();
        let lines = vec![(status.to_owned(), body)];
        self.answers.lock().expect("no panic").insert(id.to_owned(), Answers { lines, looks: 0 });
        self
    }

    pub(super) fn looks(&self, id: &str) -> usize {
        self.answers.lock().expect("no panic")[id].looks
    }

    /// Watches these imports as often as by default.
    #[cfg_attr(windows, expect(dead_code, reason = "its tests have a pseudo-terminal"))]
    pub(super) fn watch_by_default(&self, ids: &[&str]) -> Kore {
        Kore::watch(&self.server.url, ids)
    }

    /// Watches these imports every 50 ms.
    pub(super) fn watch(&self, ids: &[&str]) -> Kore {
        Kore::watch(&self.server.url, ids).args(["--interval", "50ms"])
    }

    /// The same for some time: 60 looks are all that the rate limit has for a minute.
    pub(super) fn watch_slowly(&self, ids: &[&str]) -> Kore {
        Kore::watch(&self.server.url, ids).args(["--interval", "500ms"])
    }
}

/// A document with a log: `Dialog NAME status`, one task a line.
pub(super) fn document(id: &str, status: &str, tasks: &[(&str, &str)]) -> String {
    let tasks: Vec<_> = tasks
        .iter()
        .map(|(name, status)| serde_json::json!({"taskType": "Dialog", "taskName": name, "status": status}))
        .collect();
    serde_json::json!({"_id": id, "status": status, "statusLogs": tasks}).to_string()
}

pub(super) fn succeeded(id: &str) -> Vec<String> {
    vec![document(id, "success", &[("a", "success")])]
}

pub(super) fn failed(id: &str) -> Vec<String> {
    vec![document(id, "failed", &[("a", "success"), ("b", "failed")])]
}

pub(super) fn running(id: &str) -> Vec<String> {
    vec![document(id, "pending", &[("a", "success"), ("b", "inprogress")])]
}
