//! `GET /api/public/bot/import/status/{BotImportBIR}`: the status of a bot import.
//!
//! [Documented as "Bot Import Status API"](https://developer.kore.ai/docs/bots/api-guide/bot-import-status-api/).

mod job;
mod subject;

use std::fmt;

use bytes::Bytes;
use http::Method;
use kore_types::{BotImport, BotImportId};

use crate::{
    Endpoint, IncomingRequest, IncomingResponse, Metadata, OtherJob, OutgoingRequest, OutgoingResponse,
    PathTemplate, Query, RateLimit, Refusal, RequestError, Scope, document,
};

use subject::check;

/// The method, path, scope and rate limit of the call.
pub const METADATA: Metadata = Metadata {
    method: Method::GET,
    path: PathTemplate::new("/api/public/bot/import/status/{BotImportBIR}"),
    scope: Some(Scope::BOT_IMPORT),
    rate_limit: RateLimit::PerImport,
};

/// The sample response of the vendor's document, word for word: an import that succeeded. The document
/// masks digits of ids.
pub const SAMPLE: &str = include_str!("get_status/sample.json");

/// Asks for the status of one import.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The import. The response to the call that starts it has this id as `_id`.
    pub import_id: BotImportId,
}

/// The import as the platform sees it now.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The document.
    pub import: BotImport,
    /// The document byte for byte. Empty if it did not come over HTTP. Cheap to clone.
    pub body: Bytes,
    /// Why the document could not be read as a whole, if it could not. Then `import` has only `_id` and
    /// `status`, and everything else is only in `body`.
    pub unread: Option<String>,
}

impl Request {
    /// Asks for the status of that import.
    pub fn new(import_id: BotImportId) -> Self {
        Self { import_id }
    }
}

impl Response {
    /// A response with that document.
    pub fn new(import: BotImport) -> Self {
        import.into()
    }
}

impl Response {
    /// The document as JSON on one line. If it came over HTTP, it differs from `body` only in the white
    /// space between values; else the model is written.
    pub fn json(&self) -> Bytes {
        document::on_one_line(&self.body, || self.to_body())
    }
}

/// Without the body, which says the same again.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Response");
        shown.field("import", &self.import).field("unread", &self.unread).finish_non_exhaustive()
    }
}

impl From<BotImport> for Response {
    fn from(import: BotImport) -> Self {
        Self { import, ..Self::default() }
    }
}

impl Endpoint for Request {
    const METADATA: Metadata = METADATA;
    type Response = Response;
}

impl OutgoingRequest for Request {
    fn path_values(&self) -> Vec<&str> {
        vec![self.import_id.as_str()]
    }

    fn check(&self, response: &Response) -> Result<(), OtherJob> {
        check(&self.import_id, &response.import)
    }
}

impl IncomingRequest for Request {
    fn from_parts(path_values: &[&str], _: Query<'_>, _: &Bytes) -> Result<Self, RequestError> {
        let import_id = path_values.concat().parse().map_err(|_| Refusal::InvalidRequestId)?;
        Ok(Self { import_id })
    }
}

impl IncomingResponse for Response {
    fn from_body(body: &Bytes) -> serde_json::Result<Self> {
        let (import, unread) = document::read(body)?;
        Ok(Self { import, body: body.clone(), unread })
    }
}

impl OutgoingResponse for Response {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.import)
    }
}

#[cfg(feature = "openapi")]
impl crate::openapi::described::Described for Request {
    const ID: &'static str = "getBotImportStatus";
    const SUMMARY: &'static str = "Bot Import Status API";
    const DOCUMENT: &'static str = "https://developer.kore.ai/docs/bots/api-guide/bot-import-status-api/";
    const REFUSALS: &'static [Refusal] = &[Refusal::InvalidRequestId];

    type PathValues = (BotImportId,);
    type RequestBody = ();
    type ResponseBody = BotImport;

    fn sample() -> Option<(Self, Response)> {
        let import: BotImport = serde_json::from_str(SAMPLE).ok()?;
        Some((Self::new(import.id.clone()?), Response::new(import)))
    }
}

