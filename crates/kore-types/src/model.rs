//! How a model is declared, and how it is read from a document that may hold anything.
//!
//! [`model!`](crate::model) gives a struct of `Option`s its serde implementations, for every
//! self-describing format. It uses no derive, so that this crate needs serde alone.

use std::cell::Cell;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A type that a field of a [`model!`](crate::model) may have.
///
/// A value of another form is no error: it is handed back, and the model keeps it in its
/// [`Extra`](crate::Extra). The ids and open enums of this crate, models, [`List`](crate::List)s of
/// models, texts, numbers and [`Value`] itself are such types.
pub trait Lenient: Serialize + PartialEq + Sized {
    /// Reads it from a text; `None` if the text has another form than the documented one.
    fn from_text(_text: &str) -> Option<Self> {
        None
    }

    /// Reads it from a value other than a text.
    ///
    /// # Errors
    /// The value itself, if it has another form than the documented one.
    fn from_value(value: Value) -> Result<Self, Value> {
        Err(value)
    }

    /// Whether two values mean the same. A key that stands twice with such values is read as one.
    fn agrees(&self, other: &Self) -> bool {
        self == other
    }

    #[doc(hidden)]
    fn from_seq<'de, A: SeqAccess<'de>>(seq: A, room: &Room) -> Result<Result<Self, Value>, A::Error> {
        Ok(Self::from_value(any(Value::from_seq(seq, room)?)))
    }

    #[doc(hidden)]
    fn from_map<'de, M: MapAccess<'de>>(map: M, room: &Room) -> Result<Result<Self, Value>, M::Error> {
        Ok(Self::from_value(any(Value::from_map(map, room)?)))
    }
}

/// Declares a model: the keys of a document as optional fields.
///
/// The struct also has `extra`, an [`Extra`](crate::Extra). It holds unknown keys, and known keys
/// whose value has another type. All of it is written back; a field that is set wins over `extra`. A
/// key that stands twice with different values is read as if it held the list of them.
///
/// A key may have a mark, which only the JSON Schema uses: `always`, if a server writes the key in
/// every document, and `older`, if older documents have it in place of another key.
///
/// ```
/// use kore_types::{BotId, List, id, model, open_enum};
///
/// id! {
///     /// The id of a job.
///     JobId, "job id", "job-"
/// }
///
/// open_enum! {
///     /// What became of a step.
///     pub enum Word {
///         /// All went well.
///         Done = "done",
///     }
/// }
///
/// model! {
///     /// A job of a sibling call.
///     pub struct Job {
///         /// The job.
///         #[key("_id", always)]
///         pub id: Option<JobId>,
///         /// The bot.
///         #[key("streamId")]
///         pub stream_id: Option<BotId>,
///         /// Its steps.
///         #[key("steps")]
///         pub steps: Option<List<Step>>,
///     }
/// }
///
/// model! {
///     /// A step of a job.
///     pub struct Step {
///         /// How it stands.
///         #[key("word")]
///         pub word: Option<Word>,
///     }
/// }
///
/// let json = r#"{"_id":"job-1","streamId":7,"steps":[{"word":"DONE","took":3}],"new":true}"#;
/// let mut job: Job = serde_json::from_str(json)?;
/// assert_eq!(job.id, Some(JobId::new("job-1")?));
/// assert!(job.steps.as_ref().unwrap().items[0].word.as_ref().unwrap().is(&Word::Done));
/// assert_eq!((job.stream_id.as_ref(), &job.extra["streamId"], &job.extra["new"]), (None, &7.into(), &true.into()));
///
/// job.stream_id = Some("st-1".parse()?);
/// assert_eq!(serde_json::to_value(&job)?, serde_json::json!({
///     "_id": "job-1", "streamId": "st-1", "steps": [{"word": "DONE", "took": 3}], "new": true
/// }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! model {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $(
                $(#[doc = $fdoc:literal])*
                #[key($key:literal $(, $mark:ident)?)]
                pub $field:ident: Option<$ty:ty>,
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[doc = $fdoc])* #[doc = concat!("\n\nThe key `", $key, "`.")] pub $field: Option<$ty>, )*
            /// The keys without a field, and known keys whose value has another type.
            pub extra: $crate::Extra,
        }

        impl $name {
            /// The keys that have fields.
            pub const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use $crate::__private::serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(None)?;
                $( if let Some(value) = &self.$field { map.serialize_entry($key, value)?; } )*
                self.extra.write(&mut map, |key| match key { $( $key => self.$field.is_some(), )* _ => false })?;
                map.end()
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::__private::read_model(deserializer)
            }
        }

        impl $crate::Lenient for $name {
            fn from_map<'de, M: $crate::__private::serde::de::MapAccess<'de>>(
                mut map: M,
                room: &$crate::__private::Room,
            ) -> Result<Result<Self, $crate::__private::Value>, M::Error> {
                let (mut model, mut keys) = (Self::default(), 0_usize);
                while let Some($crate::__private::Text(key)) = map.next_key()? {
                    keys += 1;
                    match &*key {
                        $( $key => model.extra.read($key, &mut model.$field, &mut map, room)?, )*
                        _ => model.extra.read_unknown(&key, &mut map, room)?,
                    }
                }
                Ok(match model.extra.as_number().filter(|_| keys == 1) {
                    Some(number) => Err(number),
                    None => Ok(model),
                })
            }
        }

        $crate::__if_schemars! {
            $crate::__schema! { $name [$($doc),*] $( [$($fdoc),*] $key [$($mark)?] $ty, )* }
        }
    };
}

