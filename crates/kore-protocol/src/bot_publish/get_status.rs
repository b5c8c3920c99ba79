//! `GET /api/public/bot/{botId}/publish/status`: the status of the last publish of a bot.
//!
//! [Documented as "Bot Publish Status API"](https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status).
//! The request names the bot and not the publish. So [`PublishRun`] compares the response with the
//! status before the start.

mod job;

use std::fmt;

use bytes::Bytes;
use http::Method;
use kore_types::{BotId, BotPublish};

use crate::{
    Endpoint, IncomingRequest, IncomingResponse, Metadata, OtherJob, OutgoingRequest, OutgoingResponse,
    PathTemplate, Query, RateLimit, Refusal, RequestError, Scope, document,
};

pub use job::{PublishMark, PublishRun};

/// The method, path, scope and rate limit of the call.
pub const METADATA: Metadata = Metadata {
    method: Method::GET,
    path: PathTemplate::new("/api/public/bot/{botId}/publish/status"),
    scope: Some(Scope::BOT_PUBLISH_STATUS),
    rate_limit: RateLimit::PerBot,
};

/// The response in the vendor's document: a publish that succeeded.
pub const SAMPLE: &str = include_str!("get_status/sample.json");

/// Asks for the status of the last publish of a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The bot, and which of its publishes is meant.
    pub run: PublishRun,
}

/// The last publish of the bot as the platform sees it now.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The document.
    pub publish: BotPublish,
    /// The document byte for byte. Empty if it did not come over HTTP.
    pub body: Bytes,
    /// Why the document could not be read as a whole, if it could not. Then `publish` has only `_id` and
    /// `status`, and everything else is only in `body`.
    pub unread: Option<String>,
}

impl Request {
    /// Asks for the last publish of that bot, whichever it is.
    pub fn new(bot_id: BotId) -> Self {
        Self { run: PublishRun::last(bot_id) }
    }
}

impl From<PublishRun> for Request {
    fn from(run: PublishRun) -> Self {
        Self { run }
    }
}

impl Response {
    /// A response with that document.
    pub fn new(publish: BotPublish) -> Self {
        Self { publish, ..Self::default() }
    }

    /// The document as JSON on one line, as it came.
    pub fn json(&self) -> Bytes {
        document::on_one_line(&self.body, || self.to_body())
    }
}

/// Without the body, which says the same again.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Response");
        shown.field("publish", &self.publish).field("unread", &self.unread).finish_non_exhaustive()
    }
}

impl Endpoint for Request {
    const METADATA: Metadata = METADATA;
    type Response = Response;
}

impl OutgoingRequest for Request {
    fn path_values(&self) -> Vec<&str> {
        vec![self.run.bot_id.as_str()]
    }

    fn check(&self, response: &Response) -> Result<(), OtherJob> {
        self.run.check(&response.publish)
    }
}

impl IncomingRequest for Request {
    fn from_parts(path_values: &[&str], _: Query<'_>, _: &Bytes) -> Result<Self, RequestError> {
        Ok(Self::new(path_values.concat().parse().map_err(|_| Refusal::InvalidStreamId)?))
    }
}

impl IncomingResponse for Response {
    fn from_body(body: &Bytes) -> serde_json::Result<Self> {
        let (publish, unread) = document::read(body)?;
        Ok(Self { publish, body: body.clone(), unread })
    }
}

impl OutgoingResponse for Response {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.publish)
    }
}

#[cfg(feature = "openapi")]
impl crate::openapi::described::Described for Request {
    const ID: &'static str = "getBotPublishStatus";
    const SUMMARY: &'static str = "Bot Publish Status API";
    const DOCUMENT: &'static str = "https://docs.kore.ai/ai-for-service/apis/automation/bot-publish-status";
    const REFUSALS: &'static [Refusal] = &[Refusal::InvalidStreamId];

    type PathValues = (BotId,);
    type RequestBody = ();
    type ResponseBody = BotPublish;

    fn sample() -> Option<(Self, Response)> {
        let publish: BotPublish = serde_json::from_str(SAMPLE).ok()?;
        Some((Self::new(publish.stream_id.clone()?), Response::new(publish)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, BodyLimit, auth_header};

    fn request() -> Request {
        Request::new("st-1".parse().expect("valid"))
    }

    #[test]
    fn the_documented_request_goes_there_and_back() {
        let base = BaseUrl::parse("https://bots.kore.ai").expect("valid");
        let http = request().to_http(&base, auth_header("a.b.c").expect("valid"));
        assert_eq!(http.uri(), "https://bots.kore.ai/api/public/bot/st-1/publish/status");
        assert_eq!((http.method().as_str(), request().rate_limit_key()), ("GET", Some("st-1")));
        assert_eq!(Request::from_http(&http.map(|_| Bytes::new())), Ok(request()));
        let other = http::Request::get("/api/public/bot/bot-1/publish/status").body(Bytes::new());
        let other = Request::from_http(&other.expect("a request"));
        assert_eq!(other, Err(Refusal::InvalidStreamId.into()));
    }

    #[test]
    fn the_documented_response_goes_there_and_back() {
        let response = Response::new(serde_json::from_str(SAMPLE).expect("a publish"));
        let http = response.to_http();
        let json: serde_json::Value = serde_json::from_slice(http.body()).expect("JSON");
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(SAMPLE).expect("JSON"));
        let read = Response::from_http(http, BodyLimit::DEFAULT).expect("a publish");
        assert!(read.publish.extra.is_empty(), "{:?}", read.publish.extra);
        assert_eq!((read.publish.tasks().len(), read.publish.percentage_complete), (4, Some(100)));
    }

    #[test]
    fn odd_values_do_not_hide_id_and_status() {
        let body = r#"{"_id":"ds-1","x":1e400,"status":"failed"}"#;
        let response = Response::from_http(http::Response::new(body.into()), BodyLimit::DEFAULT);
        let response = response.expect("a publish");
        assert_eq!(response.publish.outcome(), kore_types::Outcome::Failed);
        assert!(response.unread.is_some());
        assert_eq!(response.json(), body);
    }
}
