//! The JSON Schema of the models speaks of every documented key.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{Schema, schema_for};
use serde_json::{Map, Value};

use kore_types::{BotImport, ErrorBody, StatusLog, TaskType};

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
    let sample = kore_protocol::bot_import::get_status::SAMPLE;
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

/// The schema of what a server writes.
fn written<T: schemars::JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn a_server_promises_what_the_constructors_take_and_no_null() {
    let schema = written::<BotImport>();
    assert!(!schema.as_value().to_string().contains("null"), "{schema:?}");

    let import = BotImport::new("bir-1".parse().unwrap(), "pending".into());
    let import = serde_json::to_value(import).unwrap();
    assert_eq!(required(schema.as_object().unwrap()), keys(Some(&import)));
    let entry = serde_json::to_value(StatusLog::new(TaskType::Dialog, "Pay", "failed".into())).unwrap();
    assert_eq!(required(definition(&schema, "StatusLog")), keys(Some(&entry)));

    let schema = written::<ErrorBody>();
    let body = serde_json::to_value(ErrorBody::new("no", 400)).unwrap();
    assert_eq!(required(schema.as_object().unwrap()), keys(Some(&body)));
    assert_eq!(required(definition(&schema, "ErrorDetail")), keys(body.pointer("/errors/0")));
}

#[test]
fn a_client_reads_missing_keys_and_null() {
    let schema = schema_for!(BotImport);
    assert!(schema.get("required").is_none() && definition(&schema, "StatusLog").get("required").is_none());
    let null = serde_json::json!({"type": "null"});
    assert_eq!(schema.pointer("/properties/_id/anyOf/1"), Some(&null));
}

#[test]
fn descriptions_are_the_doc_comments_without_links() {
    let schema = written::<BotImport>();
    assert_eq!(schema.pointer("/properties/_id/description"), Some(&Value::from("The import request.")));
    assert_eq!(schema.pointer("/properties/botId/deprecated"), Some(&Value::from(true)));
    for schema in [schema, written::<ErrorBody>()] {
        assert!(!schema.as_value().to_string().contains("[`"), "{schema:?}");
    }
}
