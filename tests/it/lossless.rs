//! Decoding and encoding again gives back what came.

use kore_types::{BotImport, ErrorBody, Field, Outcome, Status, StatusLog, TaskType};
use proptest::prelude::*;
use serde_json::value::RawValue;

const SAMPLE: &str = include_str!("../fixtures/bot-import-status.success.json");
const ACCEPTED: &str = include_str!("../fixtures/bot-import.accepted.json");

/// A JSON text without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut out, mut in_string, mut escaped) = (String::new(), false, false);
    for c in json.chars() {
        if in_string || !c.is_ascii_whitespace() {
            out.push(c);
        }
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else {
            in_string = c == '"';
        }
    }
    out
}

fn written(import: &BotImport) -> String {
    serde_json::to_string(import).expect("a document encodes")
}

/// Both ways of reading, and the text that each writes.
#[track_caller]
fn assert_kept(json: &str) -> BotImport {
    let import = BotImport::from_json(json).expect(json);
    assert_eq!(written(&import), compact(json));
    assert_eq!(BotImport::from_json_slice(json.as_bytes()).expect(json), import);
    assert_eq!(serde_json::from_str::<BotImport>(json).expect(json), import);
    assert_eq!(serde_json::from_reader::<_, BotImport>(json.as_bytes()).expect(json), import);
    import
}

#[test]
fn the_documented_sample_is_read_whole_and_written_back() {
    let import = assert_kept(SAMPLE);
    assert_eq!(import.id.get().unwrap().as_str(), "bir-5fxxxxxx-a0xx-52xx-axxf-f3xxxxxxxxxx");
    assert_eq!(import.status, Field::Value(Status::Success));
    assert_eq!(import.stream_ref_id.get().unwrap().as_str(), "d1xxxxxx-bxx7-5cxx-axx7-a8xxxxxxxxxx");
    assert_eq!(import.stream_id.get().unwrap().as_str(), "st-8axxxxxx-0xxb-5axx-9xx2-97xxxxxxxxxx");
    assert_eq!(import.created_by.get().unwrap().as_str(), "u-adxxxxxx-e9xx-5xxd-axxc-21xxxxxxxxxx");
    assert_eq!(import.request_type.get().unwrap(), "Botimport");
    assert_eq!(import.created_on.get().unwrap().as_str(), "2022-07-29T07:24:17.496Z");
    assert_eq!(import.version, Field::Value(0));
    assert!(import.extra().is_empty());
    assert_eq!(import.outcome(), Outcome::Succeeded);
    assert_eq!(
        (import.entries().len(), import.counts().succeeded, import.failed_entries().count()),
        (20, 20, 0)
    );
    // Every documented task type has a variant, and so costs no allocation.
    assert!(
        import.entries().iter().all(|entry| !matches!(entry.task_type, Field::Value(TaskType::Other(_))))
    );
}

#[test]
fn an_accepted_import_is_not_taken_for_a_success() {
    let import = assert_kept(ACCEPTED);
    assert_eq!(import.entries()[0].outcome(), Outcome::Succeeded);
    assert_eq!(import.outcome(), Outcome::Running);
    assert!(!import.is_over());
    assert!(import.stream_id.is_absent());
}

#[test]
fn the_older_spelling_is_read_and_written_back() {
    let older = SAMPLE.replace("streamRefId", "botRefId").replace("\"streamId\"", "\"botId\"");
    let import = assert_kept(&older);
    let new = BotImport::from_json(SAMPLE).unwrap();
    assert_eq!((import.stream_id, import.stream_ref_id), (new.stream_id, new.stream_ref_id));
}

#[test]
fn both_spellings_at_once_are_kept_apart() {
    let import = assert_kept(r#"{"botId":"st-1","streamId":"st-2"}"#);
    assert_eq!(import.stream_id.get().unwrap().as_str(), "st-1");
    assert_eq!(import.extra().get("streamId").unwrap().get(), r#""st-2""#);
}

#[test]
fn unknown_keys_words_and_digits_survive_at_every_level() {
    let import = assert_kept(
        r#"{"new":{"deep":[1.0,1e400,-0,123456789012345678901234567890.10]},"_id":"bir-1","status":"Paused",
            "statusLogs":[{"why":"\u00e9","taskType":"Skill","taskName":"a b","status":"HALTED","at":1.50}],
            "__v":0,"__v":1,"last":null}"#,
    );
    assert_eq!(import.outcome(), Outcome::Unknown);
    assert_eq!(
        import.extra().get("new").unwrap().get(),
        r#"{"deep":[1.0,1e400,-0,123456789012345678901234567890.10]}"#
    );
    let entry = &import.entries()[0];
    assert_eq!(entry.task_type.get().unwrap().as_str(), "Skill");
    assert_eq!(entry.extra().get("at").unwrap().get(), "1.50");
}

/// `null`, nothing, and another JSON value in the place of each value of the sample.
#[test]
fn no_value_of_another_form_fails_the_document() {
    fn places(value: &serde_json::Value, pointer: String, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                map.iter().for_each(|(key, value)| places(value, format!("{pointer}/{key}"), found));
            }
            serde_json::Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(n, value)| places(value, format!("{pointer}/{n}"), found));
            }
            _ => {}
        }
        if !pointer.is_empty() {
            found.push(pointer);
        }
    }
    let sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
    let mut pointers = Vec::new();
    places(&sample, String::new(), &mut pointers);
    assert!(pointers.len() > 80, "{}", pointers.len());
    for pointer in pointers {
        for other in ["null", "17", "-1", "true", "\"\"", "\"../x\"", "[]", "[null]", "{}", "{\"a\":[1]}"] {
            let mut changed = sample.clone();
            *changed.pointer_mut(&pointer).unwrap() = serde_json::from_str(other).unwrap();
            assert_kept(&changed.to_string());
        }
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let mut changed = sample.clone();
        match changed.pointer_mut(parent).unwrap() {
            serde_json::Value::Object(map) => drop(map.remove(key)),
            serde_json::Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            _ => unreachable!("a value stands in an object or an array"),
        }
        assert_kept(&changed.to_string());
    }
}

