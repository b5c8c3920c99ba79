//! The flags that this process was given, for the command that resumes a watch: it repeats them.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgAction, CommandFactory as _};

use super::Args;

/// The flags of the `watch` of that noun, such as `kore import watch`, as they were given to it or to `run`, but for those named. What is added to the
/// arguments later is among them of itself.
pub(crate) fn flags_of_watch(
    arguments: impl IntoIterator<Item = OsString>,
    noun: &str,
    without: &[&str],
) -> Vec<OsString> {
    let mut command = Args::command();
    let Ok(matches) = command.try_get_matches_from_mut(arguments) else { return Vec::new() };
    let import = matches.subcommand_matches(noun).and_then(|import| import.subcommand());
    // What `run` has beside these is not for the one that resumes.
    let Some(("watch" | "run", matches)) = import else { return Vec::new() };
    let definition = command
        .find_subcommand(noun)
        .and_then(|import| import.find_subcommand("watch"))
        .expect("it has just been matched");
    let mut flags = Vec::new();
    for argument in definition.get_arguments() {
        let id = argument.get_id().as_str();
        let is_given = matches.try_contains_id(id).unwrap_or(false)
            && matches.value_source(id) == Some(ValueSource::CommandLine);
        let Some(long) = argument.get_long().filter(|_| is_given && !without.contains(&id)) else { continue };
        let flag = OsString::from(format!("--{long}"));
        match argument.get_action() {
            ArgAction::Set | ArgAction::Append => {
                for value in matches.get_raw(id).into_iter().flatten() {
                    // Of one piece, so that a value may begin with a dash.
                    let mut piece = flag.clone();
                    piece.push("=");
                    piece.push(value);
                    flags.push(piece);
                }
            }
            _ => flags.push(flag),
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(line: &str) -> Vec<String> {
        let arguments = line.split(' ').map(OsString::from);
        let flags = flags_of_watch(arguments, "import", &["resume"]);
        flags.into_iter().map(|flag| flag.into_string().expect("UTF-8")).collect()
    }

    #[test]
    fn what_was_given_is_kept_and_what_is_default_is_not() {
        assert_eq!(
            kept("kore import watch bir-1 --timeout 5m - --fail-fast --resume [] -o json --host=x.example"),
            ["--fail-fast", "--timeout=5m", "--output=json", "--host=x.example"]
        );
        assert!(kept("kore import watch bir-1").is_empty());
    }

    #[test]
    fn of_a_run_those_are_kept_that_a_watch_has() {
        assert_eq!(
            kept("kore import run --into st-1 --full --yes bot/ -o json --interval 2s --client-id=cs-1"),
            ["--interval=2s", "--output=json", "--client-id=cs-1"]
        );
    }

    #[test]
    fn another_command_has_no_such_flags() {
        assert!(kept("kore import status bir-1 --timeout 5s").is_empty());
    }
}
