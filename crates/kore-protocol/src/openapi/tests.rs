use std::collections::BTreeSet;
use std::fs;

use bytes::Bytes;
use http::Method;
use kore_types::{BotId, BotImport, BotImportId, ErrorBody, Status};

use super::described::Described;
use super::*;
use crate::{
    Body, Endpoint, IncomingResponse, Metadata, OutgoingRequest, OutgoingResponse, PathTemplate, RateLimit,
    Scope,
};

const STATUS: &str = "/paths/~1api~1public~1bot~1import~1status~1{BotImportBIR}/get";

fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {document:#}"))
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
}

/// Each object of the document.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    match value {
        Value::Object(object) => {
            found.push(object);
            object.values().for_each(|value| objects(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| objects(value, found)),
        _ => {}
    }
}

/// `POST /bot/{botId}/import/{BotImportBIR}`, and the same path with GET.
#[derive(Debug)]
struct Sibling<const GET: bool>(BotId, BotImportId);

#[derive(Debug)]
struct Answer;

impl IncomingResponse for Answer {
    fn from_body(_: &Bytes) -> serde_json::Result<Self> {
        Ok(Self)
    }
}

impl OutgoingResponse for Answer {
    fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        Ok(b"{}".to_vec())
    }
}

impl<const GET: bool> Endpoint for Sibling<GET> {
    const METADATA: Metadata = Metadata {
        method: if GET { Method::GET } else { Method::POST },
        path: PathTemplate::new("/bot/{botId}/import/{BotImportBIR}"),
        scope: Some(Scope::BOT_IMPORT),
        rate_limit: RateLimit::PerBot,
    };
    type Response = Answer;
}

impl<const GET: bool> OutgoingRequest for Sibling<GET> {
    fn path_values(&self) -> Vec<&str> {
        vec![self.0.as_str(), self.1.as_str()]
    }

    fn to_body(&self) -> Body {
        Bytes::from_static(br#"{"_id":"bir-1","status":"pending"}"#).into()
    }
}

impl<const GET: bool> Described for Sibling<GET> {
    const ID: &'static str = if GET { "look" } else { "start" };
    const SUMMARY: &'static str = "A sibling";
    const DOCUMENT: &'static str = "https://example.com";
    const REFUSALS: &'static [Refusal] = &[Refusal::InvalidStreamId, Refusal::InvalidSdkCredentials];

    type PathValues = (BotId, BotImportId);
    type RequestBody = BotImport;
    type ResponseBody = Status;

    fn sample() -> Option<(Self, Answer)> {
        Some((Self("st-1".parse().ok()?, "bir-1".parse().ok()?), Answer))
    }
}

#[test]
fn each_endpoint_has_its_line() {
    let folders = ["bot_export", "bot_import", "bot_publish", "file"]
        .map(|name| format!("{}/src/{name}", env!("CARGO_MANIFEST_DIR")));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let entries = entries.map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect::<Vec<_>>();
    let listed = OPERATIONS.iter().map(|operation| (operation.path(), operation.method()));
    assert_eq!(listed.collect::<BTreeSet<_>>().len(), files.len(), "a file without its line: {files:?}");
}

#[test]
fn a_sibling_needs_no_more_than_its_file_and_its_line() {
    let siblings = [Operation::of::<Sibling<false>>(), Operation::of::<Sibling<true>>()];
    let document = document_of(&siblings);
    let path = at(&document, "/paths/~1bot~1{botId}~1import~1{BotImportBIR}");
    assert_eq!(keys(path), BTreeSet::from(["get", "post"]));

    let post = &path["post"];
    let names = at(post, "/parameters").as_array().expect("parameters").iter().map(|parameter| {
        let reference = at(parameter, "/schema/$ref").as_str().expect("a reference");
        (parameter["name"].as_str(), parameter["example"].as_str(), reference.rsplit('/').next())
    });
    let expected = [("botId", "st-1", "BotId"), ("BotImportBIR", "bir-1", "BotImportId")]
        .map(|(name, example, schema)| (Some(name), Some(example), Some(schema)));
    assert_eq!(Vec::from_iter(names), expected);
    let body = at(post, "/requestBody/content/application~1json");
    assert_eq!((&body["example"]["_id"], keys(&body["schema"])), (&json!("bir-1"), BTreeSet::from(["$ref"])));
    assert!(post["description"].as_str().is_some_and(|text| text.contains("for each bot:")), "{post}");
}

#[test]
fn a_refusal_of_one_call_stands_beside_those_of_all() {
    let document = document_of(&[Operation::of::<Sibling<true>>()]);
    let responses = at(&document, "/paths/~1bot~1{botId}~1import~1{BotImportBIR}/get/responses");
    assert_eq!(keys(responses), BTreeSet::from(["200", "400", "401", "429", "500"]));
    let examples =
        |status: &str| keys(at(responses, &format!("/{status}/content/application~1json/examples")));
    assert_eq!(examples("400"), BTreeSet::from(["InvalidStreamId"]));
    assert!(examples("401").is_superset(&BTreeSet::from(["Replay", "InvalidSdkCredentials"])));
}

#[test]
fn each_refusal_in_it_is_one_of_the_table_under_its_status() {
    let document = document();
    let mut responses = vec![(400, at(&document, &format!("{STATUS}/responses/400")))];
    for (status, name) in [(401, "Unauthorized"), (429, "TooManyRequests"), (500, "InternalServerError")] {
        let reference = at(&document, &format!("{STATUS}/responses/{status}/$ref"));
        assert_eq!(*reference, format!("#/components/responses/{name}"));
        responses.push((status, at(&document, &format!("/components/responses/{name}"))));
    }
    let mut seen = 0;
    for (status, response) in responses {
        let examples = at(response, "/content/application~1json/examples").as_object().expect("examples");
        for (name, example) in examples {
            let body: ErrorBody = serde_json::from_value(example["value"].clone()).expect("an error body");
            let refusal = Refusal::recognise(&body).expect("a known one");
            assert_eq!((format!("{refusal:?}"), refusal.status().as_u16()), (name.clone(), status));
            seen += 1;
        }
    }
    assert_eq!(seen, 10);
}

#[test]
fn what_is_a_guess_is_called_one() {
    let document = document();
    let limited = at(&document, "/components/responses/TooManyRequests");
    for guess in [at(limited, "/description"), at(limited, "/headers/retry-after/description")] {
        assert!(guess.as_str().is_some_and(|text| text.to_lowercase().contains("a guess")), "{guess}");
    }
}

#[test]
fn each_reference_leads_somewhere() {
    let document = document();
    let mut all = Vec::new();
    objects(&document, &mut all);
    let references: Vec<_> = all.iter().filter_map(|object| object.get("$ref")?.as_str()).collect();
    assert!(references.len() > 10);
    for reference in references {
        assert!(reference.strip_prefix('#').is_some_and(|at| document.pointer(at).is_some()), "{reference}");
    }
}

#[test]
fn the_documented_sample_is_the_example() {
    let document = document();
    let sample: Value = serde_json::from_str(get_status::SAMPLE).expect("JSON");
    assert_eq!(*at(&document, &format!("{STATUS}/responses/200/content/application~1json/example")), sample);
    assert_eq!(*at(&document, &format!("{STATUS}/parameters/0/example")), sample["_id"]);
    let properties = keys(at(&document, "/components/schemas/BotImport/properties"));
    assert!(properties.is_superset(&keys(&sample)), "{properties:?}");
}
