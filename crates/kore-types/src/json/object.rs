//! JSON objects with known keys, unknown keys and an order.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer, de};
use serde_json::value::RawValue;

use super::layout::{NEXT_EXTRA, OTHER_SPELLING, Tracker};
use super::{Field, FromJson, Layout};

/// What the `object!` macro says of a struct; reading and writing are written once, on top of it.
pub(crate) trait Object: Default {
    /// For messages: `a bot import`.
    const WHAT: &'static str;

    /// The code of a known key: its place among the fields, with [`OTHER_SPELLING`] for its other
    /// spelling.
    fn code(key: &str) -> Option<u8>;
    /// The key of a code.
    fn key(code: u8) -> &'static str;
    /// How many known keys there are.
    fn slots() -> u8;
    /// Sets a field from its text.
    fn read(&mut self, slot: u8, value: &RawValue);
    /// Sets a field from the value that comes next.
    fn read_in_place<'de, M: MapAccess<'de>>(&mut self, slot: u8, map: &mut M) -> Result<(), M::Error>;
    fn is_absent(&self, slot: u8) -> bool;
    fn write<M: SerializeMap>(&self, slot: u8, key: &str, map: &mut M) -> Result<(), M::Error>;
    fn layout(&self) -> &Layout;
    fn layout_mut(&mut self) -> &mut Layout;
}

/// Declares a struct of [`Field`](super::Field)s for the known keys of a JSON object. `or` gives a
/// key its other spelling; a document keeps the one in which it came. `[always]` marks what a
/// server writes in every document: what the constructors take.
macro_rules! object {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident: $what:literal {
            $(
                $(#[doc = $fdoc:literal])*
                $field:ident: $ty:ty = $key:literal $(or $other:literal)? $([$always:ident])?,
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[doc = $fdoc])*
                #[doc = concat!("\n\nThe key `", $key, "`", $(", in the older spelling `", $other, "`",)? ".")]
                pub $field: $crate::Field<$ty>,
            )*
            layout: $crate::json::Layout,
        }

        impl $name {
            /// Reads a JSON text.
            ///
            /// # Errors
            /// If the text is not JSON, or not an object.
            pub fn from_json(text: &str) -> serde_json::Result<Self> {
                $crate::json::read_object(|| serde_json::Deserializer::from_str(text))
            }

            /// Reads JSON in UTF-8.
            ///
            /// # Errors
            /// If the bytes are not UTF-8 or not JSON, or the JSON is not an object.
            pub fn from_json_slice(json: &[u8]) -> serde_json::Result<Self> {
                match std::str::from_utf8(json) {
                    // One check of the whole is cheaper than one of each string.
                    Ok(text) => Self::from_json(text),
                    Err(_) => $crate::json::read_object(|| serde_json::Deserializer::from_slice(json)),
                }
            }

            /// The keys that this version does not know.
            pub fn extra(&self) -> &$crate::Extra {
                self.layout.extra()
            }

            /// Sets the value of any key: of the field, where the key is known, and in
            /// [`extra`](Self::extra) otherwise.
            pub fn set(&mut self, key: &str, value: &serde_json::value::RawValue) {
                use $crate::json::Object as _;
                match Self::code(key) {
                    Some(code) => self.read(code & !$crate::json::OTHER_SPELLING, value),
                    None => self.layout.extra_mut().set(key, value),
                }
            }
        }

        const _: () = {
            use $crate::json::Object;

            /// The place of each field.
            #[allow(non_upper_case_globals, non_camel_case_types, clippy::enum_variant_names)]
            mod at {
                #[repr(u8)]
                enum Slot { $($field),* }
                $( pub(super) const $field: u8 = Slot::$field as u8; )*
                pub(super) const COUNT: usize = [$($field),*].len();
            }

            impl Object for $name {
                const WHAT: &'static str = $what;

                fn code(key: &str) -> Option<u8> {
                    match key {
                        $(
                            $key => Some(at::$field),
                            $( $other => Some(at::$field | $crate::json::OTHER_SPELLING), )?
                        )*
                        _ => None,
                    }
                }

                fn key(code: u8) -> &'static str {
                    const KEYS: [(&str, &str); at::COUNT] = [$( ($key, concat!($($other)?)) ),*];
                    let (key, other) = KEYS[usize::from(code & !$crate::json::OTHER_SPELLING)];
                    if code & $crate::json::OTHER_SPELLING == 0 { key } else { other }
                }

                fn slots() -> u8 {
                    at::COUNT as u8
                }

                fn read(&mut self, slot: u8, value: &serde_json::value::RawValue) {
                    match slot {
                        $( at::$field => self.$field = $crate::json::read_field(value), )*
                        _ => unreachable!("a slot comes from `code`"),
                    }
                }

                fn read_in_place<'de, M: serde::de::MapAccess<'de>>(
                    &mut self,
                    slot: u8,
                    map: &mut M,
                ) -> Result<(), M::Error> {
                    match slot {
                        $( at::$field => self.$field = map.next_value_seed($crate::json::InPlace::new())?, )*
                        _ => unreachable!("a slot comes from `code`"),
                    }
                    Ok(())
                }

                fn is_absent(&self, slot: u8) -> bool {
                    match slot {
                        $( at::$field => self.$field.is_absent(), )*
                        _ => true,
                    }
                }

                fn write<M: serde::ser::SerializeMap>(&self, slot: u8, key: &str, map: &mut M) -> Result<(), M::Error> {
                    match slot {
                        $( at::$field => map.serialize_entry(key, &self.$field), )*
                        _ => Ok(()),
                    }
                }

                fn layout(&self) -> &$crate::json::Layout {
                    &self.layout
                }

                fn layout_mut(&mut self) -> &mut $crate::json::Layout {
                    &mut self.layout
                }
            }
        };

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::json::write_object(self, serializer)
            }
        }

        /// Reads from serde_json only, since what is not known is kept as JSON text.
        /// [`from_json_slice`](Self::from_json_slice) does the same in one pass less.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw: Box<serde_json::value::RawValue> = serde::Deserialize::deserialize(deserializer)?;
                Self::from_json(raw.get()).map_err(serde::de::Error::custom)
            }
        }

        impl $crate::json::FromJson for $name {
            fn from_json_value(text: &str) -> Option<Self> {
                Self::from_json(text).ok()
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            /// What a server writes, or what a client may read: there each key may be missing or
            /// `null`.
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::json::object_schema(generator, &[$($doc),*], &[$(
                    $crate::json::Key {
                        key: $key,
                        other: [$($other)?].first().copied(),
                        doc: &[$($fdoc),*],
                        always: !concat!($(stringify!($always))?).is_empty(),
                        schema: |generator: &mut schemars::SchemaGenerator| {
                            if generator.contract().is_serialize() {
                                generator.subschema_for::<$ty>()
                            } else {
                                generator.subschema_for::<Option<$ty>>()
                            }
                        },
                    },
                )*])
            }
        }
    };
}
pub(crate) use object;

