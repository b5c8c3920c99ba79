//! Reading one value out of its JSON text.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::{Field, read_field};

/// A type that a known key's value may have.
pub(crate) trait FromJson: Sized {
    /// Reads the JSON text of a value; `None` means that it has another form and is to be kept as
    /// it came.
    fn from_json_value(text: &str) -> Option<Self>;

    /// Reads a value where it stands, without a look at its text first.
    ///
    /// # Errors
    /// For a value of another form, whose text is lost then: the caller starts again and asks
    /// [`from_json_value`](Self::from_json_value).
    fn read_in_place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        <&RawValue>::deserialize(deserializer).map(read_field)
    }
}

/// A type that is written as a JSON string.
pub(crate) trait FromText: Sized {
    fn from_text(text: &str) -> Option<Self>;
}

impl<T: FromText> FromJson for T {
    fn from_json_value(text: &str) -> Option<Self> {
        T::from_text(&text_of(text)?)
    }

    fn read_in_place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        struct InPlace<T>(PhantomData<T>);

        impl<T: FromText> de::Visitor<'_> for InPlace<T> {
            type Value = Field<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string of the documented form, or null")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Field<T>, E> {
                T::from_text(text)
                    .map(Field::Value)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(""), &self))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Field<T>, E> {
                Ok(Field::Null)
            }
        }

        deserializer.deserialize_any(InPlace(PhantomData))
    }
}

/// The text of a JSON string; `None` if `text` is another JSON value.
pub(crate) fn text_of(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"')?;
    match inner.strip_suffix('"') {
        // Without an escape, the JSON text between the quotes is the string.
        Some(plain) if !plain.as_bytes().contains(&b'\\') => Some(Cow::Borrowed(plain)),
        _ => serde_json::from_str(text).ok().map(Cow::Owned),
    }
}

impl FromText for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// Only integers whose shortest form is their text, so that writing gives back the same digits.
impl FromJson for u64 {
    fn from_json_value(text: &str) -> Option<Self> {
        text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// Makes a value from a string with a function that may refuse it.
pub(crate) struct TextVisitor<F, T> {
    expected: &'static str,
    make: F,
    made: PhantomData<T>,
}

impl<F, T> TextVisitor<F, T> {
    pub(crate) fn new<E>(expected: &'static str, make: F) -> Self
    where
        F: FnOnce(&str) -> Result<T, E>,
    {
        Self { expected, make, made: PhantomData }
    }
}

impl<F, T, E> de::Visitor<'_> for TextVisitor<F, T>
where
    F: FnOnce(&str) -> Result<T, E>,
    E: fmt::Display,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<D: de::Error>(self, text: &str) -> Result<T, D> {
        (self.make)(text).map_err(D::custom)
    }
}
