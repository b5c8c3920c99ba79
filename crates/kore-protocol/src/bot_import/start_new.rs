//! `POST /api/public/bot/import`: starts an import that makes a new bot.
//!
//! [Documented as "Import Bot as New Bot API"](https://developer.kore.ai/docs/bots/api-guide/import-bot-as-a-new-bot-api/).
//! The platform then works on its own; [`get_status`](super::get_status) asks for the status.

pub(super) mod file_ids;

use bytes::Bytes;
use http::Method;
use kore_types::{BotImport, BotImportId, FileId, NewBotImport, UploadMode};
use serde::de::Error as _;

use crate::{
    Body, Endpoint, IncomingRequest, IncomingResponse, Metadata, OutgoingRequest, OutgoingResponse,
    PathTemplate, Query, RateLimit, Refusal, RequestError, Scope, document,
};

use file_ids::{all, check};

/// The method, path, scope and rate limit of the call.
pub const METADATA: Metadata = Metadata {
    method: Method::POST,
    path: PathTemplate::new("/api/public/bot/import"),
    scope: Some(Scope::BOT_IMPORT),
    rate_limit: RateLimit::PerApp,
};

/// The sample response of the vendor's document, word for word.
pub const SAMPLE: &str = include_str!("start_new/sample.json");

/// Starts an import that makes a new bot.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// What to import.
    pub import: NewBotImport,
}

/// The import that was accepted, perhaps not begun yet. The call that imports into an existing bot has
/// the same response.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The id of the import: `_id`, or `bir` in older documents.
    pub import_id: BotImportId,
    /// The document. Its log is about the request, and not about the import: a `success` in it means only
    /// that the request was accepted.
    pub import: BotImport,
    /// The document byte for byte. Empty if it did not come over HTTP.
    pub body: Bytes,
}

impl Request {
    /// Imports the zip of an export.
    pub fn of_zip(zip: FileId) -> Self {
        let mut import = NewBotImport::default();
        (import.upload_mode, import.zip_info) = (Some(UploadMode::Zip), Some(zip));
        Self { import }
    }

    /// Imports single files.
    pub fn of_files(definition: FileId, config: FileId, icon: FileId, functions: Vec<FileId>) -> Self {
        let mut import = NewBotImport::default();
        import.upload_mode = Some(UploadMode::Json);
        import.bot_definition = Some(definition);
        import.config_info = Some(config);
        import.icon = Some(icon);
        import.bot_functions = (!functions.is_empty()).then(|| functions.into());
        Self { import }
    }

    /// The ids of the files that it names, for servers to check.
    pub fn files(&self) -> impl Iterator<Item = &FileId> {
        let NewBotImport { bot_definition, config_info, icon, zip_info, bot_functions, .. } = &self.import;
        all([bot_definition, config_info, icon, zip_info], bot_functions)
    }
}

impl Response {
    /// A response with an import that has just begun. `None` if the document has no id.
    pub fn new(import: BotImport) -> Option<Self> {
        Some(Self { import_id: import.id.clone()?, import, body: Bytes::new() })
    }
}

/// Without the body, which says the same again.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Response");
        shown.field("import_id", &self.import_id).field("import", &self.import).finish_non_exhaustive()
    }
}

impl Endpoint for Request {
    const METADATA: Metadata = METADATA;
    type Response = Response;
}

impl OutgoingRequest for Request {
    fn path_values(&self) -> Vec<&str> {
        Vec::new()
    }

    fn to_body(&self) -> Body {
        Body::json(&self.import)
    }
}

