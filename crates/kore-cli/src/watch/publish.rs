//! The publish of a bot as the command shows it.

use std::time::SystemTime;

use bytes::Bytes;
use kore_sdk::Status;
use kore_sdk::protocol::bot_publish::PublishRun;
use kore_sdk::protocol::bot_publish::get_status::Response;
use kore_sdk::types::{BotPublish, InvalidId, PublishTask};
use kore_sdk::watch::{Job as _, Task as _};

use super::document::{Document, Shown, Task};
use crate::reasons;
use crate::text::{field, outcome_style, word};

impl Shown for PublishRun {
    const TASKS: Option<&'static str> = Some("statusSummary");

    fn id(&self) -> &str {
        self.bot_id.as_str()
    }

    fn of_id(id: &str) -> Result<Self, InvalidId> {
        Ok(Self::last(id.parse()?))
    }

    fn task(task: &PublishTask) -> Task {
        let (kind, name) = (task.resource_type.as_ref(), task.name.as_ref().or(task.resource_id.as_ref()));
        Task {
            kind: field(kind, task.extra.get("resourceType")),
            name: field(name, task.extra.get("name")),
            status: field(task.status.as_ref(), task.extra.get("status")),
            outcome: task.outcome(),
            reasons: reasons::ordered(reasons::of_keys(&task.extra, PublishTask::KEYS)),
        }
    }

    fn uncounted(&self, response: &Response) -> Option<String> {
        let status = word(response.publish.status.as_ref()?.as_str());
        self.status(response).is_none().then(|| {
            format!("the last response still tells of the publish before ({status}), and does not count")
        })
    }

    fn replaced(&self) -> Option<String> {
        let bot = &self.bot_id;
        Some(format!("another publish of the bot came between; kore publish watch {bot} watches that one"))
    }

    fn json(body: &Bytes) -> Bytes {
        let mut response = Response::default();
        response.body = body.clone();
        response.json()
    }

    fn document(response: &Response, _now: SystemTime) -> Document {
        let publish = &response.publish;
        let others = publish.status_summary.iter().flat_map(|tasks| &tasks.others);
        let reasons = reasons::ordered(reasons::of_keys(&publish.extra, BotPublish::KEYS));
        let style = outcome_style(publish.outcome());
        let odd = |key: &str| publish.extra.get(key).filter(|odd| !odd.is_null());
        let percent = publish.percentage_complete.map(|percent| format!("{percent} %"));
        let known = [
            ("Publish", field(publish.id.as_ref(), odd("_id"))),
            ("Status", format!("{style}{}{style:#}", field(publish.status.as_ref(), odd("status")))),
            ("Bot", field(publish.stream_id.as_ref(), odd("streamId"))),
            ("Done", field(percent.as_ref(), odd("percentageComplete"))),
        ];
        let tasks: Vec<_> = publish.tasks().iter().map(Self::task).collect();
        let doubt = Document::doubt(response.unread.as_deref(), publish.status.as_ref());
        let outvoted = || Document::contradiction("publish", publish.outcome(), &tasks);
        Document {
            warning: doubt.or_else(outvoted),
            facts: Document::facts(known, &reasons),
            status: publish.status.as_ref().map(|status: &Status| word(status.as_str())),
            outcome: publish.outcome(),
            tasks: Some(tasks),
            others: others.map(|(at, other)| (*at, reasons::odd(other))).collect(),
            reasons,
            json: response.json(),
        }
    }
}
