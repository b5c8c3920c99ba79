//! Checks that features only add: each crate builds without any and with each one alone, and features
//! that a neighbour switches on in a shared crate change nothing.

use crate::command::{cargo, execute, has_subcommand};
use crate::skipped::Skipped;
use crate::tools;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    if tools::has(workspace, "cargo-hack", "each feature alone", skipped) {
        each_alone(workspace, skipped)?;
    }
    let neighbour = workspace.root().join("tests/neighbour/Cargo.toml");
    execute(cargo(workspace).args(["test", "--quiet", "--locked", "--manifest-path", neighbour.as_str()]))
}

fn each_alone(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    let has_clippy = has_subcommand(workspace, "clippy");
    if !has_clippy {
        skipped.add("lints of each feature", "clippy is not installed; `cargo check` runs instead");
    }
    let mut command = cargo(workspace);
    command.args(["hack", if has_clippy { "clippy" } else { "check" }, "--quiet", "--locked"]);
    command.args(["--workspace", "--ignore-private"]);
    // Other steps build with the default features and with all.
    command.args(["--each-feature", "--exclude-features", "default", "--exclude-all-features"]);
    // RUSTFLAGS would build every dependency again.
    if has_clippy {
        command.args(["--", "-D", "warnings"]);
    }
    execute(&mut command)
}
