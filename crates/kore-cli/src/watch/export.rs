//! The export of a bot as the command shows it.

use std::time::SystemTime;

use bytes::Bytes;
use kore_sdk::protocol::bot_export::ExportRun;
use kore_sdk::protocol::bot_export::get_status::{NoTask, Response};
use kore_sdk::types::{BotExport, InvalidId};
use kore_sdk::watch::Job as _;

use super::document::{Document, Shown, Task};
use crate::reasons;
use crate::text::{field, outcome_style, word};
use crate::time::age;

impl Shown for ExportRun {
    const TASKS: Option<&'static str> = None;

    fn id(&self) -> &str {
        self.bot_id.as_str()
    }

    fn of_id(id: &str) -> Result<Self, InvalidId> {
        Ok(Self::last(id.parse()?))
    }

    fn task(task: &NoTask) -> Task {
        match *task {}
    }

    fn uncounted(&self, response: &Response) -> Option<String> {
        let export = &response.export;
        let (own, status) = (self.export_id.as_ref()?, export.status.as_ref()?);
        self.status(response).is_none().then(|| {
            let found = field(export.id.as_ref(), export.extra.get("_id").filter(|odd| !odd.is_null()));
            let found = if found == "-" { "none".to_owned() } else { found };
            let status = word(status.as_str());
            format!(
                "the last response says {status}, and does not count: expected the _id {own}, found {found}"
            )
        })
    }

    fn replaced(&self) -> Option<String> {
        let bot = &self.bot_id;
        Some(format!(
            "another export of the bot came between; kore export watch {bot} --out FILE watches that one"
        ))
    }

    fn json(body: &Bytes) -> Bytes {
        body.clone()
    }

    fn document(response: &Response, now: SystemTime) -> Document {
        let export = &response.export.concealed();
        let reasons = reasons::ordered(reasons::of_keys(&export.extra, BotExport::KEYS));
        let style = outcome_style(export.outcome());
        let odd = |key: &str| export.extra.get(key).filter(|odd| !odd.is_null());
        let created = match export.created_on.as_ref().map(|created| (created, created.to_system_time())) {
            Some((created, Ok(time))) => format!("{} ({})", word(created.as_str()), age(time, now)),
            _ => field(export.created_on.as_ref(), odd("createdOn")),
        };
        let known = [
            ("Export", field(export.id.as_ref(), odd("_id"))),
            ("Status", format!("{style}{}{style:#}", field(export.status.as_ref(), odd("status")))),
            ("Bot", field(export.bot(), odd("streamId").or(odd("botId")))),
            ("Type", field(export.export_type.as_ref(), odd("exportType"))),
            ("Created", created),
        ];
        Document {
            facts: Document::facts(known, &reasons),
            status: export.status.as_ref().map(|status| word(status.as_str())),
            outcome: export.outcome(),
            tasks: None,
            others: Vec::new(),
            reasons,
            warning: Document::doubt(response.unread.as_deref(), export.status.as_ref()),
            json: response.json(),
        }
    }
}
