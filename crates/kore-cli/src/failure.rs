//! An error as a user sees it: `error: …` and `hint: …` on standard error, and an exit code.

use std::fmt;

use anstyle::{AnsiColor, Style};
use kore_sdk::types::Printable;

use crate::exit::Exit;
use crate::output::{Stream, harmless};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// The most of a message that is shown, in bytes.
const MAX_MESSAGE: usize = 1200;

/// What went wrong, what to do next, and the exit code.
#[derive(Debug)]
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

    /// What went wrong, fit for a terminal.
    pub(crate) fn message(&self) -> String {
        harmless(Printable::new(self.message.as_bytes(), MAX_MESSAGE).to_string())
    }

    /// What to do next.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Writes `error: …` and `hint: …` to standard error, a line each.
    pub(crate) fn print(&self) {
        line(ERROR, "error", &self.message);
        if let Some(hint) = &self.hint {
            line(HINT, "hint", hint);
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, " [{hint}]"))
    }
}

/// Writes `warning: …` to standard error.
pub(crate) fn warn(message: &str) {
    line(WARNING, "warning", message);
}

/// Writes `hint: …` to standard error.
pub(crate) fn say(hint: &str) {
    line(HINT, "hint", hint);
}

fn line(style: Style, label: &str, text: &str) {
    let text = harmless(Printable::new(text.as_bytes(), MAX_MESSAGE).to_string());
    Stream::Stderr.styled(&format!("{style}{label}{style:#}: {text}\n"));
}
