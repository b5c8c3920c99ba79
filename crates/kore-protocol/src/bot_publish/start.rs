//! `POST /api/public/bot/{botId}/publish`: starts a publish of a bot.
//!
//! [Documented as "Publish Bot API"](https://docs.kore.ai/ai-for-service/apis/automation/publish-bot).
//! The platform publishes on its own. [`get_status`](super::get_status) asks how far the last publish
//! is. Right after the start that may still be the publish before. So ask for the status before the
//! start too, and make a [`PublishRun`](super::PublishRun) of it.

use bytes::Bytes;
use http::Method;
use kore_types::{BotId, BotPublishOrder, List, PublishedResource};
use serde::{Deserialize, Serialize};

use crate::{
    Body, Endpoint, IncomingRequest, JsonResponse, Metadata, OutgoingRequest, PathTemplate, Query, RateLimit,
    Refusal, RequestError, Scope,
};

/// The method, path, scope and rate limit of the call.
pub const METADATA: Metadata = Metadata {
    method: Method::POST,
    path: PathTemplate::new("/api/public/bot/{botId}/publish"),
    scope: Some(Scope::BOT_PUBLISH),
    rate_limit: RateLimit::PerBot,
};

/// The response in the vendor's document. The document masks digits of ids.
pub const SAMPLE: &str = include_str!("start/sample.json");

/// Starts a publish of a bot.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The bot.
    pub bot_id: BotId,
    /// How to publish it.
    pub order: BotPublishOrder,
}

/// What the platform does with each part of the bot.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct Response {
    /// The parts. A success of a part means only that it was accepted.
    pub resources: List<PublishedResource>,
}

impl Request {
    /// Publishes the bot, with that comment on the version. The platform decides whether to train it,
    /// unless [`order`](Self::order) does.
    pub fn new(bot_id: BotId, comment: impl Into<String>) -> Self {
        let mut order = BotPublishOrder::default();
        order.version_comment = Some(comment.into());
        Self { bot_id, order }
    }
}

impl Response {
    /// A response with these parts.
    pub fn new(resources: impl IntoIterator<Item = PublishedResource>) -> Self {
        Self { resources: resources.into_iter().collect() }
    }

    /// The parts that someone has to approve. Until then the publish neither succeeds nor fails.
    pub fn awaiting_approval(&self) -> impl Iterator<Item = &PublishedResource> {
        self.resources.items.iter().filter(|resource| resource.awaits_approval())
    }
}

impl Endpoint for Request {
    const METADATA: Metadata = METADATA;
    type Response = Response;
}

impl OutgoingRequest for Request {
    fn path_values(&self) -> Vec<&str> {
        vec![self.bot_id.as_str()]
    }

    fn to_body(&self) -> Body {
        Body::json(&self.order)
    }
}

impl IncomingRequest for Request {
    fn from_parts(path_values: &[&str], _: Query<'_>, body: &Bytes) -> Result<Self, RequestError> {
        let bot_id = path_values.concat().parse().map_err(|_| Refusal::InvalidStreamId)?;
        let order: BotPublishOrder = serde_json::from_slice(body).map_err(|_| Refusal::InvalidArguments)?;
        match &order.version_comment {
            Some(comment) if !comment.is_empty() => Ok(Self { bot_id, order }),
            _ => Err(Refusal::InvalidArguments.into()),
        }
    }
}

impl JsonResponse for Response {}

#[cfg(feature = "openapi")]
impl crate::openapi::described::Described for Request {
    const ID: &'static str = "publishBot";
    const SUMMARY: &'static str = "Publish Bot API";
    const DOCUMENT: &'static str = "https://docs.kore.ai/ai-for-service/apis/automation/publish-bot";
    const REFUSALS: &'static [Refusal] = &[Refusal::InvalidStreamId, Refusal::InvalidArguments];

    type PathValues = (BotId,);
    type RequestBody = BotPublishOrder;
    type ResponseBody = List<PublishedResource>;

    fn sample() -> Option<(Self, Response)> {
        let mut request = Self::new("st-xxxx".parse().ok()?, "new update");
        request.order.initiate_training = Some(true);
        Some((request, Response { resources: serde_json::from_str(SAMPLE).ok()? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, BodyLimit, IncomingResponse as _, OutgoingResponse as _, auth_header};

    fn received(body: &'static str) -> Result<Request, RequestError> {
        let request =
            http::Request::post("/api/public/bot/st-1/publish").body(Bytes::from_static(body.as_bytes()));
        Request::from_http(&request.expect("a request"))
    }

    #[test]
    fn the_documented_request_goes_there_and_back() {
        let sample = r#"{"versionComment":"new update","initiateTraining":true}"#;
        let request = received(sample).expect("it is whole");
        let base = BaseUrl::parse("https://bots.kore.ai").expect("valid");
        let http = request.to_http(&base, auth_header("a.b.c").expect("valid"));
        assert_eq!(http.uri(), "https://bots.kore.ai/api/public/bot/st-1/publish");
        assert_eq!((http.method().as_str(), request.rate_limit_key()), ("POST", Some("st-1")));
        assert_eq!(http.body().as_bytes().expect("in memory"), sample.as_bytes());
    }

    #[test]
    fn the_documented_response_goes_there_and_back_and_awaits_approval() {
        let response = Response { resources: serde_json::from_str(SAMPLE).expect("a list") };
        let http = response.to_http();
        let json: serde_json::Value = serde_json::from_slice(http.body()).expect("JSON");
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(SAMPLE).expect("JSON"));
        let read = Response::from_http(http, BodyLimit::DEFAULT).expect("a list");
        assert_eq!((read.resources.items.len(), read.awaiting_approval().count()), (5, 1));
        let odd = http::Response::new(Bytes::from_static(br#"[null,{"status":"SUCCESS"}]"#));
        assert_eq!(Response::from_http(odd, BodyLimit::DEFAULT).expect("a list").resources.items.len(), 1);
        let object = http::Response::new(Bytes::from_static(b"{}"));
        assert!(Response::from_http(object, BodyLimit::DEFAULT).is_err());
    }

    #[test]
    fn a_missing_or_unknown_value_is_refused_in_the_words_of_the_platform() {
        for body in ["", "{}", r#"{"versionComment":""}"#, r#"{"versionComment":7}"#] {
            assert_eq!(received(body), Err(Refusal::InvalidArguments.into()), "{body}");
        }
        let other = http::Request::post("/api/public/bot/bot-1/publish").body(Bytes::from_static(b"{}"));
        let other = Request::from_http(&other.expect("a request"));
        assert_eq!(other, Err(Refusal::InvalidStreamId.into()));
    }
}