/// Reads a model from a document, which has to be an object.
pub fn read_model<'de, T: Lenient, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let read = deserializer.deserialize_map(Reading::<T>::new(&Room::default()))?;
    read.map_err(|_| D::Error::custom("expected an object"))
}

/// A budget of memory for what is read from one document. Without it, 16 MiB of the worst JSON would
/// take gigabytes: `{"":0}` is 6 bytes of text and about 700 in a map. A real document of 16 MiB
/// takes a tenth of the budget.
#[derive(Debug)]
pub struct Room(Cell<usize>);

impl Default for Room {
    fn default() -> Self {
        Self(Cell::new(192 * 1024 * 1024))
    }
}

impl Room {
    /// Bytes for an element of an array of values, with its text.
    pub(crate) const ELEMENT: usize = 96;
    /// Bytes for a key and its value in a map.
    pub(crate) const ENTRY: usize = 160;
    /// Bytes for the first key of a map, which allocates a node for several.
    pub(crate) const FIRST: usize = 700;

    pub(crate) fn take<E: de::Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.ok_or_else(|| E::custom("the document has too many values"))?);
        Ok(())
    }
}

/// Reads one value: as a `T`, or as a [`Value`] if it has another form.
pub(crate) struct Reading<'r, T> {
    room: &'r Room,
    made: PhantomData<T>,
}

impl<'r, T> Reading<'r, T> {
    pub(crate) fn new(room: &'r Room) -> Self {
        Self { room, made: PhantomData }
    }
}

/// The value, whichever of the two it is: [`Value`] itself has no other form.
pub(crate) fn any(value: Result<Value, Value>) -> Value {
    value.unwrap_or_else(|value| value)
}

impl<'de, T: Lenient> DeserializeSeed<'de> for Reading<'_, T> {
    type Value = Result<T, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Lenient> Visitor<'de> for Reading<'_, T> {
    type Value = Result<T, Value>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of values that JSON has")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::from_value(value.into()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(T::from_value(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(T::from_value(number.into()))
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Self::Value, E> {
        Ok(T::from_value((number as f64).into()))
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Self::Value, E> {
        Ok(T::from_value((number as f64).into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(T::from_value(number.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(text).ok_or_else(|| text.into()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(T::from_value(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::from_seq(seq, self.room)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        T::from_map(map, self.room)
    }
}

impl Lenient for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Lenient for bool {
    fn from_value(value: Value) -> Result<Self, Value> {
        value.as_bool().ok_or(value)
    }
}

impl Lenient for u64 {
    fn from_value(value: Value) -> Result<Self, Value> {
        value.as_u64().ok_or(value)
    }
}

impl Lenient for i64 {
    fn from_value(value: Value) -> Result<Self, Value> {
        value.as_i64().ok_or(value)
    }
}
