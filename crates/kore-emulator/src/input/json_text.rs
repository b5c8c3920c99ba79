//! A value of a file, TOML or JSON, as JSON text.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// How the TOML reader calls a date in a table of one key.
const TOML_DATE: &str = "$__toml_private_datetime";

/// How the JSON reader is asked for a value's own text. A reader that does not know it gives the
/// value, of which all but the spelling of numbers is kept.
const JSON_RAW: &str = "$serde_json::private::RawValue";

/// Any value as JSON: from JSON its own text, from TOML one of the same meaning, in which a date is
/// a text.
pub(crate) struct JsonText(pub(super) Box<RawValue>);

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(JSON_RAW, Own)
    }
}

struct Own;

impl<'de> Visitor<'de> for Own {
    type Value = JsonText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, own: A) -> Result<JsonText, A::Error> {
        Box::deserialize(MapAccessDeserializer::new(own)).map(JsonText)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<JsonText, D::Error> {
        value.deserialize_any(Any)
    }

    /// A date of TOML.
    fn visit_str<E: Error>(self, value: &str) -> Result<JsonText, E> {
        written(value)
    }
}

struct Any;

fn written<T: Serialize + ?Sized, E: Error>(value: &T) -> Result<JsonText, E> {
    serde_json::value::to_raw_value(value).map(JsonText).map_err(E::custom)
}

impl<'de> Visitor<'de> for Any {
    type Value = JsonText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<JsonText, E> {
        written(&value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<JsonText, E> {
        written(&value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<JsonText, E> {
        written(&value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<JsonText, E> {
        if value.is_finite() { written(&value) } else { Err(E::custom("JSON has no such number")) }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<JsonText, E> {
        written(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<JsonText, A::Error> {
        let mut elements = Vec::new();
        while let Some(JsonText(element)) = seq.next_element()? {
            elements.push(element);
        }
        written(&elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonText, A::Error> {
        let mut text = String::from("{");
        while let Some(key) = map.next_key::<String>()? {
            let JsonText(value) = map.next_value()?;
            if key == TOML_DATE {
                return Ok(JsonText(value));
            }
            let JsonText(key) = written(&key)?;
            let comma = if text.len() > 1 { "," } else { "" };
            text.push_str(&format!("{comma}{}:{}", key.get(), value.get()));
        }
        text.push('}');
        RawValue::from_string(text).map(JsonText).map_err(A::Error::custom)
    }
}
