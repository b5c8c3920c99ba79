//! Durations as a user writes them, `20s` or `1m 30s`, in files, and in the arguments of the command.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest that is taken: far from what a clock cannot add.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A duration such as `"20s"`, `"1m 30s"` or `"500ms"`; zero is one too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written(pub(crate) Duration);

/// Reads a duration. Where text stands in quotes, so do the examples in what is told.
///
/// # Errors
/// If it is none, has no unit or is longer than a year; the message says what to write.
pub fn parse_duration(text: &str, quote: &str) -> Result<Duration, String> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("the unit is missing: write {quote}{text}s{quote} for seconds"));
    }
    let duration = humantime::parse_duration(text).map_err(|error| {
        format!("expected a duration such as {quote}20s{quote} or {quote}500ms{quote}: {error}")
    })?;
    if duration > LONGEST {
        return Err(format!("expected at most {quote}365days{quote}"));
    }
    Ok(duration)
}

impl Written {
    fn parse(text: &str) -> Result<Self, String> {
        parse_duration(text, "\"").map(Self)
    }
}

/// The same, or `"forever"`, which is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrittenOrForever(pub(crate) Option<Duration>);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text("a duration such as \"20s\" or \"500ms\"", Self::parse))
    }
}

impl<'de> Deserialize<'de> for WrittenOrForever {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |text: &str| match text {
            "forever" => Ok(Self(None)),
            text => Written::parse(text).map(|Written(duration)| Self(Some(duration))),
        };
        deserializer.deserialize_any(Text("a duration such as \"20s\" or \"500ms\", or \"forever\"", parse))
    }
}

/// What is longer than can be read is written as the longest that can.
impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(self.0.min(LONGEST)))
    }
}

impl Serialize for WrittenOrForever {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(duration) => Written(duration).serialize(serializer),
            None => serializer.serialize_str("forever"),
        }
    }
}

/// What is expected, and how it is read.
struct Text<F>(&'static str, F);

impl<T, F: Fn(&str) -> Result<T, String>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        self.1(text).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}
