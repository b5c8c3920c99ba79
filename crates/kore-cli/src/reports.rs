//! Files and lines for the pipelines in which a watch runs.

pub(crate) mod annotations;
mod file;
mod junit;
mod markdown;

pub(crate) use file::{append, check, write_atomically};
pub(crate) use junit::junit;
pub(crate) use markdown::markdown;

use kore_sdk::StatusLog;

use crate::output::{value_lines, word};

/// What an entry says beside its type, name and status, a key a line: why it failed, as a rule.
fn reasons(entry: &StatusLog) -> String {
    let lines = entry.extra().iter().map(|(key, raw)| format!("{}: {}\n", word(key), value_lines(raw)));
    lines.collect()
}
