//! A value that opens something by itself, such as a signed address: written back as it came, and
//! never shown.

use std::fmt;

use serde::de::{MapAccess, SeqAccess};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::Lenient;
use crate::model::Room;
use crate::value::Written;

/// A value of any form that no `Debug` shows, since whoever reads it may use it. Writing it with
/// serde gives it away, as a server has to.
#[derive(Clone, PartialEq)]
pub struct Concealed(Value);

impl Concealed {
    /// What is shown in its place.
    pub const SHOWN: &'static str = "[concealed]";

    /// The value.
    pub fn expose(&self) -> &Value {
        &self.0
    }

    /// The text, if it is one and not empty.
    pub fn expose_text(&self) -> Option<&str> {
        self.0.as_str().map(str::trim).filter(|text| !text.is_empty())
    }
}

impl<V: Into<Value>> From<V> for Concealed {
    fn from(value: V) -> Self {
        Self(value.into())
    }
}

impl fmt::Debug for Concealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::SHOWN)
    }
}

impl Serialize for Concealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written(&self.0).serialize(serializer)
    }
}

/// Any form is taken, so that none ends up among the keys that are shown.
impl Lenient for Concealed {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn from_value(value: Value) -> Result<Self, Value> {
        Ok(Self(value))
    }

    fn from_seq<'de, A: SeqAccess<'de>>(seq: A, room: &Room) -> Result<Result<Self, Value>, A::Error> {
        Ok(Value::from_seq(seq, room)?.map(Self))
    }

    fn from_map<'de, M: MapAccess<'de>>(map: M, room: &Room) -> Result<Result<Self, Value>, M::Error> {
        Ok(Value::from_map(map, room)?.map(Self))
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Concealed {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Concealed".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "A value that is not to be logged." })
    }
}
