//! Keys with values of any form, kept in their order and as they were written.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::JsonText;

/// Keys and their values as JSON text, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(Vec<(Box<str>, Box<RawValue>)>);

/// Keys that are set in another way, each with what sets it.
pub(crate) type Reserved = [(&'static str, &'static str)];

fn check(key: &str, reserved: &Reserved) -> Result<(), String> {
    match reserved.iter().find(|(name, _)| *name == key) {
        Some((_, by)) => Err(format!("`{key}` cannot stand here: {by}")),
        None => Ok(()),
    }
}

impl Keys {
    /// Those of a value that is written as an object.
    pub(crate) fn of(object: &impl Serialize) -> serde_json::Result<Self> {
        let text = serde_json::to_string(object)?;
        Self::read(&mut serde_json::Deserializer::from_str(&text), &[])
    }

    /// Reads them from a file, TOML or JSON.
    pub(crate) fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reserved: &Reserved,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reading(reserved))
    }

    /// Gives a key a value, in place of the one that it has.
    pub(crate) fn put(
        &mut self,
        key: &str,
        value: &(impl Serialize + ?Sized),
        reserved: &Reserved,
    ) -> Result<(), String> {
        check(key, reserved)?;
        self.set(key, serde_json::value::to_raw_value(value).map_err(|error| error.to_string())?);
        Ok(())
    }

    pub(crate) fn set(&mut self, key: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(name, _)| **name == *key) {
            Some((_, kept)) => *kept = value,
            None => self.0.push((key.into(), value)),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.0.retain(|(name, _)| **name != *key);
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(name, _)| **name == *key)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// These keys first, in this order.
    pub(crate) fn order(&mut self, first: &[&str]) {
        let place = |key: &str| first.iter().position(|known| *known == key).unwrap_or(first.len());
        self.0.sort_by_key(|(key, _)| place(key));
    }
}

impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

struct Reading<'a>(&'a Reserved);

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys with values of any form")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Keys, M::Error> {
        let mut keys = Keys::default();
        while let Some(key) = map.next_key::<String>()? {
            check(&key, self.0).map_err(M::Error::custom)?;
            let JsonText(value) = map.next_value()?;
            if keys.has(&key) {
                return Err(M::Error::custom(format!("`{key}` stands twice")));
            }
            keys.set(&key, value);
        }
        Ok(keys)
    }
}
