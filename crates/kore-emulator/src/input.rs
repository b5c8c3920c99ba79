//! Reading what a user wrote, scenarios and faults in TOML or JSON, with errors that say where.

mod duration;
pub(crate) mod keys;

use std::fmt;
use std::path::Path;

use kore_types::Printable;
use serde::de::DeserializeOwned;

pub use duration::parse_duration;
pub(crate) use duration::{Written, WrittenOrForever};
pub(crate) use keys::Reserved;

use crate::plain_text::{self, bounded};

/// The most that is read of a file: more than a scenario of 100,000 tasks.
const MAX_LEN: u64 = 32 * 1024 * 1024;

/// The most of a message that is shown, in bytes.
const MAX_MESSAGE: usize = 600;

/// A scenario or a list of faults that cannot be used.
///
/// Its message is one line: the file, the line and the column, the key, what was expected and what
/// was found, as far as they are known.
#[derive(Clone, PartialEq, Eq)]
pub struct InputError(Box<str>);

impl InputError {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string().into())
    }

    /// An error in a text that came from `source`.
    fn within(source: &str, line: usize, column: usize, key: &str, message: &str) -> Self {
        let place = if line == 0 { String::new() } else { format!(", line {line}, column {column}") };
        // The path of the whole is a dot.
        let key = if key.is_empty() || key == "." { String::new() } else { format!("{key}: ") };
        let source = Printable::text(source);
        let text = format!("{key}{message}");
        Self::new(format_args!("{source}{place}: {}", Printable::new(text.as_bytes(), MAX_MESSAGE)))
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InputError({self})")
    }
}

impl std::error::Error for InputError {}

/// What can be read from TOML and from JSON.
pub(crate) trait Input: Sized {
    /// The form that a file has.
    type Form: DeserializeOwned;

    fn of(form: Self::Form) -> Result<Self, InputError>;
}

/// Reads TOML; `source` is what errors call the text.
pub(crate) fn from_toml<I: Input>(text: &str, source: &str) -> Result<I, InputError> {
    let refused = |error: &toml::de::Error, key: &str| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = text.get(..at).unwrap_or_default();
        let line = if error.span().is_some() { 1 + before.matches('\n').count() } else { 0 };
        let column = 1 + before.chars().rev().take_while(|c| *c != '\n').count();
        InputError::within(source, line, column, key, error.message())
    };
    let toml = toml::Deserializer::parse(text).map_err(|error| refused(&error, ""))?;
    let form = serde_path_to_error::deserialize(toml)
        .map_err(|error| refused(error.inner(), &error.path().to_string()))?;
    I::of(form).map_err(|error| InputError::within(source, 0, 0, "", &error.0))
}

/// Reads JSON; `source` is what errors call the text.
pub(crate) fn from_json<I: Input>(text: &str, source: &str) -> Result<I, InputError> {
    I::of(json_of(text, source)?).map_err(|error| InputError::within(source, 0, 0, "", &error.0))
}

/// Reads JSON of that form; `source` is what errors call the text.
pub(crate) fn json_of<T: DeserializeOwned>(text: &str, source: &str) -> Result<T, InputError> {
    let refused = |error: &serde_json::Error, key: &str| {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&place).unwrap_or(&message);
        InputError::within(source, error.line(), error.column(), key, message)
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let file = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| refused(error.inner(), &error.path().to_string()))?;
    json.end().map_err(|error| refused(&error, ""))?;
    Ok(file)
}

/// An error in what came from `source`, in no line of its own.
pub(crate) fn refused(source: &str, problem: &str) -> InputError {
    InputError::within(source, 0, 0, "", problem)
}

/// Reads a file, by its extension.
pub(crate) fn from_file<I: Input>(path: &Path) -> Result<I, InputError> {
    let source = path.display().to_string();
    let extension = path.extension().and_then(|extension| extension.to_str());
    let read: fn(&str, &str) -> Result<I, InputError> = match extension {
        Some("toml") => from_toml,
        Some("json") => from_json,
        _ => {
            let message = "expected a name that ends in .toml or .json";
            return Err(InputError::within(&source, 0, 0, "", message));
        }
    };
    let text = plain_text::open(path).and_then(|file| bounded(file, MAX_LEN)).and_then(plain_text::text);
    let text = text.map_err(|error| {
        InputError::within(&source, 0, 0, "", &format!("the file cannot be read: {error}"))
    })?;
    read(&text, &source)
}

#[cfg(test)]
mod tests;
