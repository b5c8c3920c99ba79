//! Types that are a text in every format.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserializer, de};

/// Writes a type as its text, and reads it back with a function that may refuse the text.
#[doc(hidden)]
#[macro_export]
macro_rules! __text {
    ($name:ident, $what:expr, $make:expr) => {
        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $crate::__private::read_text(deserializer, $what, $make)
            }
        }
    };
}

/// What is there only with the feature `schemars` of this crate, whatever features the caller has.
#[cfg(feature = "schemars")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_schemars {
    ($($item:item)*) => { $($item)* };
}

/// Nothing, without the feature `schemars` of this crate.
#[cfg(not(feature = "schemars"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_schemars {
    ($($item:item)*) => {};
}

/// Reads a text and makes a value of it.
pub fn read_text<'de, T, E: fmt::Display, D: Deserializer<'de>>(
    deserializer: D,
    what: &'static str,
    make: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    struct Text<F, T>(&'static str, F, PhantomData<T>);

    impl<T, E: fmt::Display, F: FnOnce(&str) -> Result<T, E>> de::Visitor<'_> for Text<F, T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<D: de::Error>(self, text: &str) -> Result<T, D> {
            (self.1)(text).map_err(D::custom)
        }
    }

    deserializer.deserialize_str(Text(what, make, PhantomData))
}
