//! `POST /api/public/uploadfile`: uploads a file, which the start of an import then names.
//!
//! [Documented as "Upload File API"](https://developer.kore.ai/docs/bots/api-guide/upload-file-api/).
//! The body is a form of three parts. No source says how large a file may be, or how long the platform
//! keeps it.

use bytes::Bytes;
use http::{HeaderValue, Method};
use kore_types::{FileContext, UploadedFile};
use serde::de::Error as _;

use crate::{
    Body, Boundary, Content, Endpoint, IncomingResponse, Metadata, OutgoingRequest, OutgoingResponse, Part,
    PathTemplate, RateLimit, Refusal,
};

/// The method, path, scope and rate limit of the call.
pub const METADATA: Metadata = Metadata {
    method: Method::POST,
    path: PathTemplate::new("/api/public/uploadfile"),
    // The newest page says "Not Applicable", and the vendor's tests upload with another app's token.
    scope: None,
    rate_limit: RateLimit::PerApp,
};

/// The sample response of the vendor's documents, word for word.
pub const SAMPLE: &str = r#"{"fileId":"692d7d03d8dcf09cff781d67","hash":"43e6c123a88511965203aa4e87fe38b563a04df1","fileName":"f-7c1f4767-416c-5c6c-af6d-928b28978312"}"#;

const FILE: &str = "file";
const CONTEXT: &str = "fileContext";
const EXTENSION: &str = "fileExtension";

/// Uploads a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The file and its purpose.
    pub form: Form,
    /// The text between the parts of the form.
    pub boundary: Boundary,
}

/// The fields of an upload, for clients and servers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Form {
    /// The file.
    pub file: Content,
    /// Its purpose.
    pub context: FileContext,
    /// The extension of its name, without a dot.
    pub extension: Option<String>,
}

/// The platform's record of the file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The id by which the start of an import names the file.
    pub file: UploadedFile,
}

impl Form {
    /// A file for the import of a bot. The extension is taken from its name.
    pub fn new(file: Content) -> Self {
        let end = file.name().rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        Self { file, context: FileContext::BulkImport, extension: end.filter(|end| !end.is_empty()) }
    }

    /// For servers: takes the parts of a form. The extension may have a dot, as in the table of the
    /// document, or be missing.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`] if the file or its purpose is missing, or if a field is not text.
    pub fn from_parts(parts: impl IntoIterator<Item = Part>) -> Result<Self, Refusal> {
        let (mut file, mut context, mut extension) = (None, None, None);
        for part in parts {
            let field = match part.name() {
                FILE if part.is_file() => {
                    file = Some(part.into_content());
                    continue;
                }
                CONTEXT => &mut context,
                EXTENSION => &mut extension,
                _ => continue,
            };
            let text = part
                .into_content()
                .to_bytes()
                .ok()
                .map(Vec::from)
                .and_then(|text| String::from_utf8(text).ok());
            *field = Some(text.ok_or(Refusal::InvalidArguments)?);
        }
        let extension = extension.map(|end: String| end.trim().trim_start_matches('.').to_ascii_lowercase());
        Ok(Self {
            file: file.ok_or(Refusal::InvalidArguments)?,
            context: context.ok_or(Refusal::InvalidArguments)?.into(),
            extension: extension.filter(|end| !end.is_empty()),
        })
    }

    fn to_parts(&self) -> Vec<Part> {
        let content_type = match self.extension.as_deref() {
            Some("json") => "application/json",
            _ => "application/octet-stream",
        };
        let file = Part::file(FILE, self.file.clone()).content_type(HeaderValue::from_static(content_type));
        let context = Part::text(CONTEXT, self.context.as_str().to_owned());
        let extension = self.extension.clone().map(|extension| Part::text(EXTENSION, extension));
        [file, context].into_iter().chain(extension).collect()
    }
}

impl Request {
    /// Uploads that form.
    pub fn new(form: Form, boundary: Boundary) -> Self {
        Self { form, boundary }
    }
}

impl Response {
    /// A response with that record.
    pub fn new(file: UploadedFile) -> Self {
        Self { file }
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
        Body::multipart(&self.boundary, self.form.to_parts())
    }

    /// A file that nobody names does nothing.
    fn is_repeatable(&self) -> bool {
        true
    }

    /// A page that refuses a file may repeat it, and a bot's configuration has secrets.
    fn concealed_keys(&self) -> &'static [&'static str] {
        &[""]
    }

    /// The file is not at hand to compare with, and a message may hold any value of it.
    fn may_quote(&self, _: &str) -> bool {
        true
    }
}

impl IncomingResponse for Response {
    fn from_body(body: &Bytes) -> serde_json::Result<Self> {
        let file: UploadedFile = serde_json::from_slice(body)?;
        match file.id {
            Some(_) => Ok(Self { file }),
            None => Err(serde_json::Error::custom("expected a fileId, found none")),
        }
    }
}

impl OutgoingResponse for Response {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.file)
    }
}

#[cfg(feature = "openapi")]
impl crate::openapi::described::Described for Request {
    const ID: &'static str = "uploadFile";
    const SUMMARY: &'static str = "Upload File API";
    const DOCUMENT: &'static str = "https://developer.kore.ai/docs/bots/api-guide/upload-file-api/";
    const REFUSALS: &'static [Refusal] = &[Refusal::InvalidArguments];
    const BODY_TYPE: &'static str = "multipart/form-data";

    type PathValues = ();
    type RequestBody = Fields;
    type ResponseBody = UploadedFile;

