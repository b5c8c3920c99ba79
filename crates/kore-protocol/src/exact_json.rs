//! JSON that is sent as it was written. The models write a document anew: keys in another order, and a
//! number beyond 64 bits as a float. A file of a user, such as the options of an import, goes to the
//! platform by way of this instead.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{Body, Excerpt};

/// A JSON object that is written byte for byte as it came. No key stands twice in it: readers of JSON
/// disagree on what that means.
#[derive(Clone)]
pub struct ExactJson(Box<RawValue>);

impl ExactJson {
    /// Reads an object.
    ///
    /// # Errors
    /// [`InvalidJson`] if the text is no JSON object, or a key stands twice in one of its objects.
    pub fn object(text: &str) -> Result<Self, InvalidJson> {
        let text = text.trim_start_matches('\u{feff}').trim_ascii();
        let mut json = serde_json::Deserializer::from_str(text);
        let checked = NoKeyTwice { path: "" }.deserialize(&mut json).and_then(|()| json.end());
        let read = checked.and_then(|()| RawValue::from_string(text.to_owned()));
        match read {
            Ok(read) if text.starts_with('{') => Ok(Self(read)),
            Ok(_) => Err(InvalidJson("found another value".to_owned())),
            Err(error) => Err(InvalidJson(error.to_string())),
        }
    }

    /// An object with this one as its only value.
    #[must_use]
    pub fn under(&self, key: &str) -> Self {
        Self(Entries(vec![(key.to_owned(), self.0.clone())]).to_raw())
    }

    /// The value of a key, as it was written.
    pub fn get(&self, key: &str) -> Option<String> {
        let found = self.entries().0.into_iter().find(|(found, _)| found == key);
        found.map(|(_, value)| value.get().to_owned())
    }

    fn entries(&self) -> Entries {
        serde_json::from_str(self.0.get()).expect("it was read as an object")
    }

    /// The body of a request: what the model writes, with this in the place of its keys of the same name.
    pub(crate) fn over<T: Serialize>(exact: Option<&Self>, model: &T) -> Body {
        let body = Body::json(model);
        let Some(exact) = exact.map(Self::entries) else { return body };
        let Some(Ok(Entries(mut entries))) = body.as_bytes().map(|text| serde_json::from_slice(text)) else {
            return body;
        };
        entries.retain(|(key, _)| exact.0.iter().all(|(other, _)| other != key));
        entries.extend(exact.0);
        Body::json(&Entries(entries))
    }
}

/// By what was written: `1.0` is not `1`.
impl PartialEq for ExactJson {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// Its keys alone: a value may be a secret of a bot.
impl fmt::Debug for ExactJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.entries().0.iter().map(|(key, _)| key)).finish()
    }
}

/// Why a text is not sent as it is. The message shows none of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidJson(String);

impl fmt::Display for InvalidJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a JSON object with each key once: {}", self.0)
    }
}

impl std::error::Error for InvalidJson {}

/// The keys and values of an object, in order.
struct Entries(Vec<(String, Box<RawValue>)>);

impl Entries {
    fn to_raw(&self) -> Box<RawValue> {
        serde_json::value::to_raw_value(self).expect("texts and values of JSON")
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// Reads any value, and fails if a key stands twice in an object.
struct NoKeyTwice<'a> {
    /// Where the value stands, such as `options.utterances`.
    path: &'a str,
}

impl<'de> DeserializeSeed<'de> for NoKeyTwice<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NoKeyTwice<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let dot = if self.path.is_empty() { "" } else { "." };
            let path = format!("{}{dot}{key}", self.path);
            if !keys.insert(key) {
                let path = Excerpt::new(path.as_bytes());
                return Err(A::Error::custom(format!("the key {path} stands twice")));
            }
            map.next_value_seed(NoKeyTwice { path: &path })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(NoKeyTwice { path: self.path })?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: &str = r#"{"z": 1.0, "a":184467440737095516160,"\u006d":  [1e2, {"k" :"\u00e9"}], "b":null}"#;

    fn bytes(body: &Body) -> String {
        String::from_utf8(body.as_bytes().expect("in memory").to_vec()).expect("JSON")
    }

    #[test]
    fn each_value_is_written_as_it_came_and_in_its_order() {
        let exact = ExactJson::object(&format!("\u{feff} {ODD}\n")).expect("an object");
        let body = bytes(&ExactJson::over(Some(&exact), &serde_json::json!({"a": 1, "new": true})));
        let expected =
            r#"{"new":true,"z":1.0,"a":184467440737095516160,"m":[1e2, {"k" :"\u00e9"}],"b":null}"#;
        assert_eq!(body, expected);
        let under = ExactJson::object(ODD).expect("an object").under("importOptions");
        assert_eq!(under.get("importOptions").as_deref(), Some(ODD));
        assert_eq!(bytes(&ExactJson::over(None, &serde_json::json!({"a": 1}))), r#"{"a":1}"#);
    }

    #[test]
    fn a_key_that_stands_twice_is_named_with_its_place() {
        for (text, place) in [
            (r#"{"a":1,"b":2,"a":1}"#, "a"),
            (r#"{"options":{"x":[{"y":1,"y":2}]}}"#, "options.x.y"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
        ] {
            let error = ExactJson::object(text).expect_err(text).to_string();
            assert!(error.contains(&format!("the key {place} stands twice")), "{error}");
        }
        assert!(ExactJson::object(r#"{"a":{"k":1},"b":{"k":1},"c":[{"k":1},{"k":2}]}"#).is_ok());
    }

    #[test]
    fn what_is_no_object_or_no_json_is_refused() {
        for text in ["", "[]", "\"x\"", "7", "{", "{}{}", "{\"a\":1,}", "{'a':1}", "{\"a\":NaN}"] {
            assert!(ExactJson::object(text).is_err(), "{text}");
        }
        assert!(!format!("{:?}", ExactJson::object(r#"{"k":"secret"}"#)).contains("secret"));
    }
}
