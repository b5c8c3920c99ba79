//! The export of a bot as a [`Job`], so that it can be watched. Its status call names only the bot, so
//! the job checks which export a response is about.

use bytes::Bytes;
use kore_types::{BotExport, BotExportId, BotId, Status, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::start;
use super::{Request, Response};
use crate::OtherJob;
use crate::watch::{Job, Task, id_of};

/// One export of a bot: either the one that was started, or the last one. Which export is the last
/// one, the first response says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExportRun {
    /// The bot.
    #[serde(rename = "bot")]
    pub bot_id: BotId,
    /// The export. `None` for the last one of the bot.
    #[serde(rename = "export", default, skip_serializing_if = "Option::is_none")]
    pub export_id: Option<BotExportId>,
    /// When the export was started, by the clock of the platform. A document with an earlier time is
    /// about an earlier export.
    #[serde(rename = "created", default, skip_serializing_if = "Option::is_none")]
    pub created_on: Option<Timestamp>,
}

impl ExportRun {
    /// The last export of a bot at the time of the first poll.
    pub fn last(bot_id: BotId) -> Self {
        Self { bot_id, export_id: None, created_on: None }
    }

    /// The export that was started.
    pub fn started(bot_id: BotId, response: &start::Response) -> Self {
        let created_on = response.export.created_on.clone();
        Self { bot_id, export_id: Some(response.export_id.clone()), created_on }
    }

    /// Refuses a document about another bot, or about a later export. A document about an earlier export
    /// is accepted: it only means that the platform does not show this one yet.
    pub(super) fn check(&self, export: &BotExport) -> Result<(), OtherJob> {
        let is_same = |bot: &BotId| bot.as_str().eq_ignore_ascii_case(self.bot_id.as_str());
        if let Some(other) = export.bot().filter(|bot| !is_same(bot)) {
            return Err(OtherJob::new(self.bot_id.as_str(), other.as_str()));
        }
        match (&self.export_id, id_of(export.id.as_ref(), &export.extra)) {
            (Some(own), Some(found))
                if !own.as_str().eq_ignore_ascii_case(found) && !self.is_after(export) =>
            {
                Err(OtherJob::new(own.as_str(), found))
            }
            _ => Ok(()),
        }
    }

    fn is_after(&self, other: &BotExport) -> bool {
        let time = |time: &Option<Timestamp>| time.as_ref()?.to_system_time().ok();
        time(&self.created_on).zip(time(&other.created_on)).is_some_and(|(own, other)| other < own)
    }

    /// Whether a document is about this export. If the export has an id, the document must have it too.
    fn is_own(&self, export: &BotExport) -> bool {
        self.export_id.as_ref().is_none_or(|own| {
            id_of(export.id.as_ref(), &export.extra).is_some_and(|id| id.eq_ignore_ascii_case(own.as_str()))
        })
    }
}

impl Job for ExportRun {
    const KIND: &'static str = "bot export";

    type Request = Request;
    type Response = Response;
    type Task = NoTask;

    fn request(&self) -> Request {
        self.clone().into()
    }

    fn status<'a>(&self, response: &'a Response) -> Option<&'a Status> {
        response.export.status.as_ref().filter(|_| self.is_own(&response.export))
    }

    fn tasks<'a>(&self, _response: &'a Response) -> &'a [NoTask] {
        &[]
    }

    /// If the export is not known yet, it is the one of the first response.
    fn learned(&self, response: &Response) -> Option<Self> {
        let export = &response.export;
        let export_id = export.id.clone().filter(|_| self.export_id.is_none())?;
        Some(Self { export_id: Some(export_id), created_on: export.created_on.clone(), ..self.clone() })
    }

    /// Without the signed address of the file.
    fn body(response: &Response) -> Bytes {
        response.json()
    }
}

/// The task of a job whose documents list no tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoTask {}

impl Task for NoTask {
    fn kind(&self) -> Option<&str> {
        match *self {}
    }

    fn name(&self) -> Option<&str> {
        match *self {}
    }

    fn status(&self) -> Option<&Status> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(json: &str) -> BotExport {
        serde_json::from_str(json).expect("an export")
    }

    fn started() -> ExportRun {
        let json = r#"{"_id":"ber-2","createdOn":"2026-01-01T00:00:02.000Z"}"#;
        let response = start::Response::new(export(json)).expect("an id");
        ExportRun::started("st-1".parse().expect("valid"), &response)
    }

    #[test]
    fn only_the_export_that_was_started_ends_the_watch() {
        for (json, is_own) in [
            (r#"{"_id":"ber-2","status":"success"}"#, true),
            (r#"{"_id":"BER-2","status":"success","botId":"ST-1"}"#, true),
            (r#"{"_id":"ber-1","status":"success","createdOn":"2026-01-01T00:00:01.999Z"}"#, false),
            (r#"{"status":"success"}"#, false),
            (r#"{"_id":null,"status":"success"}"#, false),
            (r#"{"_id":["ber-2"],"status":"success"}"#, false),
            (r#"{"_id":"ber-2","_id":"ber-3","status":"success"}"#, false),
        ] {
            let export = export(json);
            assert_eq!(started().check(&export), Ok(()), "{json}");
            assert_eq!(started().status(&Response::new(export)).is_some(), is_own, "{json}");
        }
    }

    #[test]
    fn an_export_that_came_after_is_another_one_and_is_said() {
        for (json, told) in [
            (
                r#"{"_id":"ber-3","status":"success"}"#,
                "expected a response about ber-2, found one about ber-3",
            ),
            (
                r#"{"_id":" ber-3 ","createdOn":"2026-01-01T00:00:03.000Z"}"#,
                "expected a response about ber-2, found one about ber-3",
            ),
            (
                r#"{"_id":"ber-1","createdOn":"2026-01-01T00:00:02.000Z"}"#,
                "expected a response about ber-2, found one about ber-1",
            ),
            (r#"{"_id":"ber-2","streamId":"st-2"}"#, "expected a response about st-1, found one about st-2"),
        ] {
            assert_eq!(started().check(&export(json)).expect_err(json).to_string(), told);
        }
    }

    #[test]
    fn the_last_export_of_a_bot_is_the_one_of_the_first_response() {
        let last = ExportRun::last("st-1".parse().expect("valid"));
        let first = Response::new(export(r#"{"_id":"ber-2","status":"pending"}"#));
        assert_eq!(last.status(&first), Some(&Status::Pending));
        let learned = last.learned(&first).expect("its id");
        assert_eq!(learned.learned(&first), None);
        let next = export(r#"{"_id":"ber-3","status":"success"}"#);
        assert!(last.check(&next).is_ok() && learned.check(&next).is_err());
    }
}
