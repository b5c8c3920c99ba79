//! The body of a refusal.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserializer as _, Serialize, Serializer};

use crate::json::{FromJson, object, text_of};

object! {
    /// `{"errors":[{"msg": "…", "code": …}]}`.
    pub struct ErrorBody: "an error body" {
        /// What is wrong; one entry in every documented sample.
        errors: ErrorDetails = "errors" [always],
    }
}

object! {
    /// One error of an error body.
    pub struct ErrorDetail: "an error" {
        /// What is wrong, for a person.
        msg: String = "msg" or "message" [always],
        /// What is wrong, for a program.
        code: ErrorCode = "code" [always],
    }
}

impl ErrorBody {
    /// A body with one error, for servers.
    pub fn new(msg: impl Into<String>, code: impl Into<ErrorCode>) -> Self {
        let detail =
            ErrorDetail { msg: msg.into().into(), code: code.into().into(), ..ErrorDetail::default() };
        Self { errors: ErrorDetails(vec![detail]).into(), ..Self::default() }
    }

    /// The errors; none if the body names none.
    pub fn details(&self) -> &[ErrorDetail] {
        self.errors.get().map_or(&[], |details| &details.0)
    }
}

/// The errors of an [`ErrorBody`], and nothing else ever, hence the public list; more than [`ErrorDetails::MAX`] are kept, but not taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorDetails(pub Vec<ErrorDetail>);

impl Serialize for ErrorDetails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl ErrorDetails {
    /// How many errors are read. Documented bodies hold one.
    pub const MAX: usize = 1000;
}

impl FromJson for ErrorDetails {
    fn from_json_value(text: &str) -> Option<Self> {
        struct Details;

        impl<'de> Visitor<'de> for Details {
            type Value = Vec<ErrorDetail>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of errors")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut details = Vec::new();
                while let Some(detail) = seq.next_element()? {
                    details.push(detail);
                    if details.len() > ErrorDetails::MAX {
                        return Err(A::Error::invalid_length(details.len(), &"fewer errors"));
                    }
                }
                Ok(details)
            }
        }

        serde_json::Deserializer::from_str(text).deserialize_seq(Details).ok().map(Self)
    }
}

/// The `code` of an error: a number, and once in the documents a string.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// As all but one document have it.
    Number(u64),
    /// As one document has it.
    Text(String),
}

impl ErrorCode {
    /// The number, whether it came as a number or as text.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

impl From<u64> for ErrorCode {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for ErrorCode {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl FromJson for ErrorCode {
    fn from_json_value(text: &str) -> Option<Self> {
        match text_of(text) {
            Some(text) => Some(Self::Text(text.into_owned())),
            None => u64::from_json_value(text).map(Self::Number),
        }
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for ErrorCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["integer", "string"] })
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for ErrorDetails {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ErrorDetails".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let items = generator.subschema_for::<ErrorDetail>();
        schemars::json_schema!({ "type": "array", "items": items })
    }
}
