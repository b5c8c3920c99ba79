//! Keys with values of any form, kept in their order and as they were written.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Keys and their values as JSON text, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(Vec<(Box<str>, Box<RawValue>)>);

impl Keys {
    pub(crate) fn set(&mut self, key: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(name, _)| **name == *key) {
            Some((_, kept)) => *kept = value,
            None => self.0.push((key.into(), value)),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&RawValue> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

/// Keys that are set in another way.
pub(crate) trait Reserved {
    /// Each with what sets it.
    const KEYS: &'static [(&'static str, &'static str)];

    fn check(key: &str) -> Result<(), String> {
        match Self::KEYS.iter().find(|(reserved, _)| *reserved == key) {
            Some((_, by)) => Err(format!("`{key}` cannot stand here: {by}")),
            None => Ok(()),
        }
    }
}

/// [`Keys`] in a file; `V` keeps a value's text.
pub(crate) struct Entries<V, R> {
    pub(crate) keys: Keys,
    form: PhantomData<(V, R)>,
}

impl<V, R> Default for Entries<V, R> {
    fn default() -> Self {
        Self { keys: Keys::default(), form: PhantomData }
    }
}

impl<'de, V, R> Deserialize<'de> for Entries<V, R>
where
    V: Deserialize<'de> + Into<Box<RawValue>>,
    R: Reserved,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de, V, R> Visitor<'de> for Entries<V, R>
where
    V: Deserialize<'de> + Into<Box<RawValue>>,
    R: Reserved,
{
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys with values of any form")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<Self, M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            R::check(&key).map_err(M::Error::custom)?;
            let value: Box<RawValue> = map.next_value::<V>()?.into();
            if self.keys.get(&key).is_some() {
                return Err(M::Error::custom(format!("`{key}` stands twice")));
            }
            self.keys.set(&key, value);
        }
        Ok(self)
    }
}
