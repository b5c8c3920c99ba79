//! The checks by tools that come with Rust: rustfmt, clippy, tests, rustdoc.

use std::process::Command;

use crate::command::{cargo, execute, has_subcommand, works};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

pub(crate) fn fmt(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    if !has_subcommand(workspace, "fmt") {
        skipped.add("fmt", "rustfmt is not installed (`rustup component add rustfmt`)");
        return Ok(());
    }
    execute(cargo(workspace).args(["fmt", "--all", "--check"]))
}

pub(crate) fn clippy(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    if !has_subcommand(workspace, "clippy") {
        skipped.add("clippy", "clippy is not installed (`rustup component add clippy`)");
        return Ok(());
    }
    execute(
        cargo(workspace)
            .args(["clippy", "--workspace", "--all-targets", "--all-features", "--locked"])
            .args(["--", "-D", "warnings"]),
    )
}

pub(crate) fn test(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    if !works(Command::new("xmllint").arg("--version")) {
        skipped.add("the JUnit schema", "xmllint is not installed (Debian has it in libxml2-utils)");
    }
    execute(cargo(workspace).args(["test", "--workspace", "--all-features", "--locked"]))
}

pub(crate) fn doc(workspace: &Workspace) -> anyhow::Result<()> {
    execute(
        cargo(workspace)
            .args(["doc", "--workspace", "--no-deps", "--all-features", "--locked"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}
