//! Runs other programs, and shows each command line.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// The cargo that runs this program, started in the root of the workspace.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace.root());
    forget_this_package(&mut command);
    command
}

/// The cargo of the nightly toolchain; only where [`has_nightly`].
pub(crate) fn nightly_cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]).current_dir(workspace.root());
    forget_this_package(&mut command);
    for toolchain in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(toolchain);
    }
    command
}

pub(crate) fn has_nightly(workspace: &Workspace) -> bool {
    works(nightly_cargo(workspace).arg("--version"))
}

/// Whether a cargo subcommand that comes separately (`fmt`, `clippy`) is installed.
pub(crate) fn has_subcommand(workspace: &Workspace, name: &str) -> bool {
    works(cargo(workspace).args([name, "--version"]))
}

pub(crate) fn works(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

pub(crate) fn execute(command: &mut Command) -> anyhow::Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command with much output, and shows that only if the command fails.
pub(crate) fn quiet(command: &mut Command) -> anyhow::Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let output = command.output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        bail!("`{line}` failed ({}):\n{}", output.status, said.concat().trim_end());
    }
    Ok(())
}

/// Runs a command that must succeed, and returns its standard output.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let line = shown(command);
    let output = command.output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{line}` failed ({}):\n{}", output.status, errors.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not print text"))
}

/// `cargo run` describes xtask in the environment. Build scripts that depend on these variables would
/// run again on each change between `cargo test` and `cargo xtask test`.
fn forget_this_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            command.env_remove(name);
        }
    }
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let settings = command.get_envs().filter_map(|(name, value)| {
        // More people may read a log than may use a token.
        let name_of = name.to_string_lossy();
        let is_secret = ["TOKEN", "JWT", "SECRET"].iter().any(|end| name_of.ends_with(end));
        let value = if is_secret { "…".into() } else { quoted(&value?.to_string_lossy()) };
        Some(format!("{}={value}", name.display()))
    });
    let program = std::path::Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let arguments = command.get_args().map(|argument| quoted(&argument.to_string_lossy()));
    settings.chain([program.display().to_string()]).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if word.contains([' ', '|', '*']) { format!("'{word}'") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/toolchains/stable/bin/cargo");
        command.env("RUSTDOCFLAGS", "-D warnings").env_remove("RUSTC").args(["doc", "--no-deps"]);
        assert_eq!(shown(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn a_token_is_not_shown() {
        let mut command = Command::new("curl");
        command.env("KORE_TOKEN", "a.b.c").env("KORE_JWT", "a.b.c").arg("--help");
        assert_eq!(shown(&command), "KORE_JWT=… KORE_TOKEN=… curl --help");
    }

    #[test]
    fn the_error_has_the_output_of_a_failing_command() {
        let error =
            output(Command::new("sh").args(["-c", "echo broken >&2; exit 3"])).expect_err("exit status 3");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        assert!(error.to_string().contains("broken"), "{error}");
    }
}
