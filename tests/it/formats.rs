//! A model reads any JSON, and comes back unchanged from every self-describing format.

use bson::{deserialize_from_slice, serialize_to_vec};
use kore_types::{
    BotImport, BotImportId, ErrorBody, ExistingBotImport, ImportOptions, NewBotImport, Outcome, Status,
    UploadedFile,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const SAMPLE: &str = kore_sdk::protocol::bot_import::get_status::SAMPLE;

/// A document beside columns of a server's own, by `flatten`.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Row<M> {
    #[serde(rename = "__owner")]
    owner: String,
    #[serde(flatten)]
    document: M,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Either<M> {
    Document(M),
    Text(String),
    Other(Value),
}

/// A document after it was written in a format and read again.
type Again<T> = Result<T, String>;
/// A format.
type By<T> = fn(&T) -> Again<T>;

fn text<T: ToString>(error: T) -> String {
    error.to_string()
}

fn in_json<T: Serialize + DeserializeOwned>(value: &T) -> Again<T> {
    serde_json::from_slice(&serde_json::to_vec(value).map_err(text)?).map_err(text)
}

fn in_value<T: Serialize + DeserializeOwned>(value: &T) -> Again<T> {
    serde_json::from_value(serde_json::to_value(value).map_err(text)?).map_err(text)
}

fn in_bson<T: Serialize + DeserializeOwned>(value: &T) -> Again<T> {
    deserialize_from_slice(&serialize_to_vec(value).map_err(text)?).map_err(text)
}

fn in_bson_document<T: Serialize + DeserializeOwned>(value: &T) -> Again<T> {
    bson::deserialize_from_document(bson::serialize_to_document(value).map_err(text)?).map_err(text)
}

fn in_message_pack<T: Serialize + DeserializeOwned>(value: &T) -> Again<T> {
    rmp_serde::from_slice(&rmp_serde::to_vec_named(value).map_err(text)?).map_err(text)
}

fn in_cbor<T: Serialize + DeserializeOwned>(value: &T) -> Again<T> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).map_err(text)?;
    ciborium::from_reader(&*bytes).map_err(text)
}

fn in_yaml<T: Serialize + DeserializeOwned>(value: &T) -> Again<T> {
    serde_saphyr::from_str(&serde_saphyr::to_string(value).map_err(text)?).map_err(text)
}

/// All formats but BSON, which cannot hold every JSON value.
fn each<T: Serialize + DeserializeOwned>() -> [(&'static str, By<T>); 5] {
    [
        ("JSON", in_json),
        ("Value", in_value),
        ("MessagePack", in_message_pack),
        ("CBOR", in_cbor),
        ("YAML", in_yaml),
    ]
}

fn assert_again<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, json: &Value) {
    for (format, again) in each() {
        assert_eq!(again(value).as_ref(), Ok(value), "{format}: {json}");
    }
    for (format, again) in [("BSON", in_bson as By<T>), ("BSON document", in_bson_document)] {
        match again(value) {
            Ok(again) => assert_eq!(again, *value, "{format}: {json}"),
            Err(error) => assert!(bson_refuses(json), "{format}: {error}: {json}"),
        }
    }
}

/// BSON has no integers above `i64::MAX` and no keys with a NUL.
fn bson_refuses(json: &Value) -> bool {
    match json {
        Value::Number(number) => number.as_u64().is_some_and(|number| i64::try_from(number).is_err()),
        Value::Array(elements) => elements.iter().any(bson_refuses),
        Value::Object(members) => {
            members.iter().any(|(key, value)| key.contains('\0') || bson_refuses(value))
        }
        _ => false,
    }
}

/// Through a format, beside columns of the server's own, and as one of several forms.
fn assert_kept<M>(json: &Value) -> M
where
    M: Serialize + DeserializeOwned + Clone + PartialEq + std::fmt::Debug,
{
    let model: M = serde_json::from_str(&json.to_string()).expect("an object");
    assert_eq!(serde_json::to_value(&model).expect("it is written"), *json);
    assert_again(&model, json);
    assert_again(&Row { owner: "me".to_owned(), document: model.clone() }, json);
    assert_again(&Either::Document(model.clone()), json);
    model
}

#[test]
fn the_sample_is_kept_by_every_format() {
    let import: BotImport = assert_kept(&serde_json::from_str(SAMPLE).expect("JSON"));
    assert_eq!((import.outcome(), import.entries().len()), (Outcome::Succeeded, 20));
    for again in [in_bson(&import), in_message_pack(&import), in_cbor(&import), in_yaml(&import)] {
        assert_eq!(again.map(|again| (again.outcome(), again.version)), Ok((Outcome::Succeeded, Some(0))));
    }
}

