//! `POST /api/public/bot/{botId}/export`: starts an export of a bot.
//!
//! [Documented as "Bot Export API"](https://docs.kore.ai/ai-for-service/apis/automation/bot-export).
//! The platform exports on its own. [`get_status`](super::get_status) asks how far it is, and where
//! the file is.

use bytes::Bytes;
use http::Method;
use kore_types::{BotExport, BotExportId, BotExportOrder, BotId, ExportType};
use serde::de::Error as _;

use super::ExportRun;
use crate::{
    Body, Endpoint, ExactJson, IncomingRequest, IncomingResponse, Metadata, OutgoingRequest,
    OutgoingResponse, PathTemplate, Query, RateLimit, Refusal, RequestError, Scope, document,
};

/// The method, path, scope and rate limit of the call.
pub const METADATA: Metadata = Metadata {
    method: Method::POST,
    path: PathTemplate::new("/api/public/bot/{botId}/export"),
    scope: Some(Scope::BOT_EXPORT),
    rate_limit: RateLimit::PerBot,
};

/// The response in the vendor's document. The document masks digits of ids.
pub const SAMPLE: &str = include_str!("start/sample.json");

/// The keys whose values hold the signed address of the file, or parts of it.
/// An error does not know which address is the signed one, so it keeps none.
pub(super) const CONCEALED: &[&str] = &["downloadURL", "store", "urlParams", "://", r":\/\/"];

/// Starts an export of a bot.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The bot.
    pub bot_id: BotId,
    /// What to export.
    pub order: BotExportOrder,
    /// Keys of the body that are sent as they were written, in place of those of `order`, such as
    /// `exportOptions` from a file. A server reads them into `order`.
    pub exact: Option<ExactJson>,
}

/// The export that the platform accepted.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The id of the export. The status document has it as `_id`.
    pub export_id: BotExportId,
    /// The document.
    pub export: BotExport,
}

impl Request {
    /// Exports everything in that state of the bot. To export less, change [`order`](Self::order).
    pub fn new(bot_id: BotId, export_type: ExportType) -> Self {
        let mut order = BotExportOrder::default();
        order.export_type = Some(export_type);
        Self { bot_id, order, exact: None }
    }

    /// The export that this request started, to watch it.
    pub fn run(&self, response: &Response) -> ExportRun {
        ExportRun::started(self.bot_id.clone(), response)
    }
}

impl Response {
    /// A response with an export in its first state. `None` if the export has no id.
    pub fn new(export: BotExport) -> Option<Self> {
        Some(Self { export_id: export.id.clone()?, export })
    }
}

/// Without the id, which the document repeats.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response").field("export", &self.export).finish_non_exhaustive()
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

    fn concealed_keys(&self) -> &'static [&'static str] {
        CONCEALED
    }

    fn to_body(&self) -> Body {
        ExactJson::over(self.exact.as_ref(), &self.order)
    }
}

impl IncomingRequest for Request {
    /// Refuses an `exportType` that is not one of the two known words, and an empty list of tasks.
    fn from_parts(path_values: &[&str], _: Query<'_>, body: &Bytes) -> Result<Self, RequestError> {
        let bot_id = path_values.concat().parse().map_err(|_| Refusal::InvalidStreamId)?;
        let order: BotExportOrder = serde_json::from_slice(body).map_err(|_| Refusal::InvalidArguments)?;
        match &order.export_type {
            Some(ExportType::Latest | ExportType::Published) => {}
            _ => return Err(Refusal::InvalidArguments.into()),
        }
        let tasks = order.export_options.as_ref().and_then(|options| options.tasks.as_ref());
        if tasks.is_some_and(|tasks| tasks.items.is_empty()) {
            return Err(Refusal::NoComponent.into());
        }
        Ok(Self { bot_id, order, exact: None })
    }
}

impl IncomingResponse for Response {
    fn from_body(body: &Bytes) -> serde_json::Result<Self> {
        let (export, _) = document::read(body)?;
        Self::new(export).ok_or_else(|| serde_json::Error::custom("expected the id of an export, found none"))
    }
}