    fn sample() -> Option<(Self, Response)> {
        let form = Form::new(Content::from_bytes("botDefinition.json", "{}"));
        let response = Response::new(serde_json::from_str(SAMPLE).ok()?);
        Some((Self::new(form, Boundary::new("sample").ok()?), response))
    }
}

/// The schema of the form, which is no JSON.
#[cfg(feature = "openapi")]
pub(crate) struct Fields;

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Fields {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Upload".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let context = generator.subschema_for::<FileContext>();
        schemars::json_schema!({
            "type": "object",
            "description": "A file for the import of a bot.",
            "properties": {
                FILE: {"type": "string", "format": "binary", "description": "The file, with its name."},
                CONTEXT: context,
                EXTENSION: {"type": "string", "description": "The end of its name, such as `json`; a dot before it is taken too."},
            },
            "required": [FILE, CONTEXT],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, BodyLimit, auth_header};

    fn form(name: &str) -> Form {
        Form::new(Content::from_bytes(name.to_owned(), r#"{"_id":"st-1"}"#))
    }

    #[test]
    fn the_documented_request_is_a_form_of_three_parts() {
        let request = Request::new(form("botDefinition.json"), Boundary::new("b-1").expect("valid"));
        let base = BaseUrl::parse("https://bots.kore.ai").expect("valid");
        let http = request.to_http(&base, auth_header("a.b.c").expect("valid"));
        assert_eq!(http.method(), "POST");
        assert_eq!(http.uri(), "https://bots.kore.ai/api/public/uploadfile");
        assert_eq!(http.headers()["content-type"], "multipart/form-data; boundary=b-1");
        assert_eq!(
            http.body().to_bytes().expect("in memory"),
            "--b-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"botDefinition.json\"\r\n\
             Content-Type: application/json\r\n\r\n{\"_id\":\"st-1\"}\r\n\
             --b-1\r\nContent-Disposition: form-data; name=\"fileContext\"\r\n\r\nbulkImport\r\n\
             --b-1\r\nContent-Disposition: form-data; name=\"fileExtension\"\r\n\r\njson\r\n--b-1--\r\n"
        );
    }

    #[test]
    fn the_documented_response_goes_there_and_back() {
        let http = Response::new(serde_json::from_str(SAMPLE).expect("a file")).to_http();
        let body: serde_json::Value = serde_json::from_slice(http.body()).expect("JSON");
        assert_eq!(body, serde_json::from_str::<serde_json::Value>(SAMPLE).expect("JSON"));
        let read = Response::from_http(http, BodyLimit::DEFAULT).expect("a file");
        assert_eq!(read.file.id.expect("it has one").as_str(), "692d7d03d8dcf09cff781d67");
    }

    #[test]
    fn a_response_without_a_file_id_says_so() {
        for body in [r#"{}"#, r#"{"fileId":7}"#, r#"{"fileId":"../x"}"#] {
            let error =
                Response::from_http(http::Response::new(body.into()), BodyLimit::DEFAULT).unwrap_err();
            assert!(error.to_string().contains("expected a fileId"), "{error}");
        }
    }

    #[test]
    fn an_error_repeats_nothing_of_a_file_that_the_response_repeats() {
        let request = Request::new(form("config.json"), Boundary::new("b-1").expect("a boundary"));
        for (status, body) in [
            (200, r#"{"status":"ok","envVariables":[{"value":"hidden"}]}"#),
            (200, "{\"envVariables\":[{\"value\":\"hidden"),
            (400, "<html>not allowed: hidden</html>"),
            (
                400,
                r#"{"errors":[{"msg":"Validation errors/ Invalid arguments","code":412}],"file":"hidden"}"#,
            ),
            (502, "hidden"),
        ] {
            let mut response = http::Response::new(Bytes::from(body));
            *response.status_mut() = status.try_into().expect("a status");
            let error = request.read_response(&response, BodyLimit::DEFAULT).expect_err(body);
            assert!(!format!("{error} {error:?} {:?}", error.error_body()).contains("hidden"), "{error}");
            assert!(error.body().is_empty() && error.status() == status, "{error}");
        }
    }

    #[test]
    fn a_server_reads_what_a_client_sends() {
        for (name, extension) in [
            ("a.json", Some("json")),
            ("Icon.PNG", Some("png")),
            ("a", None),
            ("a.", None),
            (".js", Some("js")),
        ] {
            let sent = form(name);
            assert_eq!(sent.extension.as_deref(), extension, "{name}");
            let read = Form::from_parts(sent.to_parts()).expect("all is there");
            assert_eq!((read.file.name(), &read.context), (name, &FileContext::BulkImport));
            assert_eq!(read.extension.as_deref(), extension);
        }
    }

    #[test]
    fn a_server_takes_either_spelling_and_refuses_what_is_missing() {
        let file = || Part::file(FILE, Content::from_bytes("a", ""));
        let context = || Part::text(CONTEXT, "bulkImport");
        let extension = |text: &'static str| Part::text(EXTENSION, text);
        for (text, read) in [("json", Some("json")), (".JSON", Some("json")), ("", None), (".", None)] {
            let form = Form::from_parts([extension(text), context(), file()]).expect("all is there");
            assert_eq!(form.extension.as_deref(), read, "{text}");
        }
        let not_a_file = Part::text(FILE, "text");
        for parts in [vec![], vec![file()], vec![context()], vec![context(), not_a_file]] {
            assert_eq!(Form::from_parts(parts).err(), Some(Refusal::InvalidArguments));
        }
    }
}