impl IncomingRequest for Request {
    /// The files that `uploadMode` requires must be named. Without `uploadMode`, the older form of the call,
    /// single files are required.
    fn from_parts(_: &[&str], _: Query<'_>, body: &Bytes) -> Result<Self, RequestError> {
        let import: NewBotImport = serde_json::from_slice(body).map_err(|_| Refusal::InvalidArguments)?;
        let NewBotImport { bot_definition, config_info, icon, zip_info, bot_functions, extra, .. } = &import;
        let is_odd = |key: &&str| extra.get(*key).is_some_and(|value| !value.is_null());
        if ["uploadMode", "name", "purpose"].iter().any(is_odd) {
            return Err(Refusal::InvalidArguments.into());
        }
        let is_zip = match &import.upload_mode {
            None => false,
            Some(mode) if mode.is(&UploadMode::Json) => false,
            Some(mode) if mode.is(&UploadMode::Zip) => true,
            Some(_) => return Err(Refusal::InvalidArguments.into()),
        };
        let named = [
            ("botDefinition", bot_definition, !is_zip),
            ("configInfo", config_info, !is_zip),
            ("icon", icon, !is_zip),
            ("zipInfo", zip_info, is_zip),
        ];
        check(&named, bot_functions, extra)?;
        Ok(Self { import })
    }
}

impl IncomingResponse for Response {
    fn from_body(body: &Bytes) -> serde_json::Result<Self> {
        let (import, _): (BotImport, _) = document::read(body)?;
        let older = || import.extra.get("bir")?.as_str()?.parse().ok();
        match import.id.clone().or_else(older) {
            Some(import_id) => Ok(Self { import_id, import, body: body.clone() }),
            None => Err(serde_json::Error::custom("expected the id of an import, found none")),
        }
    }
}

impl OutgoingResponse for Response {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.import)
    }
}

#[cfg(feature = "openapi")]
impl crate::openapi::described::Described for Request {
    const ID: &'static str = "importNewBot";
    const SUMMARY: &'static str = "Import Bot as New Bot API";
    const DOCUMENT: &'static str =
        "https://developer.kore.ai/docs/bots/api-guide/import-bot-as-a-new-bot-api/";
    const REFUSALS: &'static [Refusal] = &[Refusal::InvalidFileId, Refusal::InvalidArguments];

    type PathValues = ();
    type RequestBody = NewBotImport;
    type ResponseBody = BotImport;

    fn sample() -> Option<(Self, Response)> {
        let mut request = Self::of_zip("661e717xxxx890b3844xxxxx".parse().ok()?);
        request.import.name = Some("volkihar".to_owned());
        Some((request, Response::new(serde_json::from_str(SAMPLE).ok()?)?))
    }
}

#[cfg(test)]
mod tests {
    use kore_types::Status;

    use super::*;
    use crate::{BaseUrl, BodyLimit, auth_header};

