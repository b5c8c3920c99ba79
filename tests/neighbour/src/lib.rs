//! The models say the same when a neighbour switches on `arbitrary_precision` and `preserve_order`
//! of serde_json.
#![forbid(unsafe_code)]
#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

use kore_types::{BotImport, ErrorBody, Outcome, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const JSON: &str = r#"{"z":{"b":[-0.0,1.50,-7,18446744073709551615,100000000000000000000],"a":{}},"statusLogs":[{"at":1e2,"taskName":"a"},7,1.5],"__v":12,"_id":17,"status":"failed","a":null}"#;
/// The same with the features off: known keys first, others in order, numbers of 64 bits.
const WRITTEN: &str = r#"{"status":"failed","statusLogs":[{"taskName":"a","at":100.0},7,1.5],"__v":12,"_id":17,"a":null,"z":{"a":{},"b":[-0.0,1.5,-7,18446744073709551615,1e+20]}}"#;

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Row {
    owner: String,
    #[serde(flatten)]
    import: BotImport,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Either {
    Import(BotImport),
    Other(Value),
}

#[test]
fn the_features_are_on() {
    assert_eq!(serde_json::from_str::<Value>("1.50").unwrap().to_string(), "1.50");
    assert_eq!(serde_json::from_str::<Value>(r#"{"b":1,"a":2}"#).unwrap().to_string(), r#"{"b":1,"a":2}"#);
}

#[test]
fn fields_and_numbers_are_read_and_written_as_without_them() {
    let import: BotImport = serde_json::from_str(JSON).unwrap();
    assert_eq!((import.version, import.outcome()), (Some(12), Outcome::Failed));
    assert_eq!(import.status_logs.as_ref().unwrap().others, [(1, json!(7)), (2, json!(1.5))]);
    assert_eq!(serde_json::to_string(&import).unwrap(), WRITTEN);
    assert_eq!(serde_json::from_str::<BotImport>(WRITTEN).unwrap(), import);
    let code = r#"{"errors":[{"msg":"no","code":400}]}"#;
    let body: ErrorBody = serde_json::from_str(code).unwrap();
    assert_eq!(body.details()[0].code, Some(400.into()));
    assert_eq!(serde_json::to_string(&body).unwrap(), code);
}

#[test]
fn values_flatten_untagged_and_other_formats_are_as_without_them() {
    let import: BotImport = serde_json::from_str(JSON).unwrap();
    let value: Value = serde_json::from_str(JSON).unwrap();
    assert_eq!(serde_json::from_value::<BotImport>(value).unwrap(), import);
    assert_eq!(serde_json::from_value::<BotImport>(serde_json::to_value(&import).unwrap()).unwrap(), import);
    assert!(matches!(serde_json::from_str(JSON).unwrap(), Either::Import(read) if read == import));

    let row = Row { owner: "me".to_owned(), import: import.clone() };
    let json = serde_json::to_string(&row).unwrap();
    assert_eq!(serde_json::from_str::<Row>(&json).unwrap(), row);
    let mut cbor = Vec::new();
    ciborium::into_writer(&row, &mut cbor).unwrap();
    assert_eq!(ciborium::from_reader::<Row, _>(&*cbor).unwrap(), row);
    // Numbers, and no maps that only serde_json understands.
    let plain: ciborium::Value = ciborium::from_reader(&*cbor).unwrap();
    assert!(!format!("{plain:?}").contains("private"), "{plain:?}");
}

#[test]
fn a_number_beyond_64_bits_is_refused_as_without_them() {
    let json = r#"{"x":1e400,"status":"failed"}"#;
    assert!(serde_json::from_str::<BotImport>(json).is_err());
    let alone = BotImport::id_and_status_alone(json.as_bytes()).unwrap();
    assert_eq!(alone.status, Some(Status::Failed));
}
