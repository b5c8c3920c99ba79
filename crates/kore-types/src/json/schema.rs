//! The JSON Schema of objects.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, json};

/// What the `object!` macro says of a known key.
pub(crate) struct Key {
    pub(crate) key: &'static str,
    pub(crate) other: Option<&'static str>,
    pub(crate) doc: &'static [&'static str],
    /// Whether each document that a server writes has it.
    pub(crate) always: bool,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

pub(crate) fn object_schema(generator: &mut SchemaGenerator, doc: &[&str], keys: &[Key]) -> Schema {
    let mut properties = Map::new();
    for key in keys {
        let mut schema = (key.schema)(generator);
        if let Some(other) = key.other {
            let mut older = schema.clone();
            older.insert("description".to_owned(), format!("Another spelling of `{}`.", key.key).into());
            older.insert("deprecated".to_owned(), true.into());
            properties.insert(other.to_owned(), older.into());
        }
        schema.insert("description".to_owned(), first_paragraph(key.doc).into());
        properties.insert(key.key.to_owned(), schema.into());
    }
    let mut schema = schemars::json_schema!({
        "type": "object",
        "description": first_paragraph(doc),
        "properties": properties,
        "additionalProperties": true,
    });
    let required: Vec<&str> = keys.iter().filter(|key| key.always).map(|key| key.key).collect();
    if generator.contract().is_serialize() && !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

/// The lines of a doc comment up to the first empty one; the rest is for readers of Rust.
pub(crate) fn first_paragraph(doc: &[&str]) -> String {
    let lines = doc.iter().map(|line| line.trim()).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}
