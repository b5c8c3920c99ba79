//! Decoding and encoding again gives back what came.

use kore_types::{BotImport, ErrorBody, ErrorCode, Outcome, Status, StatusLog, TaskType};
use proptest::prelude::*;
use serde_json::{Value, json};

const SAMPLE: &str = kore_sdk::protocol::bot_import::get_status::SAMPLE;
const ACCEPTED: &str = include_str!("../fixtures/bot-import.accepted.json");

fn read(json: &str) -> BotImport {
    serde_json::from_str(json).expect(json)
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).expect(json)
}

/// Each way of reading, and that what is written says the same.
#[track_caller]
fn assert_kept(json: &str) -> BotImport {
    let import = read(json);
    assert_eq!(serde_json::to_value(&import).expect("it is written"), value(json));
    assert_eq!(serde_json::from_slice::<BotImport>(json.as_bytes()).expect(json), import);
    assert_eq!(serde_json::from_reader::<_, BotImport>(json.as_bytes()).expect(json), import);
    import
}

#[test]
fn the_documented_sample_is_read_whole_and_written_back() {
    let import = assert_kept(SAMPLE);
    assert_eq!(import.id.as_ref().unwrap().as_str(), "bir-5fxxxxxx-a0xx-52xx-axxf-f3xxxxxxxxxx");
    assert_eq!(import.status, Some(Status::Success));
    assert_eq!(import.stream_ref_id.as_ref().unwrap().as_str(), "d1xxxxxx-bxx7-5cxx-axx7-a8xxxxxxxxxx");
    assert_eq!(import.stream_id.as_ref().unwrap().as_str(), "st-8axxxxxx-0xxb-5axx-9xx2-97xxxxxxxxxx");
    assert_eq!(import.created_by.as_ref().unwrap().as_str(), "u-adxxxxxx-e9xx-5xxd-axxc-21xxxxxxxxxx");
    assert_eq!(import.request_type.as_deref(), Some("Botimport"));
    assert_eq!(import.created_on.as_ref().unwrap().as_str(), "2022-07-29T07:24:17.496Z");
    assert_eq!(import.version, Some(0));
    assert!(import.extra.is_empty());
    assert_eq!(import.outcome(), Outcome::Succeeded);
    assert_eq!(
        (import.entries().len(), import.counts().succeeded, import.failed_entries().count()),
        (20, 20, 0)
    );
    // Every documented task type has a variant, and so costs no allocation.
    assert!(import.entries().iter().all(|entry| !matches!(entry.task_type, Some(TaskType::Other(_)))));
}

#[test]
fn an_accepted_import_is_not_taken_for_a_success() {
    let import = assert_kept(ACCEPTED);
    assert_eq!(import.entries()[0].outcome(), Outcome::Succeeded);
    assert_eq!(import.outcome(), Outcome::Running);
    assert!(!import.is_over());
    assert!(import.stream_id.is_none());
}

#[test]
fn the_older_spelling_is_read_and_written_back() {
    let older = SAMPLE.replace("streamRefId", "botRefId").replace("\"streamId\"", "\"botId\"");
    let import = assert_kept(&older);
    let new = read(SAMPLE);
    assert_eq!((import.bot(), import.stream_ref()), (new.bot(), new.stream_ref()));
    assert!(import.bot().is_some() && import.stream_ref().is_some());
}

#[test]
fn both_spellings_at_once_are_kept_apart() {
    let import = assert_kept(r#"{"botId":"st-1","streamId":"st-2"}"#);
    assert_eq!(import.bot_id.as_ref().unwrap().as_str(), "st-1");
    assert_eq!(import.bot().unwrap().as_str(), "st-2");
}

#[test]
fn unknown_keys_and_words_survive_at_every_level() {
    let import = assert_kept(
        r#"{"new":{"deep":[1.0,-0,12345678901234567890,null]},"_id":"bir-1","status":"Paused",
            "statusLogs":[{"why":"\u00e9","taskType":"Skill","taskName":"a b","status":"HALTED","at":1.50}],
            "__v":0,"last":null}"#,
    );
    assert_eq!(import.outcome(), Outcome::Unknown);
    assert_eq!(import.extra["new"], json!({"deep": [1.0, -0.0, 12345678901234567890_u64, null]}));
    let entry = &import.entries()[0];
    assert_eq!(entry.task_type.as_ref().unwrap().as_str(), "Skill");
    assert_eq!(entry.extra["at"], 1.5);
}

