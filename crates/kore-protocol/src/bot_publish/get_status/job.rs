//! The publish of a bot as a [`Job`], so that it can be watched. Its status call names only the bot,
//! so the job checks whether a response is still about the publish before.

use bytes::Bytes;
use kore_types::{BotId, BotPublish, PublishTask, Status, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Request, Response};
use crate::OtherJob;
use crate::watch::{Job, Task, id_of};

/// One publish of a bot: either the one that was started, or the last one.
///
/// A document is about the started publish if its `_id` or one of its times differs from those before
/// the start. It is also if its publish runs, although the publish before had ended. Any other document
/// is about the publish before, and says nothing about this one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublishRun {
    /// The bot.
    #[serde(rename = "bot")]
    pub bot_id: BotId,
    /// The status before the start. `None` for the last publish of the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<PublishMark>,
    /// This publish, as soon as a document is about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own: Option<PublishMark>,
}

/// What tells one publish from another: its id and times in a status document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublishMark {
    /// Its `_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its `requestedTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<Timestamp>,
    /// Its `initiatedOn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiated: Option<Timestamp>,
    /// Its `lastModifiedOn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// Whether it had ended.
    pub ended: bool,
}

impl From<&BotPublish> for PublishMark {
    fn from(publish: &BotPublish) -> Self {
        Self {
            id: id_of(publish.id.as_ref(), &publish.extra).map(str::to_owned),
            requested: publish.requested_time.clone(),
            initiated: publish.initiated_on.clone(),
            modified: publish.last_modified_on.clone(),
            ended: publish.outcome().is_over(),
        }
    }
}

impl PublishMark {
    /// Whether the other one is of a later publish than this one. A missing id or time proves nothing.
    /// Nor does a change if this publish was running, since the change may be its end.
    fn is_followed_by(&self, other: &Self) -> bool {
        fn differs<T: PartialEq>(own: &Option<T>, other: &Option<T>) -> bool {
            other.is_some() && own != other
        }
        differs(&self.id, &other.id)
            || differs(&self.requested, &other.requested)
            || differs(&self.initiated, &other.initiated) && (self.initiated.is_some() || self.ended)
            || self.ended && (differs(&self.modified, &other.modified) || !other.ended)
    }
}

impl PublishRun {
    /// The last publish of a bot at the time of the first poll.
    pub fn last(bot_id: BotId) -> Self {
        Self { bot_id, before: None, own: None }
    }

    /// The publish that is started next, if `before` is the status now. For a bot that was never
    /// published, use the default, which every publish follows.
    pub fn after(bot_id: BotId, before: PublishMark) -> Self {
        Self { bot_id, before: Some(before), own: None }
    }

    /// Refuses a document about another bot, or about another publish than the one seen before.
    pub(super) fn check(&self, publish: &BotPublish) -> Result<(), OtherJob> {
        let is_same = |bot: &&BotId| bot.as_str().eq_ignore_ascii_case(self.bot_id.as_str());
        if let Some(other) = publish.stream_id.as_ref().filter(|bot| !is_same(bot)) {
            return Err(OtherJob::new(self.bot_id.as_str(), other.as_str()));
        }
        let own = self.own.as_ref().and_then(|own| own.id.as_deref());
        match (own, id_of(publish.id.as_ref(), &publish.extra)) {
            (Some(own), Some(found)) if own != found => Err(OtherJob::new(own, found)),
            _ => Ok(()),
        }
    }

    fn is_own(&self, publish: &BotPublish) -> bool {
        let before = self.before.as_ref().filter(|_| self.own.is_none());
        before.is_none_or(|before| before.is_followed_by(&publish.into()))
    }
}

impl Job for PublishRun {
    const KIND: &'static str = "bot publish";

    type Request = Request;
    type Response = Response;
    type Task = PublishTask;

    fn request(&self) -> Request {
        self.clone().into()
    }