#[test]
fn elements_that_are_no_entries_stay_at_their_place() {
    let import = assert_kept(r#"{"statusLogs":[null,{"taskName":"a"},7,[],{"taskName":"b"},"x"]}"#);
    let names: Vec<_> =
        import.entries().iter().map(|entry| entry.task_name.get().unwrap().as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let places: Vec<_> = import.status_logs.get().unwrap().others().map(|(at, _)| at).collect();
    assert_eq!(places, [0, 2, 3, 5]);
}

#[test]
fn ten_thousand_entries_are_kept() {
    let entry = |n| StatusLog::new(TaskType::Dialog, format!("Task {n}"), Status::Success);
    let mut import = BotImport::from_json(SAMPLE).unwrap();
    *import.status_logs.get_mut().unwrap().entries_mut() = (0..10_000).map(entry).collect();
    let json = written(&import);
    assert_eq!(assert_kept(&json).entries().len(), 10_000);
}

#[test]
fn a_log_beyond_all_measure_is_kept_but_not_taken_apart() {
    for element in ["0", "{}", r#"{"":0}"#] {
        let elements = vec![element; kore_types::StatusLogs::MAX + 1].join(",");
        let import = assert_kept(&format!(r#"{{"status":"success","statusLogs":[{elements}]}}"#));
        assert!(matches!(import.status_logs, Field::Other(_)), "{element}");
        assert_eq!((import.outcome(), import.entries().len()), (Outcome::Succeeded, 0));
    }
    let errors = vec!["{}"; kore_types::ErrorDetails::MAX + 1].join(",");
    let body = ErrorBody::from_json(&format!(r#"{{"errors":[{errors}]}}"#)).unwrap();
    assert!(matches!(body.errors, Field::Other(_)));
}

#[test]
fn a_status_that_stands_twice_must_mean_the_same() {
    for (json, outcome) in [
        (r#"{"status":"success","status":"failed"}"#, Outcome::Unknown),
        (r#"{"status":"failed","status":"success"}"#, Outcome::Unknown),
        (r#"{"status":"success","status":null}"#, Outcome::Unknown),
        (r#"{"status":"success","x":1,"status":"SUCCESS"}"#, Outcome::Succeeded),
    ] {
        assert_eq!(assert_kept(json).outcome(), outcome, "{json}");
        let log = format!(r#"{{"statusLogs":[{json}]}}"#);
        assert_eq!(assert_kept(&log).entries()[0].outcome(), outcome, "{json}");
    }
}

#[test]
fn a_deep_value_does_not_end_the_process() {
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_kept(&deep);
}

#[test]
fn what_is_no_object_is_an_error() {
    for json in ["", "null", "[]", "\"x\"", "{", "{\"_id\":}", "{}x", "<html>"] {
        assert!(BotImport::from_json(json).is_err(), "{json}");
        assert!(BotImport::from_json_slice(json.as_bytes()).is_err(), "{json}");
    }
    assert!(BotImport::from_json_slice(b"{\"_id\":\"\xff\"}").is_err());
}

#[test]
fn a_server_changes_a_document_and_the_order_stays() {
    let mut import = BotImport::from_json(r#"{"x":1,"status":"pending","_id":"bir-1"}"#).unwrap();
    import.status = Status::Success.into();
    import.version = 1.into();
    import.set("y", &RawValue::from_string("2".to_owned()).unwrap());
    import.set("_id", &RawValue::from_string("\"bir-2\"".to_owned()).unwrap());
    assert_eq!(written(&import), r#"{"x":1,"status":"success","_id":"bir-2","__v":1,"y":2}"#);
    import.status = Field::Absent;
    assert_eq!(written(&import), r#"{"x":1,"_id":"bir-2","__v":1,"y":2}"#);
}

#[test]
fn an_error_body_keeps_its_code_as_number_or_text() {
    for json in [
        r#"{"errors":[{"msg":"Invalid request ID","code":400}]}"#,
        r#"{"errors":[{"code":"4002","message":"x","more":[]}],"at":1}"#,
        r#"{"errors":[{"msg":null,"code":4.0e2}]}"#,
        r#"{"errors":"none"}"#,
    ] {
        let body = ErrorBody::from_json(json).unwrap();
        assert_eq!(serde_json::to_string(&body).unwrap(), json);
    }
    let text = ErrorBody::from_json(r#"{"errors":[{"code":"4002"}]}"#).unwrap();
    assert_eq!(text.details()[0].code.get().unwrap().as_u64(), Some(4002));
}

/// JSON values as texts, with the numbers and strings that break naive readers.
fn json_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        word().prop_map(|text| serde_json::to_string(&text).unwrap()),
        "\"(\\\\u[0-9a-fA-F]{4}|\\\\/|[ -!#-\\[\\]-~])*\"",
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key(), inner), 0..4).prop_map(|members| object(&members)),
        ]
    })
}

fn object(members: &[(String, String)]) -> String {
    let members =
        members.iter().map(|(key, value)| format!("{}:{value}", serde_json::to_string(key).unwrap()));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "_id",
            "status",
            "streamRefId",
            "botRefId",
            "statusLogs",
            "createdBy",
            "requestType",
            "createdOn",
            "__v",
            "streamId",
            "botId",
            "taskType",
            "taskName",
            "errors",
            "msg",
            "message",
            "code",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "success",
        "SUCCESS",
        "pending",
        "failed",
        "Dialog",
        "bir-1",
        "st-x",
        "u-1",
        "2022-07-29T07:24:17.496Z",
    ])
    .prop_map(str::to_owned)
}

/// JSON as a list of tokens in which strings are decoded, so that two texts that differ in escapes
/// only are equal, and two numbers that differ in a digit are not.
#[derive(Debug, PartialEq)]
enum Json {
    Scalar(String),
    Text(Option<String>, String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn parse(json: &str) -> Json {
    use std::fmt;
    struct Members;
    impl<'de> serde::de::Visitor<'de> for Members {
        type Value = Vec<(String, Json)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut members = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
                members.push((key, parse(value.get())));
            }
            Ok(members)
        }
    }
    match json.as_bytes()[0] {
        b'{' => {
            let mut json = serde_json::Deserializer::from_str(json);
            Json::Object(serde::Deserializer::deserialize_map(&mut json, Members).unwrap())
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(json).unwrap();
            Json::Array(items.into_iter().map(|item| parse(item.get())).collect())
        }
        // A lone surrogate is no string; it is compared by its text.
        b'"' => match serde_json::from_str(json) {
            Ok(text) => Json::Text(Some(text), String::new()),
            Err(_) => Json::Text(None, json.to_owned()),
        },
        _ => Json::Scalar(json.to_owned()),
    }
}

proptest! {
    #[test]
    fn any_object_comes_back(members in prop::collection::vec((key(), json_value()), 0..12)) {
        let json = object(&members);
        let import = BotImport::from_json(&json).unwrap();
        let written = written(&import);
        prop_assert_eq!(parse(&written), parse(&json));
        prop_assert_eq!(&BotImport::from_json(&written).unwrap(), &import);
        prop_assert_eq!(&serde_json::from_str::<BotImport>(&json).unwrap(), &import);
    }

    #[test]
    fn any_log_comes_back(entries in prop::collection::vec(prop::collection::vec((key(), json_value()), 0..5), 0..5)) {
        let entries: Vec<_> = entries.iter().map(|members| object(members)).collect();
        let json = format!(r#"{{"statusLogs":[{}]}}"#, entries.join(","));
        let import = BotImport::from_json(&json).unwrap();
        prop_assert_eq!(import.entries().len(), entries.len());
        prop_assert_eq!(import.counts().total(), entries.len());
        prop_assert_eq!(parse(&written(&import)), parse(&json));
    }

    #[test]
    fn any_error_body_comes_back(members in prop::collection::vec((key(), json_value()), 0..6)) {
        let json = object(&members);
        let body = ErrorBody::from_json(&json).unwrap();
        prop_assert_eq!(parse(&serde_json::to_string(&body).unwrap()), parse(&json));
    }

    #[test]
    fn any_word_comes_back(word in any::<String>()) {
        let (status, task_type) = (Status::from(word.as_str()), TaskType::from(word.as_str()));
        prop_assert_eq!((status.as_str(), task_type.as_str()), (word.as_str(), word.as_str()));
        let json = serde_json::to_string(&word).unwrap();
        prop_assert_eq!(serde_json::to_string(&serde_json::from_str::<Status>(&json).unwrap()).unwrap(), json);
    }

    #[test]
    fn an_id_is_taken_as_it_is_or_not_at_all(text in "(bir-)?[a-z0-9./%\\x00é_-]{0,140}") {
        let safe = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let expected = text.starts_with("bir-") && text.len() > 4 && text.len() <= 128 && text.bytes().all(safe);
        let id = kore_types::BotImportId::new(&text);
        prop_assert_eq!(id.is_ok(), expected);
        if let Ok(id) = id {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert_eq!(serde_json::to_value(&id).unwrap(), serde_json::Value::from(text));
        }
    }
}
