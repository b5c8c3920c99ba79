//! An error as a user sees it: what went wrong, what to do next, and an exit code. `output::messages`
//! writes it.

use std::fmt;

use kore_sdk::types::Printable;

use crate::exit::Exit;
use crate::text::harmless;

/// The most of a message that is shown, in bytes.
const MAX_MESSAGE: usize = 1200;

/// What went wrong, what to do next, and the exit code.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string(), hint: None }
    }

    /// Arguments or settings that are wrong.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn hint(self, hint: impl fmt::Display) -> Self {
        self.hint_if(Some(hint))
    }

    /// With a hint, if there is one.
    pub(crate) fn hint_if(mut self, hint: Option<impl fmt::Display>) -> Self {
        self.hint = hint.map(|hint| hint.to_string());
        self
    }

    /// With another text in place of each that it has.
    pub(crate) fn map(self, text: impl Fn(String) -> String) -> Self {
        Self { message: text(self.message), hint: self.hint.map(text), ..self }
    }

    /// What went wrong, fit for a terminal.
    pub(crate) fn message(&self) -> String {
        shown(&self.message)
    }

    /// What to do next.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, " [{hint}]"))
    }
}

/// A message or a hint, fit for a terminal.
pub(crate) fn shown(text: &str) -> String {
    harmless(Printable::new(text.as_bytes(), MAX_MESSAGE).to_string())
}
