//! Texts read from any format of serde, for the enums, ids and keys of the models.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// A text, borrowed from the input where the format allows it.
pub struct Text<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> de::Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(text.into()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(text.to_owned().into()))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// Writes a type as its text, and reads it back by its `FromStr`, which may refuse the text.
#[doc(hidden)]
#[macro_export]
macro_rules! __text {
    ($name:ident) => {
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
                let text = $crate::__private::Text::deserialize(deserializer)?;
                text.0.parse().map_err($crate::__private::serde::de::Error::custom)
            }
        }
    };
}

/// Keeps items only if this crate has the feature `schemars`. A macro that users call cannot ask that
/// by `#[cfg]`: it would ask for the feature of their crate.
#[cfg(feature = "schemars")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_schemars {
    ($($item:item)*) => { $($item)* };
}

/// Drops the items: this crate lacks the feature `schemars`.
#[cfg(not(feature = "schemars"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_schemars {
    ($($item:item)*) => {};
}
