//! The JSON Schema of the models, from which the OpenAPI document is made.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, json};

/// A key; the lines of its documentation; its mark (`always`, `older` or empty); the schema of its
/// value.
type Key = (&'static str, &'static [&'static str], &'static str, fn(&mut SchemaGenerator) -> Schema);

/// The schema of a value. One that a server writes is never `null`; one that a client reads may be.
pub fn value_schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    if generator.contract().is_serialize() {
        generator.subschema_for::<T>()
    } else {
        generator.subschema_for::<Option<T>>()
    }
}

/// The schema of an object with these keys and possibly others.
pub fn object_schema(generator: &mut SchemaGenerator, doc: &[&str], keys: &[Key]) -> Schema {
    let mut properties = Map::new();
    for (key, doc, mark, schema) in keys {
        let mut schema = schema(generator);
        schema.insert("description".to_owned(), first_paragraph(doc).into());
        if *mark == "older" {
            schema.insert("deprecated".to_owned(), true.into());
        }
        properties.insert((*key).to_owned(), schema.into());
    }
    let mut schema = schemars::json_schema!({
        "type": "object",
        "description": first_paragraph(doc),
        "properties": properties,
        "additionalProperties": true,
    });
    let required: Vec<&str> = keys.iter().filter(|key| key.2 == "always").map(|key| key.0).collect();
    if generator.contract().is_serialize() && !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

/// The first paragraph of a doc comment. The rest is for readers of Rust, not of the schema.
pub fn first_paragraph(doc: &[&str]) -> String {
    let lines = doc.iter().map(|line| line.trim()).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// The schema of a model, with this crate's feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __schema {
    ($name:ident [$($doc:literal),*] $( [$($fdoc:literal),*] $key:literal [$($mark:ident)?] $ty:ty, )*) => {
        impl $crate::__private::schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(
                generator: &mut $crate::__private::schemars::SchemaGenerator,
            ) -> $crate::__private::schemars::Schema {
                $crate::__private::object_schema(generator, &[$($doc),*], &[$(
                    ($key, &[$($fdoc),*], concat!($(stringify!($mark))?), $crate::__private::value_schema::<$ty>),
                )*])
            }
        }
    };
}
