//! Messages on standard error: `error: …`, `warning: …` and `hint: …`, a line each.

use anstyle::{AnsiColor, Style};

use super::stream::Stream;
use crate::failure::{Failure, shown};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Writes what went wrong and what to do next.
pub(crate) fn error(failure: &Failure) {
    line(ERROR, "error", &failure.message());
    if let Some(hint) = failure.advice() {
        say(hint);
    }
}

/// Writes `warning: …`.
pub(crate) fn warn(message: &str) {
    line(WARNING, "warning", &shown(message));
}

/// Writes `hint: …`.
pub(crate) fn say(hint: &str) {
    line(HINT, "hint", &shown(hint));
}

fn line(style: Style, label: &str, text: &str) {
    Stream::Stderr.styled(&format!("{style}{label}{style:#}: {text}\n"));
}
