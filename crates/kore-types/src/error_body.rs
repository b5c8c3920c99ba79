//! The body with which the platform refuses a request: clients read it, the emulator writes it.

use std::fmt;

use serde_json::Value;

use crate::{Lenient, List, model};

model! {
    /// `{"errors":[{"msg": "…", "code": …}]}`.
    pub struct ErrorBody {
        /// What is wrong; one entry in every documented sample.
        #[key("errors", always)]
        pub errors: Option<List<ErrorDetail>>,
    }
}

model! {
    /// One error of an error body.
    pub struct ErrorDetail {
        /// What is wrong, for a person.
        #[key("msg", always)]
        pub msg: Option<String>,
        /// `msg`, as one document spells it.
        #[key("message", older)]
        pub message: Option<String>,
        /// What is wrong, for a program.
        #[key("code", always)]
        pub code: Option<ErrorCode>,
    }
}

impl ErrorBody {
    /// A body with one error, for servers.
    pub fn new(msg: impl Into<String>, code: impl Into<ErrorCode>) -> Self {
        let detail = ErrorDetail { msg: Some(msg.into()), code: Some(code.into()), ..ErrorDetail::default() };
        Self { errors: Some(vec![detail].into()), ..Self::default() }
    }

    /// The errors; none if the body names none.
    pub fn details(&self) -> &[ErrorDetail] {
        self.errors.as_ref().map_or(&[], |errors| &errors.items)
    }
}

impl ErrorDetail {
    /// What is wrong, in either spelling of its key.
    pub fn text(&self) -> Option<&str> {
        self.msg.as_deref().or(self.message.as_deref())
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

impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl Lenient for ErrorCode {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn from_value(value: Value) -> Result<Self, Value> {
        value.as_u64().map(Self::Number).ok_or(value)
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
