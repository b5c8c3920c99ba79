//! A value of another format as JSON text.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// How the TOML reader calls a date in a table of one key.
const TOML_DATE: &str = "$__toml_private_datetime";

/// Any value, written as JSON; a date of TOML becomes a text.
pub(crate) struct JsonText(Box<RawValue>);

impl From<JsonText> for Box<RawValue> {
    fn from(text: JsonText) -> Self {
        text.0
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
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