#[cfg(test)]
mod tests {
    use kore_types::{Outcome, Status};

    use super::*;
    use crate::{BaseUrl, BodyLimit, auth_header};

    #[test]
    fn the_documented_request_goes_there_and_back() {
        let request =
            Request::new(BotImportId::new("bir-5fxxxxxx-a0xx-52xx-axxf-f3xxxxxxxxxx").expect("valid"));
        let base = BaseUrl::parse("https://bots.kore.ai").expect("valid");
        let http = request.to_http(&base, auth_header("a.b.c").expect("valid"));
        assert_eq!(http.method(), "GET");
        assert_eq!(
            http.uri(),
            "https://bots.kore.ai/api/public/bot/import/status/bir-5fxxxxxx-a0xx-52xx-axxf-f3xxxxxxxxxx"
        );
        assert_eq!(http.headers()["auth"], "a.b.c");
        assert!(http.headers()["auth"].is_sensitive());
        assert_eq!(Request::from_http(&http.map(|_| Bytes::new())), Ok(request));
    }

    #[test]
    fn the_documented_response_goes_there_and_back() {
        let response = Response::new(serde_json::from_str(SAMPLE).expect("an import"));
        let http = response.to_http();
        assert_eq!(http.headers()["content-type"], "application/json; charset=utf-8");
        let body: serde_json::Value = serde_json::from_slice(http.body()).expect("JSON");
        assert_eq!(body, serde_json::from_str::<serde_json::Value>(SAMPLE).expect("JSON"));
        let sent = http.body().clone();
        let read = Response::from_http(http, BodyLimit::DEFAULT).expect("an import");
        assert_eq!(read, Response { body: sent, ..response });
    }

    #[test]
    fn a_document_on_one_line_keeps_its_values_as_they_came() {
        let json = |body: &'static str| {
            Response { body: Bytes::from_static(body.as_bytes()), ..Response::default() }.json()
        };
        assert_eq!(json("{\n \"a \\\" b\\\\\" : [ 1.50,\t1e400 ] }\r\n"), r#"{"a \" b\\":[1.50,1e400]}"#);
        assert_eq!(
            Response::new(BotImport::new("bir-1".parse().expect("valid"), Status::Failed)).json(),
            r#"{"_id":"bir-1","status":"failed"}"#
        );
    }

    #[test]
    fn odd_values_do_not_hide_id_and_status() {
        let read = |body: &str| {
            let response =
                Response::from_http(http::Response::new(body.to_owned().into()), BodyLimit::DEFAULT);
            response.expect(body)
        };
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for odd in ["1e400", r#""\ud800""#, r#"{"\ud800":1}"#, &deep] {
            let body = format!(r#"{{"_id":"bir-1","x":{odd},"status":"failed","statusLogs":[]}}"#);
            let response = read(&body);
            assert_eq!(
                response.import,
                BotImport::new("bir-1".parse().expect("valid"), Status::Failed),
                "{odd}"
            );
            assert!(response.unread.is_some(), "{odd}");
            assert_eq!(response.body, body);
            // Two readers of JSON may take different ones of two equal keys.
            let doubled = read(&format!(r#"{{"status":"success","x":{odd},"status":"failed"}}"#)).import;
            assert_eq!((doubled.outcome(), doubled.extra.contains_key("status")), (Outcome::Unknown, true));
        }
        assert!(read(r#"{"x":1e40}"#).unread.is_none());
        let cut = http::Response::new(Bytes::from_static(b"{\"status\":\"failed\",\"x\":1e400"));
        assert!(Response::from_http(cut, BodyLimit::DEFAULT).expect_err("cut").is_cut_short());
    }

    #[test]
    fn a_server_refuses_a_hostile_id_as_the_platform_does() {
        for path in ["bir-..%2f..%2fx", "x", "bir-%00", "bir-%ff"] {
            let uri = format!("/api/public/bot/import/status/{path}");
            let http = http::Request::get(uri).body(Bytes::new()).expect("a request");
            assert_eq!(
                Request::from_http(&http),
                Err(RequestError::Refused(Refusal::InvalidRequestId)),
                "{path}"
            );
        }
    }
}
