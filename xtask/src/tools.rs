//! The cargo subcommands that some checks need and that must be installed separately.

use crate::command::has_subcommand;
use crate::skipped::Skipped;
use crate::workspace::Workspace;

/// A cargo subcommand and its version on each line. `.ci/run` installs those that are missing.
const TOOLS: &str = include_str!("../../.ci/tools");

/// Whether a tool is installed. If not, `what` is noted as skipped.
pub(crate) fn has(workspace: &Workspace, tool: &str, what: &str, skipped: &mut Skipped) -> bool {
    let is_there = has_subcommand(workspace, tool.trim_start_matches("cargo-"));
    if !is_there {
        skipped.add(what, &format!("{tool} is not installed (`{}`)", installation(tool)));
    }
    is_there
}

/// The command that installs a tool.
fn installation(tool: &str) -> String {
    let mut lines = TOOLS.lines().filter_map(|line| line.split_once(' '));
    let version = lines.find(|(name, _)| *name == tool).map(|(_, version)| version);
    format!("cargo install --locked {tool} --version {}", version.expect("each tool has its line"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_check_names_the_command_that_installs_its_tool() {
        for tool in ["cargo-deny", "cargo-hack"] {
            let command = installation(tool);
            let (name, version) = command.rsplit_once(" --version ").expect("a version");
            assert_eq!(name, format!("cargo install --locked {tool}"));
            assert!(version.split('.').all(|number| number.parse::<u32>().is_ok()), "{version}");
        }
    }
}
