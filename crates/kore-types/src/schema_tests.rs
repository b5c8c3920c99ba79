//! The JSON Schema of the models speaks of every documented key.
#![cfg(test)]

use std::collections::BTreeSet;

use schemars::{Schema, schema_for};
use serde_json::{Map, Value};

use crate::{BotImport, ErrorBody};

fn keys(properties: Option<&Value>) -> BTreeSet<&str> {
    properties
        .and_then(Value::as_object)
        .map(|map| map.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

fn definition<'a>(schema: &'a Schema, name: &str) -> &'a Map<String, Value> {
    schema.pointer(&format!("/$defs/{name}")).and_then(Value::as_object).expect("a definition of that name")
}

#[test]
fn each_documented_key_is_a_property_and_others_are_allowed() {
    let sample = include_str!("../../../tests/fixtures/bot-import-status.success.json");
    let sample: Value = serde_json::from_str(sample).expect("JSON");
    let schema = schema_for!(BotImport);
    let import = keys(schema.get("properties"));
    assert!(import.is_superset(&keys(Some(&sample))), "{import:?}");
    assert!(import.contains("botId") && import.contains("botRefId"), "{import:?}");
    assert_eq!(schema.get("additionalProperties"), Some(&Value::Bool(true)));

    let entry = definition(&schema, "StatusLog");
    assert_eq!(keys(entry.get("properties")), keys(sample.pointer("/statusLogs/0")));
    let id = definition(&schema, "BotImportId");
    assert_eq!(id["pattern"], "^bir-[A-Za-z0-9_-]+$");
    let status = definition(&schema, "Status");
    assert!(status["examples"].as_array().expect("examples").contains(&Value::from("success")));
}

#[test]
fn an_error_code_is_a_number_or_a_text() {
    let schema = schema_for!(ErrorBody);
    assert_eq!(definition(&schema, "ErrorCode")["type"], serde_json::json!(["integer", "string"]));
    assert_eq!(
        keys(definition(&schema, "ErrorDetail").get("properties")),
        BTreeSet::from(["code", "message", "msg"])
    );
}
