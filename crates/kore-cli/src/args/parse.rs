//! Reading the arguments, with advice about those that are nearly right.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Error, FromArgMatches as _, Parser as _};

use super::Args;

impl Args {
    /// Those of this process.
    pub(crate) fn of_process() -> Result<Self, Error> {
        Self::try_parse().or_else(|error| match error.kind() {
            ErrorKind::MissingRequiredArgument => Self::without_id(),
            _ => Err(advised(error)),
        })
    }

    /// As if no id were needed: it is told as missing together with the settings that are.
    fn without_id() -> Result<Self, Error> {
        let status = |status: clap::Command| status.mut_arg("id", |id| id.required(false));
        let import = |import: clap::Command| import.mut_subcommand("status", status);
        Self::from_arg_matches(&Self::command().mut_subcommand("import", import).try_get_matches()?)
    }
}

/// Adds what is meant by what is common elsewhere.
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
        // How to pass it as a value helps no one.
        error.remove(ContextKind::Suggested);
        error.insert(ContextKind::SuggestedArg, ContextValue::String("--output json".to_owned()));
    }
    error
}

fn usage(error: &Error) -> String {
    error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default()
}
