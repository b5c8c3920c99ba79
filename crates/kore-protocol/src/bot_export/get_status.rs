//! `GET /api/public/bot/{botId}/export/status`: the status of the last export of a bot.
//!
//! [Documented as "Bot Export Status API"](https://docs.kore.ai/ai-for-service/apis/automation/bot-export-status).
//! The request names the bot and not the export. So [`ExportRun`] compares the response with the
//! export that was started.
//!
//! The vendor's document shows a body (`exportType`) with this GET. The vendor's tests send none, and
//! nor does this endpoint: some proxies drop a GET with a body.

mod job;

use std::fmt;

use bytes::Bytes;
use http::Method;
use kore_types::{BotExport, BotId};

use crate::{
    Endpoint, IncomingRequest, IncomingResponse, Metadata, OtherJob, OutgoingRequest, OutgoingResponse,
    PathTemplate, Query, RateLimit, Refusal, RequestError, Scope, document,
};

pub use job::{ExportRun, NoTask};

/// The method, path, scope and rate limit of the call.
pub const METADATA: Metadata = Metadata {
    method: Method::GET,
    path: PathTemplate::new("/api/public/bot/{botId}/export/status"),
    scope: Some(Scope::BOT_EXPORT),
    rate_limit: RateLimit::PerBot,
};

/// The response in the vendor's document: an export that succeeded.
pub const SAMPLE: &str = include_str!("get_status/sample.json");

/// Asks for the status of the last export of a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The bot, and which of its exports is meant.
    pub run: ExportRun,
}

/// The last export of the bot as the platform sees it now.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The document.
    pub export: BotExport,
    /// The document byte for byte. Empty if it did not come over HTTP. It holds the signed address of
    /// the file, so do not show it: show [`json`](Self::json).
    pub body: Bytes,
    /// Why the document could not be read as a whole, if it could not. Then `export` has only `_id` and
    /// `status`, and everything else is only in `body`.
    pub unread: Option<String>,
}

impl Request {
    /// Asks for the last export of that bot, whichever it is.
    pub fn new(bot_id: BotId) -> Self {
        Self { run: ExportRun::last(bot_id) }
    }
}

impl From<ExportRun> for Request {
    fn from(run: ExportRun) -> Self {
        Self { run }
    }
}

impl Response {
    /// A response with that document.
    pub fn new(export: BotExport) -> Self {
        Self { export, ..Self::default() }
    }

    /// The document as JSON on one line, without the signed address of the file.
    pub fn json(&self) -> Bytes {
        serde_json::to_vec(&self.export.concealed()).unwrap_or_default().into()
    }
}

/// Without the body, which says the same again.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Response");
        shown.field("export", &self.export).field("unread", &self.unread).finish_non_exhaustive()
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

    fn concealed_keys(&self) -> &'static [&'static str] {
        super::start::CONCEALED
    }

    fn check(&self, response: &Response) -> Result<(), OtherJob> {
        self.run.check(&response.export)
    }
}

impl IncomingRequest for Request {
    fn from_parts(path_values: &[&str], _: Query<'_>, _: &Bytes) -> Result<Self, RequestError> {
        Ok(Self::new(path_values.concat().parse().map_err(|_| Refusal::InvalidStreamId)?))
    }
}

impl IncomingResponse for Response {
    fn from_body(body: &Bytes) -> serde_json::Result<Self> {
        let (export, unread) = document::read(body)?;
        Ok(Self { export, body: body.clone(), unread })
    }
}

impl OutgoingResponse for Response {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.export)
    }
}

#[cfg(feature = "openapi")]
impl crate::openapi::described::Described for Request {
    const ID: &'static str = "getBotExportStatus";
    const SUMMARY: &'static str = "Bot Export Status API";
    const DOCUMENT: &'static str = "https://docs.kore.ai/ai-for-service/apis/automation/bot-export-status";
    const REFUSALS: &'static [Refusal] = &[Refusal::InvalidStreamId];

    type PathValues = (BotId,);
    type RequestBody = ();
    type ResponseBody = BotExport;

    fn sample() -> Option<(Self, Response)> {
        let export: BotExport = serde_json::from_str(SAMPLE).ok()?;
        Some((Self::new(export.bot_id.clone()?), Response::new(export)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, BodyLimit, auth_header};

    fn request() -> Request {
        Request::new("st-1".parse().expect("valid"))
    }

    fn read(body: &str) -> Result<Response, crate::ResponseError> {
        request().read_response(&http::Response::new(body.to_owned().into()), BodyLimit::DEFAULT)
    }

    #[test]
    fn the_documented_request_goes_there_and_back() {
        let base = BaseUrl::parse("https://bots.kore.ai").expect("valid");
        let http = request().to_http(&base, auth_header("a.b.c").expect("valid"));
        assert_eq!(http.uri(), "https://bots.kore.ai/api/public/bot/st-1/export/status");
        assert_eq!((http.method().as_str(), request().rate_limit_key()), ("GET", Some("st-1")));
        assert_eq!(Request::from_http(&http.map(|_| Bytes::new())), Ok(request()));
        let other = http::Request::get("/api/public/bot/bot-1/export/status").body(Bytes::new());
        let other = Request::from_http(&other.expect("a request"));
        assert_eq!(other, Err(Refusal::InvalidStreamId.into()));
    }

    #[test]
    fn the_documented_response_goes_there_and_back() {
        let response = Response::new(serde_json::from_str(SAMPLE).expect("an export"));
        let http = response.to_http();
        let json: serde_json::Value = serde_json::from_slice(http.body()).expect("JSON");
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(SAMPLE).expect("JSON"));
        let export = Response::from_http(http, BodyLimit::DEFAULT).expect("an export").export;
        assert_eq!((export.download(), export.bytes()), (Some("{{url}}"), Some(947)));
    }

    #[test]
    fn nothing_that_is_shown_holds_the_signed_address() {
        let body =
            r#"{"_id":"ber-1","status":"success","downloadURL":"https://x/?sig=abc","store":"sig=abc"}"#;
        let response = read(body).expect("an export");
        let shown = format!("{response:?} {}", String::from_utf8_lossy(&response.json()));
        assert!(!shown.contains("sig=") && shown.contains("ber-1"), "{shown}");
        assert_eq!(response.body, body);
        // An error shows how a response that cannot be read begins.
        for end in [body.len() - 1, body.len() - 15] {
            let error = read(&body[..end]).expect_err("cut");
            let shown = format!("{error} {error:?} {}", String::from_utf8_lossy(error.body()));
            assert!(!shown.contains("sig=") && shown.contains("ber-1"), "{shown}");
        }
        let odd = read(&body.replace("\"sig=abc\"}", "1e400}")).expect("its id and status");
        assert!(odd.unread.is_some() && !format!("{odd:?}").contains("sig="), "{odd:?}");
    }

    #[test]
    fn odd_values_do_not_hide_id_and_status() {
        let response = read(r#"{"_id":"ber-1","x":1e400,"status":"failed"}"#).expect("an export");
        assert_eq!(response.export.outcome(), kore_types::Outcome::Failed);
        assert!(response.unread.is_some());
    }
}
