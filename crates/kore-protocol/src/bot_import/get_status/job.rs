//! The import of a bot as a [`Job`], so that it can be watched by its id.

use bytes::Bytes;
use kore_types::{BotImport, BotImportId, Status, StatusLog};

use super::{Request, Response};
use crate::watch::{End, Job, Task};

impl Job for BotImportId {
    const KIND: &'static str = "bot import";

    type Request = Request;
    type Response = Response;
    type Task = StatusLog;

    fn request(&self) -> Request {
        Request::new(self.clone())
    }

    fn status<'a>(&self, response: &'a Response) -> Option<&'a Status> {
        response.import.status.as_ref()
    }

    fn tasks<'a>(&self, response: &'a Response) -> &'a [StatusLog] {
        response.import.entries()
    }

    fn body(response: &Response) -> Bytes {
        response.body.clone()
    }
}

impl Task for StatusLog {
    fn kind(&self) -> Option<&str> {
        self.task_type.as_ref().map(|task_type| task_type.as_str())
    }

    fn name(&self) -> Option<&str> {
        self.task_name.as_deref()
    }

    fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }
}

impl<E> End<BotImportId, E> {
    /// The last document, if a poll succeeded.
    pub fn import(&self) -> Option<&BotImport> {
        self.response().map(|response| &response.import)
    }
}