/// `null`, nothing, and another JSON value in the place of each value of the sample.
#[test]
fn a_value_of_another_form_never_fails_the_document() {
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
fn a_value_of_another_form_stays_under_its_key() {
    let import = assert_kept(
        r#"{"_id":"17","status":null,"statusLogs":{"a":1},"__v":-1,"streamId":7,"createdOn":["x"]}"#,
    );
    assert_eq!(import, {
        let mut expected = BotImport::default();
        let odd = json!({"_id": "17", "status": null, "statusLogs": {"a": 1}, "__v": -1, "streamId": 7, "createdOn": ["x"]});
        expected.extra = serde_json::from_value(odd).unwrap();
        expected
    });
}

#[test]
fn log_elements_that_are_no_entries_keep_their_place() {
    let mut import = assert_kept(r#"{"statusLogs":[null,{"taskName":"a"},7,[],{"taskName":"b"},"x"]}"#);
    let names: Vec<_> = import.entries().iter().map(|entry| entry.task_name.as_deref().unwrap()).collect();
    assert_eq!(names, ["a", "b"]);
    let logs = import.status_logs.as_mut().unwrap();
    assert_eq!(logs.others.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 2, 3, 5]);
    logs.items.clear();
    assert_eq!(serde_json::to_value(&import).unwrap(), json!({"statusLogs": [null, 7, [], "x"]}));
}

#[test]
fn ten_thousand_entries_are_kept() {
    let entry = |n| StatusLog::new(TaskType::Dialog, format!("Task {n}"), Status::Success);
    let mut import = read(SAMPLE);
    import.status_logs = Some((0..10_000).map(entry).collect());
    let json = serde_json::to_string(&import).unwrap();
    assert_eq!(assert_kept(&json).entries().len(), 10_000);
}

/// 16 MiB that would take gigabytes.
#[test]
fn a_huge_document_gives_its_verdict_in_bounded_memory() {
    const BODY: usize = 16 * 1024 * 1024;
    for (start, element, end) in [
        (r#""statusLogs":["#, "{}", "]"),
        (r#""statusLogs":["#, r#"{"":0}"#, "]"),
        (r#""x":["#, r#"{"":0}"#, "]"),
        (r#""x":["#, "[0]", "]"),
        (r#""x":["#, "{}", "]"),
        (r#""__v":["#, "0", "]"),
        ("", r#""statusLogs":[{}]"#, ""),
        ("", r#""a":0"#, ""),
    ] {
        let elements = vec![element; BODY / (element.len() + 1)].join(",");
        let json = format!(r#"{{"_id":"bir-1","status":"failed",{start}{elements}{end}}}"#);
        if let Ok(import) = serde_json::from_str::<BotImport>(&json) {
            // A key that stands a million times with one value takes no room.
            assert!(import.extra.len() + import.entries().len() < 2, "{element}");
        }
        let import = BotImport::id_and_status_alone(json.as_bytes()).unwrap();
        assert_eq!(import, BotImport::new("bir-1".parse().unwrap(), Status::Failed));
    }
}

#[test]
fn a_doubled_status_must_mean_the_same() {
    for (json, outcome) in [
        (r#"{"status":"success","status":"failed"}"#, Outcome::Unknown),
        (r#"{"status":"failed","status":"success"}"#, Outcome::Unknown),
        (r#"{"status":"success","status":null}"#, Outcome::Unknown),
        (r#"{"status":null,"status":"success"}"#, Outcome::Unknown),
        (r#"{"status":7,"status":"success"}"#, Outcome::Unknown),
        (r#"{"status":"success","x":1,"status":"SUCCESS"}"#, Outcome::Succeeded),
        (r#"{"status":"failed","status":"failed","status":"success"}"#, Outcome::Unknown),
        (r#"{"status":"failed","status":"success","status":"failed"}"#, Outcome::Unknown),
    ] {
        for import in [read(json), BotImport::id_and_status_alone(json.as_bytes()).unwrap()] {
            assert_eq!(import.outcome(), outcome, "{json}");
            assert_eq!(import.extra.contains_key("status"), outcome == Outcome::Unknown, "{json}");
        }
        let log = format!(r#"{{"statusLogs":[{json}]}}"#);
        assert_eq!(read(&log).entries()[0].outcome(), outcome, "{json}");
    }
    let ids = read(r#"{"_id":"bir-1","_id":"bir-2"}"#);
    assert_eq!((ids.id, &ids.extra["_id"]), (None, &json!(["bir-1", "bir-2"])));
}

#[test]
fn a_document_that_no_model_can_hold_still_has_its_verdict() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for odd in ["1e400", r#""\ud800""#, r#"{"\udc00":1}"#, &deep] {
        let json = format!(r#"{{"x":{odd},"_id":"bir-1","status":"failed"}}"#);
        assert!(serde_json::from_str::<BotImport>(&json).is_err(), "{odd}");
        let import = BotImport::id_and_status_alone(json.as_bytes()).unwrap();
        assert_eq!(import, BotImport::new("bir-1".parse().unwrap(), Status::Failed));
    }
    let key = r#"{"\ud800":1,"status":"failed"}"#;
    assert_eq!(BotImport::id_and_status_alone(key.as_bytes()).unwrap().outcome(), Outcome::Failed);
    // What cannot be read in their own places is a text.
    let import = BotImport::id_and_status_alone(br#"{"_id":1e400,"status":"\ud800"}"#).unwrap();
    assert_eq!((&import.extra["_id"], import.outcome()), (&json!("1e400"), Outcome::Unknown));
    assert_eq!(import.status.as_ref().map(Status::as_str), Some("\u{fffd}\u{fffd}\u{fffd}"));
}

#[test]
fn a_document_that_is_no_object_is_an_error() {
    for json in ["", "null", "[]", "\"x\"", "7", "{", "{\"_id\":}", "{}x", "<html>"] {
        assert!(serde_json::from_str::<BotImport>(json).is_err(), "{json}");
        assert!(BotImport::id_and_status_alone(json.as_bytes()).is_err(), "{json}");
    }
    assert!(serde_json::from_value::<BotImport>(json!([])).is_err());
    assert!(serde_json::from_slice::<BotImport>(b"{\"_id\":\"\xff\"}").is_err());
}

#[test]
fn a_field_that_is_set_wins_over_what_came() {
    let mut import = read(r#"{"x":1,"status":7,"_id":"bir-1","streamId":null}"#);
    import.status = Some(Status::Success);
    import.version = Some(1);
    import.extra.insert("__v".to_owned(), 2.into());
    import.extra.insert("y".to_owned(), json!({"b": 2.5, "a": u64::MAX}));
    assert_eq!(
        serde_json::to_string(&import).unwrap(),
        r#"{"_id":"bir-1","status":"success","__v":1,"streamId":null,"x":1,"y":{"a":18446744073709551615,"b":2.5}}"#
    );
    import.status = None;
    assert_eq!(serde_json::to_value(&import).unwrap()["status"], 7);
}

#[test]
fn an_error_body_keeps_its_code_as_number_or_text() {
    for json in [
        r#"{"errors":[{"msg":"Invalid request ID","code":400}]}"#,
        r#"{"errors":[{"code":"4002","message":"x","more":[]}],"at":1}"#,
        r#"{"errors":[{"msg":null,"code":4.0e2}]}"#,
        r#"{"errors":"none"}"#,
    ] {
        let body: ErrorBody = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_value(&body).unwrap(), value(json));
    }
    let text: ErrorBody = serde_json::from_str(r#"{"errors":[{"code":"4002","message":"why"}]}"#).unwrap();
    let detail = &text.details()[0];
    assert_eq!((detail.code.as_ref().and_then(ErrorCode::as_u64), detail.text()), (Some(4002), Some("why")));
}

proptest! {
    #[test]
    fn any_word_comes_back(word in any::<String>()) {
        let (status, task_type) = (Status::from(word.as_str()), TaskType::from(word.as_str()));
        prop_assert_eq!((status.as_str(), task_type.as_str()), (word.as_str(), word.as_str()));
        let json = serde_json::to_string(&word).unwrap();
        prop_assert_eq!(serde_json::to_string(&serde_json::from_str::<Status>(&json).unwrap()).unwrap(), json);
    }

    #[test]
    fn an_id_is_kept_unchanged_or_refused(text in "(bir-)?[a-z0-9./%\\x00é_-]{0,140}") {
        let safe = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let expected = text.starts_with("bir-") && text.len() > 4 && text.len() <= 128 && text.bytes().all(safe);
        let id = kore_types::BotImportId::new(&text);
        prop_assert_eq!(id.is_ok(), expected);
        if let Ok(id) = id {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert_eq!(serde_json::to_value(&id).unwrap(), Value::from(text));
        }
    }
}

/// A feature of serde_json hands a number over as a map from this one key.
#[test]
fn a_task_with_the_key_of_a_number_is_a_task() {
    let key = "$serde_json::private::Number";
    for entry in [
        format!(r#"{{"taskName":"Pay","status":"failed","{key}":"7"}}"#),
        format!(r#"{{"{key}":"7","taskName":"Pay","status":"failed"}}"#),
    ] {
        let json = format!(r#"{{"status":"failed","statusLogs":[{entry}]}}"#);
        let import: BotImport = serde_json::from_str(&json).expect("an import");
        let failed: Vec<_> = import.failed_entries().collect();
        assert_eq!(failed.len(), 1, "{json}");
        assert_eq!((failed[0].task_name.as_deref(), &failed[0].extra[key]), (Some("Pay"), &"7".into()));
    }
}