impl OutgoingResponse for Response {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.export)
    }
}

#[cfg(feature = "openapi")]
impl crate::openapi::described::Described for Request {
    const ID: &'static str = "exportBot";
    const SUMMARY: &'static str = "Bot Export API";
    const DOCUMENT: &'static str = "https://docs.kore.ai/ai-for-service/apis/automation/bot-export";
    const REFUSALS: &'static [Refusal] =
        &[Refusal::InvalidStreamId, Refusal::NoComponent, Refusal::InvalidArguments];

    type PathValues = (BotId,);
    type RequestBody = BotExportOrder;
    type ResponseBody = BotExport;

    fn sample() -> Option<(Self, Response)> {
        let export: BotExport = serde_json::from_str(SAMPLE).ok()?;
        Some((Self::new(export.stream_id.clone()?, ExportType::Latest), Response::new(export)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, BodyLimit, auth_header};

    const REQUEST: &str = include_str!("start/request.json");

    fn json(text: &[u8]) -> serde_json::Value {
        serde_json::from_slice(text).expect("JSON")
    }

    fn received(body: &str) -> Result<Request, RequestError> {
        let request = http::Request::post("/api/public/bot/st-1/export").body(Bytes::from(body.to_owned()));
        Request::from_http(&request.expect("a request"))
    }

    #[test]
    fn the_documented_request_goes_there_and_back() {
        let request = received(REQUEST).expect("it is whole");
        let base = BaseUrl::parse("https://bots.kore.ai").expect("valid");
        let http = request.to_http(&base, auth_header("a.b.c").expect("valid"));
        assert_eq!(http.uri(), "https://bots.kore.ai/api/public/bot/st-1/export");
        assert_eq!((http.method().as_str(), request.rate_limit_key()), ("POST", Some("st-1")));
        assert_eq!(json(http.body().as_bytes().expect("in memory")), json(REQUEST.as_bytes()));
        assert!(request.order.extra.is_empty(), "{:?}", request.order.extra);
    }

    #[test]
    fn an_export_of_all_names_its_type_alone() {
        let request = Request::new("st-1".parse().expect("valid"), ExportType::Published);
        assert_eq!(json(request.to_body().as_bytes().expect("it")), json(br#"{"exportType":"published"}"#));
    }

    #[test]
    fn the_documented_response_goes_there_and_back_and_names_the_run() {
        let http = Response::new(serde_json::from_str(SAMPLE).expect("an export")).expect("an id").to_http();
        assert_eq!(json(http.body()), json(SAMPLE.as_bytes()));
        let read = Response::from_http(http, BodyLimit::DEFAULT).expect("an export");
        let run = Request::new("st-1".parse().expect("valid"), ExportType::Latest).run(&read);
        assert_eq!((run.bot_id.as_str(), run.export_id), ("st-1", Some(read.export_id)));
        let none = http::Response::new(Bytes::from_static(br#"{"status":"pending"}"#));
        let error = Response::from_http(none, BodyLimit::DEFAULT).expect_err("no id").to_string();
        assert!(error.contains("expected the id of an export"), "{error}");
    }

    #[test]
    fn a_missing_or_unknown_value_is_refused_in_the_words_of_the_platform() {
        for (body, refusal) in [
            ("", Refusal::InvalidArguments),
            ("{}", Refusal::InvalidArguments),
            (r#"{"exportType":"newest"}"#, Refusal::InvalidArguments),
            (r#"{"exportType":"latest","exportOptions":{"tasks":[]}}"#, Refusal::NoComponent),
        ] {
            assert_eq!(received(body), Err(refusal.into()), "{body}");
        }
        let other = http::Request::post("/api/public/bot/bot-1/export").body(Bytes::from_static(b"{}"));
        let other = Request::from_http(&other.expect("a request"));
        assert_eq!(other, Err(Refusal::InvalidStreamId.into()));
    }
}