    const BY_FILES: &str = r#"{
        "botDefinition" : "5bxxxxxxxxxxx4f9",
        "configInfo" : "5bxxxxxxxxxxxxx4fa",
        "botFunctions":["5bxxxxxxxxxxxxxea6"],
        "icon":"5bxxxxxxxxxxxxxxxx4fb",
        "name":"gallahad4",
        "uploadMode":"JSON"
    }"#;
    const BY_ZIP: &str = r#"{"zipInfo" : "661e717xxxx890b3844xxxxx", "name":"volkihar", "uploadMode":"ZIP"}"#;

    fn file(id: &str) -> FileId {
        id.parse().expect("valid")
    }

    fn received(body: &str) -> Result<Request, RequestError> {
        let request = http::Request::post("/api/public/bot/import").body(Bytes::from(body.to_owned()));
        Request::from_http(&request.expect("a request"))
    }

    #[test]
    fn the_documented_requests_go_there_and_back() {
        let mut by_files = Request::of_files(
            file("5bxxxxxxxxxxx4f9"),
            file("5bxxxxxxxxxxxxx4fa"),
            file("5bxxxxxxxxxxxxxxxx4fb"),
            vec![file("5bxxxxxxxxxxxxxea6")],
        );
        by_files.import.name = Some("gallahad4".to_owned());
        let mut by_zip = Request::of_zip(file("661e717xxxx890b3844xxxxx"));
        by_zip.import.name = Some("volkihar".to_owned());
        for (request, sample, files) in [(by_files, BY_FILES, 4), (by_zip, BY_ZIP, 1)] {
            let base = BaseUrl::parse("https://bots.kore.ai").expect("valid");
            let http = request.to_http(&base, auth_header("a.b.c").expect("valid"));
            assert_eq!((http.method().as_str(), http.uri().path()), ("POST", "/api/public/bot/import"));
            assert_eq!(http.headers()["content-type"], "application/json");
            let body = http.body().as_bytes().expect("in memory");
            let json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).expect("JSON");
            assert_eq!(json(body), json(sample.as_bytes()));
            assert_eq!(request.files().count(), files);
            assert_eq!(received(sample), Ok(request));
        }
    }

    #[test]
    fn the_documented_response_goes_there_and_back() {
        let http = Response::new(serde_json::from_str(SAMPLE).expect("an import")).expect("an id").to_http();
        let body: serde_json::Value = serde_json::from_slice(http.body()).expect("JSON");
        assert_eq!(body, serde_json::from_str::<serde_json::Value>(SAMPLE).expect("JSON"));
        let sent = http.body().clone();
        let read = Response::from_http(http, BodyLimit::DEFAULT).expect("an import");
        assert_eq!(read.import_id.as_str(), "bir-034fc180-4f84-xxxx-xxxx-5d85b76a36dc");
        assert_eq!((read.import.status, read.body), (Some(Status::Pending), sent));
    }

    #[test]
    fn the_id_is_found_in_either_key_and_must_be_there() {
        let read = |body: &'static str| {
            let read = Response::from_http(http::Response::new(body.into()), BodyLimit::DEFAULT);
            read.map(|response| response.import_id.as_str().to_owned()).map_err(|error| error.to_string())
        };
        assert_eq!(read(r#"{"_id":"bir-1","bir":"bir-2"}"#), Ok("bir-1".to_owned()));
        assert_eq!(read(r#"{"bir":"bir-2","streamId":"st-1"}"#), Ok("bir-2".to_owned()));
        assert_eq!(read(r#"{"_id":"5b","bir":"bir-2"}"#), Ok("bir-2".to_owned()));
        assert_eq!(read(r#"{"_id":"bir-1","x":1e400}"#), Ok("bir-1".to_owned()), "odd values hide no id");
        for none in [r#"{}"#, r#"{"_id":"5b"}"#, r#"{"bir":7}"#, r#"{"status":"pending"}"#] {
            assert!(read(none).is_err_and(|error| error.contains("expected the id of an import")), "{none}");
        }
    }

    #[test]
    fn what_is_missing_or_no_file_id_is_refused_in_the_words_of_the_platform() {
        let refused = |body: &str| match received(body) {
            Err(RequestError::Refused(refusal)) => refusal,
            other => panic!("{body}: {other:?}"),
        };
        for missing in [
            "",
            "[]",
            "{}",
            r#"{"uploadMode":"ZIP"}"#,
            r#"{"uploadMode":"ZIP","botDefinition":"1","configInfo":"2","icon":"3"}"#,
            r#"{"uploadMode":"TAR","zipInfo":"1"}"#,
            r#"{"botDefinition":"1","configInfo":"2"}"#,
            r#"{"botDefinition":"1","icon":"3","uploadMode":"JSON"}"#,
            r#"{"botDefinition":null,"configInfo":"2","icon":"3"}"#,
            r#"{"botDefinition":"1","configInfo":"2","icon":"3","uploadMode":7}"#,
            r#"{"zipInfo":"1","uploadMode":"ZIP","name":["Shop"]}"#,
        ] {
            assert_eq!(refused(missing), Refusal::InvalidArguments, "{missing}");
        }
        for odd in [
            r#"{"botDefinition":"../1","configInfo":"2","icon":"3"}"#,
            r#"{"botDefinition":"1","configInfo":7,"icon":"3"}"#,
            r#"{"botDefinition":"1","configInfo":"2","icon":"3","botFunctions":"4"}"#,
            r#"{"botDefinition":"1","configInfo":"2","icon":"3","botFunctions":["4",5]}"#,
        ] {
            assert_eq!(refused(odd), Refusal::InvalidFileId, "{odd}");
        }
        // The older form, and keys that no document has.
        let known = received(r#"{"botDefinition":"1","configInfo":"2","icon":"3","color":"blue"}"#);
        assert_eq!(known.expect("it is taken").import.extra["color"], "blue");
    }
}