    fn status<'a>(&self, response: &'a Response) -> Option<&'a Status> {
        response.publish.status.as_ref().filter(|_| self.is_own(&response.publish))
    }

    fn tasks<'a>(&self, response: &'a Response) -> &'a [PublishTask] {
        if self.is_own(&response.publish) { response.publish.tasks() } else { &[] }
    }

    /// Of a part too, whatever the publish as a whole says.
    fn awaits_approval(&self, response: &Response) -> bool {
        self.is_own(&response.publish) && response.publish.awaits_approval()
    }

    fn learned(&self, response: &Response) -> Option<Self> {
        let is_new = self.own.is_none() && self.is_own(&response.publish);
        is_new.then(|| Self { own: Some((&response.publish).into()), ..self.clone() })
    }

    fn body(response: &Response) -> Bytes {
        response.body.clone()
    }
}

impl Task for PublishTask {
    fn kind(&self) -> Option<&str> {
        self.resource_type.as_deref()
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref().or(self.resource_id.as_deref())
    }

    fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = r#"{"_id":"ds-1","status":"successful","requestedTime":"2026-01-01T00:00:01.000Z","lastModifiedOn":"2026-01-01T00:00:02.000Z"}"#;

    fn response(json: &str) -> Response {
        Response::new(serde_json::from_str(json).expect("a publish"))
    }

    fn after(before: &str) -> PublishRun {
        PublishRun::after("st-1".parse().expect("valid"), (&response(before).publish).into())
    }

    #[test]
    fn an_end_counts_if_it_is_not_that_of_the_publish_before() {
        for (now, counts) in [
            (BEFORE, false),
            (r#"{"status":"successful"}"#, false),
            (r#"{"_id":"ds-1","status":"failed"}"#, false),
            (r#"{"_id":"ds-2","status":"failed"}"#, true),
            (r#"{"_id":"ds-1","status":"failed","requestedTime":"2026-01-01T00:00:09.000Z"}"#, true),
            (r#"{"_id":"ds-1","status":"successful","initiatedOn":"2026-01-01T00:00:09.000Z"}"#, true),
            (r#"{"_id":"ds-1","status":"successful","lastModifiedOn":"2026-01-01T00:00:09.000Z"}"#, true),
        ] {
            assert_eq!(after(BEFORE).status(&response(now)).is_some(), counts, "{now}");
        }
        // For a bot that was never published, any publish counts.
        let first = PublishRun::after("st-1".parse().expect("valid"), PublishMark::default());
        assert!(first.status(&response(BEFORE)).is_some());
    }

    #[test]
    fn an_end_counts_after_a_running_state_even_if_nothing_else_differs() {
        let run = after(BEFORE);
        assert_eq!(run.learned(&response(BEFORE)), None);
        let running = response(&BEFORE.replace("successful", "inprogress"));
        assert_eq!(run.status(&running), Some(&Status::InProgress));
        let learned = run.learned(&running).expect("it runs");
        assert_eq!(learned.status(&response(BEFORE)), Some(&Status::Successful));
        let json = serde_json::to_string(&learned).expect("JSON");
        assert_eq!(serde_json::from_str::<PublishRun>(&json).expect("JSON"), learned);
    }

    #[test]
    fn the_end_of_a_publish_that_ran_before_the_start_is_not_that_of_the_next() {
        let running = BEFORE.replace("successful", "inprogress");
        let run = after(&running);
        assert_eq!(run.status(&response(&running)), None);
        let ended = BEFORE.replace("02.000Z", "09.000Z");
        assert_eq!(run.status(&response(&ended)), None, "its lastModifiedOn is of its own end");
        assert!(run.status(&response(&ended.replace("ds-1", "ds-2"))).is_some());
    }

    #[test]
    fn a_publish_that_follows_the_watched_one_is_another_one() {
        let second = response(&BEFORE.replace("ds-1", "ds-2"));
        let run = after(BEFORE).learned(&second).expect("its own");
        assert_eq!(run.check(&second.publish), Ok(()));
        let third = response(&BEFORE.replace("ds-1", "ds-3")).publish;
        let told = run.check(&third).expect_err("another one").to_string();
        assert_eq!(told, "expected a response about ds-2, found one about ds-3");
        let other = response(r#"{"streamId":"st-2"}"#).publish;
        assert!(after(BEFORE).check(&other).is_err());
    }
}