/// Reads an object in one pass if all its values have the documented form, and else once more, by
/// way of each value's text, so that those which have not are kept.
pub(crate) fn read_object<'de, O: Object, R: serde_json::de::Read<'de>>(
    json: impl Fn() -> serde_json::Deserializer<R>,
) -> serde_json::Result<O> {
    let read = |by| {
        let mut json = json();
        let object = json.deserialize_map(ObjectVisitor::<O>::new(by))?;
        json.end()?;
        Ok(object)
    };
    read(By::Place).or_else(|_: serde_json::Error| read(By::Text))
}

pub(crate) fn write_object<O: Object, S: Serializer>(object: &O, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    let mut extra = object.layout().extra().iter();
    let mut written = 0u64;
    for &code in object.layout().order() {
        if code == NEXT_EXTRA {
            if let Some((key, value)) = extra.next() {
                map.serialize_entry(key, value)?;
            }
            continue;
        }
        let slot = code & !OTHER_SPELLING;
        written |= 1 << slot;
        if !object.is_absent(slot) {
            object.write(slot, O::key(code), &mut map)?;
        }
    }
    // What the order does not name: everything, as a rule, and else what was set since.
    for slot in (0..O::slots()).filter(|slot| written & (1 << slot) == 0 && !object.is_absent(*slot)) {
        object.write(slot, O::key(slot), &mut map)?;
    }
    for (key, value) in extra {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

/// How a known key's value is read.
#[derive(Clone, Copy)]
pub(crate) enum By {
    /// Where it stands; fails for a value of another form.
    Place,
    /// From its text, which is kept for a value of another form.
    Text,
}

pub(crate) struct ObjectVisitor<O> {
    by: By,
    object: PhantomData<O>,
}

impl<O> ObjectVisitor<O> {
    pub(crate) fn new(by: By) -> Self {
        Self { by, object: PhantomData }
    }
}

impl<'de, O: Object> Visitor<'de> for ObjectVisitor<O> {
    type Value = O;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (a JSON object)", O::WHAT)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<O, M::Error> {
        let mut object = O::default();
        let mut tracker = Tracker::default();
        while let Some(key) = map.next_key_seed(KeySeed::<O>(PhantomData))? {
            match (key, self.by) {
                (Key::Known(code), By::Place) if tracker.known(code) => {
                    object.read_in_place(code & !OTHER_SPELLING, &mut map)?;
                }
                (Key::Known(code), By::Text) if tracker.known(code) => {
                    object.read(code & !OTHER_SPELLING, map.next_value()?);
                }
                (Key::Known(code), _) => tracker.unknown(O::key(code), map.next_value()?),
                (Key::Unknown(key), _) => tracker.unknown(&key, map.next_value()?),
            }
        }
        *object.layout_mut() = tracker.finish();
        Ok(object)
    }
}

/// Reads a known key's value where it stands.
pub(crate) struct InPlace<T>(PhantomData<T>);

impl<T> InPlace<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: FromJson> DeserializeSeed<'de> for InPlace<T> {
    type Value = Field<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field<T>, D::Error> {
        T::read_in_place(deserializer)
    }
}

enum Key {
    Known(u8),
    Unknown(Box<str>),
}

struct KeySeed<O>(PhantomData<O>);

impl<'de, O: Object> DeserializeSeed<'de> for KeySeed<O> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<O: Object> Visitor<'_> for KeySeed<O> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
        Ok(O::code(key).map_or_else(|| Key::Unknown(key.into()), Key::Known))
    }
}
