//! Parses the arguments, and suggests what was meant where they are nearly right.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Error, FromArgMatches as _, Parser as _};

use super::Args;

impl Args {
    /// The arguments of this process.
    pub(crate) fn of_process() -> Result<Self, Error> {
        Self::try_parse().or_else(|error| match error.kind() {
            ErrorKind::MissingRequiredArgument => Self::without_id(),
            _ => Err(advised(error)),
        })
    }

    /// Parses again with the id optional, so that a missing id is reported together with the settings
    /// that are missing too.
    fn without_id() -> Result<Self, Error> {
        let status = |status: clap::Command| status.mut_arg("id", |id| id.required(false));
        let import = |import: clap::Command| import.mut_subcommand("status", status);
        Self::from_arg_matches(&Self::command().mut_subcommand("import", import).try_get_matches()?)
    }
}

/// Suggests our word for one that is common in other tools: `kore status`, `--json`.
fn advised(mut error: Error) -> Error {
    let is = |kind, text: &str| matches!(error.get(kind), Some(ContextValue::String(found)) if found == text);
    let usage = usage(&error);
    let asks = ["run", "start", "status", "watch"];
    if let Some(name) = asks.into_iter().find(|name| is(ContextKind::InvalidSubcommand, name)) {
        let meant = ContextValue::Strings(vec![format!("import {name}")]);
        error.insert(ContextKind::SuggestedSubcommand, meant);
    } else if is(ContextKind::InvalidArg, "--json")
        && asks.iter().any(|name| usage.contains(&format!("kore import {name}")))
    {
        // clap would explain how to pass `--json` as a value, which nobody wants.
        error.remove(ContextKind::Suggested);
        error.insert(ContextKind::SuggestedArg, ContextValue::String("--output json".to_owned()));
    }
    error
}

fn usage(error: &Error) -> String {
    error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default()
}
