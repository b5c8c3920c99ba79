//! The programs of others that checks need and that come neither with Rust nor with this workspace.

use crate::command::has_subcommand;
use crate::skipped::Skipped;
use crate::workspace::Workspace;

/// A cargo subcommand and its version a line. `.ci/run` installs what is missing of them.
const TOOLS: &str = include_str!("../../.ci/tools");

/// Whether a tool is there; without it, `what` is skipped.
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
    fn what_is_not_installed_is_skipped_with_the_command_that_installs_it() {
        for tool in ["cargo-deny", "cargo-hack"] {
            let command = installation(tool);
            let (name, version) = command.rsplit_once(" --version ").expect("a version");
            assert_eq!(name, format!("cargo install --locked {tool}"));
            assert!(version.split('.').all(|number| number.parse::<u32>().is_ok()), "{version}");
        }
    }
}
