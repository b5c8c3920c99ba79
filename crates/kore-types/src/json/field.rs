//! The value of a known key, in each state that JSON allows.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{FromJson, Verbatim};

/// The value of a known key.
///
/// Exhaustive: a key is missing, `null`, readable or something else; there is no fifth case.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Field<T> {
    /// The key is missing.
    #[default]
    Absent,
    /// The key is there with the value `null`.
    Null,
    /// The value has the documented form.
    Value(T),
    /// The value has another form; it is kept and written back as it came.
    Other(Verbatim),
}

impl<T> Field<T> {
    /// The value, if it is there and has the documented form.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The value by exclusive reference, if it is there and has the documented form.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The value itself, if it is there and has the documented form.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the key is missing altogether.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// Sorts a value into its state.
pub(crate) fn read_field<T: FromJson>(raw: &RawValue) -> Field<T> {
    match raw.get() {
        "null" => Field::Null,
        text => T::from_json_value(text).map_or_else(|| Field::Other(raw.into()), Field::Value),
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

/// `Absent` has no JSON of its own and is written as `null`; the objects of this crate leave the
/// key out instead.
impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_unit(),
            Self::Value(value) => value.serialize(serializer),
            Self::Other(raw) => raw.serialize(serializer),
        }
    }
}
