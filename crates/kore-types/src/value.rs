//! Values of any form, for what no model knows. They are read within a budget of memory, and written
//! alike with any features of serde_json.

use serde::de::{Error as _, MapAccess, SeqAccess};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::Lenient;
use crate::model::{Reading, Room, any};
use crate::text::Text;

/// With its feature `arbitrary_precision`, serde_json hands each number over as a map from this key
/// to the number's text.
const NUMBER: &str = "$serde_json::private::Number";

impl Lenient for Value {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn from_value(value: Value) -> Result<Self, Value> {
        Ok(value)
    }

    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A, room: &Room) -> Result<Result<Self, Value>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(Reading::<Value>::new(room))? {
            room.take(Room::ELEMENT)?;
            elements.push(any(element));
        }
        Ok(Ok(Value::Array(elements)))
    }

    fn from_map<'de, M: MapAccess<'de>>(mut map: M, room: &Room) -> Result<Result<Self, Value>, M::Error> {
        let mut entries = Map::new();
        while let Some(Text(key)) = map.next_key()? {
            let value = any(map.next_value_seed(Reading::<Value>::new(room))?);
            if entries.is_empty() && key == NUMBER {
                return number(&key, &value).map(Ok).ok_or_else(|| M::Error::custom("number out of range"));
            }
            room.take(if entries.is_empty() { Room::FIRST } else { Room::ENTRY })?;
            match entries.get_mut(&*key) {
                None => drop(entries.insert(key.into_owned(), value)),
                Some(first) if *first == value => {}
                Some(first) => *first = both(first.take(), value),
            }
        }
        Ok(Ok(Value::Object(entries)))
    }
}

/// The number for which such a map stands.
pub(crate) fn number(key: &str, text: &Value) -> Option<Value> {
    let text = text.as_str().filter(|_| key == NUMBER)?;
    let integer = text.parse::<u64>().map(Value::from).or_else(|_| text.parse::<i64>().map(Value::from)).ok();
    // `-0` is a float, as serde_json has it.
    let integer = integer.filter(|_| text != "-0");
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from);
    integer.or_else(number)
}

/// The list of the values of a key that stands twice. It has two elements at least.
pub(crate) fn both(first: Value, again: Value) -> Value {
    match first {
        Value::Array(mut elements) if !elements.is_empty() => {
            elements.push(again);
            elements.into()
        }
        first => vec![first, again].into(),
    }
}

/// Writes a value in any format: numbers of 64 bits, keys in order.
pub(crate) struct Written<'a>(pub(crate) &'a Value);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(elements) => serializer.collect_seq(elements.iter().map(Written)),
            Value::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                serializer.collect_map(entries.into_iter().map(|(key, value)| (key, Written(value))))
            }
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => serializer.serialize_u64(number),
                (_, Some(number), _) => serializer.serialize_i64(number),
                (.., Some(number)) => serializer.serialize_f64(number),
                _ => Err(S::Error::custom("a number beyond 64 bits")),
            },
        }
    }
}
