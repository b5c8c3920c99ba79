//! A list of models in a document, for logs and lists of files. It keeps elements of another type.

use serde::de::{DeserializeSeed as _, Error as _, SeqAccess};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::Lenient;
use crate::model::{Reading, Room};
use crate::value::Written;

/// A list of models. An element of another type (`null`, for example) is kept with its place and
/// written back there.
///
/// It is exhaustive, so that users may take it apart: a list has nothing else in it.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T> {
    /// The models in order.
    pub items: Vec<T>,
    /// The elements of another type in order, each with its place in the whole list.
    pub others: Vec<(usize, Value)>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, others: Vec::new() }
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let len = self.items.len() + self.others.len();
        let mut seq = serializer.serialize_seq(Some(len))?;
        let (mut items, mut others) = (self.items.iter(), self.others.iter().peekable());
        for at in 0..len {
            // After the last model come all others, even if their places are further on.
            match others.next_if(|(place, _)| *place <= at || items.len() == 0) {
                Some((_, other)) => seq.serialize_element(&Written(other))?,
                None => items.next().map_or(Ok(()), |item| seq.serialize_element(item))?,
            }
        }
        seq.end()
    }
}

/// For a document that is a list itself.
impl<'de, T: Lenient> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Reading::<Self>::new(&Room::default()).deserialize(deserializer)?;
        read.map_err(|_| D::Error::custom("expected a list"))
    }
}

impl<T: Lenient> Lenient for List<T> {
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A, room: &Room) -> Result<Result<Self, Value>, A::Error> {
        let mut list = Self::default();
        while let Some(element) = seq.next_element_seed(Reading::<T>::new(room))? {
            match element {
                Ok(item) => {
                    room.take(size_of::<T>())?;
                    list.items.push(item);
                }
                Err(other) => {
                    room.take(Room::ELEMENT)?;
                    list.others.push((list.items.len() + list.others.len(), other));
                }
            }
        }
        Ok(Ok(list))
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for List<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}s", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let items = generator.subschema_for::<T>();
        schemars::json_schema!({ "type": "array", "items": items })
    }
}
