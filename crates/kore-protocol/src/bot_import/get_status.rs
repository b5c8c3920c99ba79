//! `GET /api/public/bot/import/status/{BotImportBIR}`: the status of a bot import.
//!
//! [Documented as "Bot Import Status API"](https://developer.kore.ai/docs/bots/api-guide/bot-import-status-api/).

mod subject;

use bytes::Bytes;
use http::Method;
use kore_types::{BotImport, BotImportId};

use crate::{
    Endpoint, IncomingRequest, IncomingResponse, Metadata, OutgoingRequest, OutgoingResponse, PathTemplate,
    RateLimit, Refusal, RequestError, Scope,
};

pub use subject::OtherImport;
pub(crate) use subject::check;

/// What is known of the call beside its request and response.
pub const METADATA: Metadata = Metadata {
    method: Method::GET,
    path: PathTemplate::new("/api/public/bot/import/status/{BotImportBIR}"),
    scope: Scope::BOT_IMPORT,
    rate_limit: RateLimit::PerImport,
};

/// The answer in the vendor's document, word for word: an import that succeeded. Digits of its ids
/// are masked there.
pub const SAMPLE: &str = include_str!("get_status/sample.json");

/// Asks for the status of one import.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The import; the answer to the import call has it as `_id`.
    pub import_id: BotImportId,
}

/// The import as the platform sees it now.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The document.
    pub import: BotImport,
}

impl Request {
    /// Asks for the status of that import.
    pub fn new(import_id: BotImportId) -> Self {
        Self { import_id }
    }
}

impl Response {
    /// Answers with that document.
    pub fn new(import: BotImport) -> Self {
        Self { import }
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

    fn counted_import(&self) -> Option<&BotImportId> {
        Some(&self.import_id)
    }

    fn check(&self, response: &Response) -> Result<(), OtherImport> {
        check(&self.import_id, &response.import)
    }
}

impl IncomingRequest for Request {
    fn from_parts(path_values: &[&str], _body: &Bytes) -> Result<Self, RequestError> {
        let import_id = path_values.concat().parse().map_err(|_| Refusal::InvalidRequestId)?;
        Ok(Self { import_id })
    }
}

impl IncomingResponse for Response {
    fn from_body(body: &[u8]) -> serde_json::Result<Self> {
        BotImport::from_json_slice(body).map(Self::new)
    }
}

impl OutgoingResponse for Response {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.import)
    }
}

#[cfg(feature = "openapi")]
impl crate::openapi::Described for Request {
    const ID: &'static str = "getBotImportStatus";
    const SUMMARY: &'static str = "Bot Import Status API";
    const DOCUMENT: &'static str = "https://developer.kore.ai/docs/bots/api-guide/bot-import-status-api/";
    const REFUSALS: &'static [Refusal] = &[Refusal::InvalidRequestId];

    type PathValues = (BotImportId,);
    type Body = ();
    type Answer = BotImport;

    fn sample() -> Option<(Self, Response)> {
        let import = BotImport::from_json(SAMPLE).ok()?;
        Some((Self::new(import.id.get()?.clone()), Response::new(import)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, BodyLimit, auth_header};

    #[test]
    fn the_sample_is_the_fixture_of_the_tests() {
        assert_eq!(SAMPLE, include_str!("../../../../tests/fixtures/bot-import-status.success.json"));
    }

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
        let response = Response::new(BotImport::from_json(SAMPLE).expect("an import"));
        let http = response.to_http();
        assert_eq!(http.headers()["content-type"], "application/json; charset=utf-8");
        let body: serde_json::Value = serde_json::from_slice(http.body()).expect("JSON");
        assert_eq!(body, serde_json::from_str::<serde_json::Value>(SAMPLE).expect("JSON"));
        assert_eq!(Response::from_http(http, BodyLimit::DEFAULT).expect("an import"), response);
    }

    #[test]
    fn a_hostile_id_is_refused_by_a_server_as_the_platform_does() {
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