#[test]
fn a_doubled_status_is_unknown_in_every_format() {
    for log in ["", r#","statusLogs":[{}],"statusLogs":[{"taskName":"a"}]"#] {
        let json = format!(r#"{{"_id":"bir-1","status":"success","x":1,"x":2,"status":"failed"{log}}}"#);
        let import: BotImport = serde_json::from_str(&json).expect("an object");
        assert_eq!((import.outcome(), &import.status), (Outcome::Unknown, &None));
        assert_eq!(
            (&import.extra["status"], &import.extra["x"]),
            (&json!(["success", "failed"]), &json!([1, 2]))
        );
        assert_again(&import, &Value::Null);
        let row = Row { owner: "me".to_owned(), document: import };
        assert_again(&row, &Value::Null);
    }
}

#[test]
fn values_that_bson_lacks_are_a_clear_error() {
    for json in [json!({"_id": "bir-1", "n": u64::MAX}), json!({"_id": "bir-1", "a\0b": 1})] {
        let import: BotImport = serde_json::from_value(json).expect("an object");
        for error in
            [in_bson(&import).unwrap_err(), in_bson_document(&import).map_or_else(|error| error, text_of)]
        {
            let is_clear = ["18446744073709551615", "exceed", "null", "\\0", "nul"];
            assert!(is_clear.iter().any(|word| error.to_lowercase().contains(word)), "{error}");
        }
    }
    fn text_of(_: BotImport) -> String {
        // A document in memory has such keys.
        "null".to_owned()
    }
}

#[test]
fn an_untagged_enum_tells_documents_from_other_values() {
    let either = |json: &str| serde_json::from_str::<Either<BotImport>>(json).expect(json);
    assert!(matches!(either(r#"{"_id":7,"x":1e300}"#), Either::Document(_)));
    assert_eq!(either(r#""text""#), Either::Text("text".to_owned()));
    assert_eq!(either("7"), Either::Other(7.into()));
}

/// JSON values with the numbers, texts and keys that break naive readers.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..3u8).prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no such number", |number| number.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4).prop_map(object),
        ]
    })
}

fn object(members: Vec<(String, Value)>) -> Value {
    Value::Object(members.into_iter().collect())
}

fn key() -> impl Strategy<Value = String> {
    let known = [
        BotImport::KEYS,
        kore_types::StatusLog::KEYS,
        ErrorBody::KEYS,
        kore_types::ErrorDetail::KEYS,
        NewBotImport::KEYS,
        ImportOptions::KEYS,
        UploadedFile::KEYS,
    ];
    prop_oneof![prop::sample::select(known.concat()).prop_map(str::to_owned), any::<String>()]
}

fn word() -> impl Strategy<Value = String> {
    let words =
        ["success", "SUCCESS", "failed", "Dialog", "bir-1", "st-x", "u-1", "null", "1.0", "~", "yes", ""];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_import_comes_back(members in prop::collection::vec((key(), value()), 0..12)) {
        let json = object(members);
        let import: BotImport = assert_kept(&json);
        let of = |key: &str| json.get(key);
        prop_assert_eq!(import.status.as_ref().map(Status::as_str), of("status").and_then(Value::as_str));
        prop_assert_eq!(import.version, of("__v").and_then(Value::as_u64));
        prop_assert_eq!(import.request_type.as_deref(), of("requestType").and_then(Value::as_str));
        let id = of("_id").and_then(Value::as_str).and_then(|id| BotImportId::new(id).ok());
        prop_assert_eq!(&import.id, &id);
        prop_assert_eq!(import.status_logs.is_some(), of("statusLogs").is_some_and(Value::is_array));
        let elements = of("statusLogs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let entries = elements.iter().filter(|element| element.is_object());
        prop_assert_eq!(import.entries().len(), entries.count());
    }

    #[test]
    fn any_log_comes_back(log in prop::collection::vec(prop::collection::vec((key(), value()), 0..5).prop_map(object), 0..5)) {
        let import: BotImport = assert_kept(&json!({"statusLogs": log}));
        prop_assert_eq!(import.counts().total(), log.len());
    }

    #[test]
    fn what_starts_an_import_comes_back(members in prop::collection::vec((key(), value()), 0..12)) {
        let json = object(members);
        assert_kept::<NewBotImport>(&json);
        assert_kept::<UploadedFile>(&json);
        assert_kept::<ImportOptions>(&json);
        assert_kept::<ExistingBotImport>(&json!({"importOptions": json, "options": json}));
    }

    #[test]
    fn any_error_body_comes_back(members in prop::collection::vec((key(), value()), 0..6)) {
        assert_kept::<ErrorBody>(&object(members));
    }

    /// A key that stands twice becomes a list of its values, which is read like any other value.
    #[test]
    fn doubled_keys_come_back_in_every_format(members in prop::collection::vec((key(), value()), 0..12)) {
        let text = |(key, value): &(String, Value)| format!("{}:{value}", Value::from(key.as_str()));
        let json = format!("{{{}}}", members.iter().chain(&members).map(text).collect::<Vec<_>>().join(","));
        let import: BotImport = serde_json::from_str(&json).expect("an object");
        for (format, again) in each() {
            let again = again(&import);
            prop_assert_eq!(again.as_ref(), Ok(&import), "{}: {}", format, json);
        }
    }
}
