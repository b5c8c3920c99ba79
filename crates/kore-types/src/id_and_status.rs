//! The `_id` and `status` of a document that no model can hold, for the responses of status calls.
//!
//! A wait must end when the platform says so, however odd the rest of the document is.

use std::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::BotImport;
use crate::model::{Reading, Room, any};

/// As [`BotImport::id_and_status_alone`], for the other models that have these keys.
#[doc(hidden)]
pub fn id_and_status_alone<T: serde::de::DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_slice(json);
    let found = json.deserialize_map(Found)?;
    json.end()?;
    T::deserialize(MapDeserializer::new(found.into_iter()))
}

impl BotImport {
    /// Reads only `_id` and `status` of a JSON object. Use it if the document cannot be read as a
    /// whole, because of a number beyond 64 bits (`1e400`), broken Unicode or very deep nesting: they
    /// must not hide what the platform said.
    ///
    /// As in every model, a key that stands twice with different values sets no field, and
    /// [`extra`](BotImport::extra) holds the list of both. A value that cannot be read becomes a text:
    /// broken Unicode with U+FFFD in its place, anything else as it is written.
    ///
    /// # Errors
    /// If the bytes are not JSON, or the JSON is not an object.
    pub fn id_and_status_alone(json: &[u8]) -> serde_json::Result<Self> {
        id_and_status_alone(json)
    }
}

struct Found;

impl<'de> Visitor<'de> for Found {
    type Value = Vec<(&'static str, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut found, room) = (Vec::new(), Room::default());
        while let Some(key) = map.next_key_seed(KeySeed)? {
            let Some(key) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let raw: &RawValue = map.next_value()?;
            let value =
                Reading::<Value>::new(&room).deserialize(&mut serde_json::Deserializer::from_str(raw.get()));
            found.push((key, value.map_or_else(|_| unreadable(raw.get()).into(), any)));
        }
        Ok(found)
    }
}

/// A value that cannot be read, as a text. Escapes are decoded: an escaped `_id` would hide which
/// import it names.
fn unreadable(raw: &str) -> String {
    struct Lossy;

    impl Visitor<'_> for Lossy {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_bytes<E: serde::de::Error>(self, text: &[u8]) -> Result<String, E> {
            Ok(String::from_utf8_lossy(text).into_owned())
        }
    }

    serde_json::Deserializer::from_str(raw).deserialize_bytes(Lossy).unwrap_or_else(|_| raw.to_owned())
}

/// Tells the two keys from all others. As bytes, since a key need not be Unicode.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Option<&'static str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E: serde::de::Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(["_id", "status"].into_iter().find(|known| known.as_bytes() == key))
    }
}
