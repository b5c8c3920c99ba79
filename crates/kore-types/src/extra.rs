//! The keys of a document that its model does not know, kept so that nothing is lost.
//!
//! Every model has one, beside its fields.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::Lenient;
use crate::model::{Reading, Room, any};
use crate::value::{Written, both, number};

/// What no field of a model holds: unknown keys, and known keys whose value has another type than
/// the documented one (`null`, for example). It is a map from key to [`Value`], in the order of keys.
///
/// It is written alike in every format and with any features of serde_json: numbers as `i64`, `u64`
/// or `f64`, and keys in order. A struct with serde's derive can have one too, as a field with
/// `#[serde(flatten)]`.
#[derive(Clone, Default)]
#[allow(clippy::box_collection, reason = "most models have none, and are the smaller for it")]
pub struct Extra(Option<Box<BTreeMap<String, Value>>>);

impl Deref for Extra {
    type Target = BTreeMap<String, Value>;

    fn deref(&self) -> &Self::Target {
        static NONE: BTreeMap<String, Value> = BTreeMap::new();
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for Extra {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl FromIterator<(String, Value)> for Extra {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(entries: I) -> Self {
        Self(Some(Box::new(entries.into_iter().collect())))
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, Written(value))))
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let room = Room::default();
        Ok(match any(deserializer.deserialize_map(Reading::<Value>::new(&room))?) {
            Value::Object(entries) => entries.into_iter().collect(),
            _ => Self::default(),
        })
    }
}

/// For the macro.
#[doc(hidden)]
impl Extra {
    /// Reads the value of a known key into its field, or keeps it here.
    #[inline]
    pub fn read<'de, T: Lenient, M: MapAccess<'de>>(
        &mut self,
        key: &str,
        field: &mut Option<T>,
        map: &mut M,
        room: &Room,
    ) -> Result<(), M::Error> {
        let value = map.next_value_seed(Reading::<T>::new(room))?;
        let is_again = field.is_some() || (!self.is_empty() && self.contains_key(key));
        match value {
            Ok(value) if !is_again => *field = Some(value),
            Err(odd) if !is_again => self.keep(key, odd, room)?,
            value => self.read_again(key, field, value, room)?,
        }
        Ok(())
    }

    /// A key that stands twice. If its values differ, it is read as if it held the list of them.
    #[cold]
    fn read_again<T: Lenient, E: de::Error>(
        &mut self,
        key: &str,
        field: &mut Option<T>,
        again: Result<T, Value>,
        room: &Room,
    ) -> Result<(), E> {
        if let (Some(first), Ok(again)) = (&field, &again)
            && first.agrees(again)
        {
            return Ok(());
        }
        let json = |known: T| serde_json::to_value(known).map_err(E::custom);
        let again = again.map_or_else(Ok, json)?;
        let first = match field.take() {
            Some(first) => json(first)?,
            None => self.remove(key).unwrap_or_default(),
        };
        let list = if first == again { first } else { both(first, again) };
        match Reading::<T>::new(room).deserialize(list).map_err(E::custom)? {
            Ok(value) => *field = Some(value),
            Err(odd) => self.keep(key, odd, room)?,
        }
        Ok(())
    }

    /// Keeps the value of a key that is not known.
    pub fn read_unknown<'de, M: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut M,
        room: &Room,
    ) -> Result<(), M::Error> {
        let value = any(map.next_value_seed(Reading::<Value>::new(room))?);
        match self.get_mut(key) {
            None => self.keep(key, value, room)?,
            Some(first) if *first == value => {}
            Some(first) => *first = both(first.take(), value),
        }
        Ok(())
    }

    fn keep<E: de::Error>(&mut self, key: &str, value: Value, room: &Room) -> Result<(), E> {
        room.take(if self.is_empty() { Room::FIRST } else { Room::ENTRY })?;
        self.insert(key.to_owned(), value);
        Ok(())
    }

    /// The number that serde_json handed over as a map, if this is one.
    pub fn as_number(&self) -> Option<Value> {
        let (key, value) = self.first_key_value().filter(|_| self.len() == 1)?;
        number(key, value)
    }

    /// Writes every key but those whose field is set.
    pub fn write<M: SerializeMap>(&self, map: &mut M, is_set: impl Fn(&str) -> bool) -> Result<(), M::Error> {
        for (key, value) in self.iter().filter(|(key, _)| !is_set(key)) {
            map.serialize_entry(key, &Written(value))?;
        }
        Ok(())
    }
}
