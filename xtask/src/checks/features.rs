//! Features add: each crate builds without any, and with each one alone; and what a neighbour
//! switches on in a shared crate changes nothing.

use std::fs;

use anyhow::Context;
use cargo_metadata::Package;
use toml::Table;

use crate::command::{cargo, execute, has_subcommand};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    let has_clippy = has_subcommand(workspace, "clippy");
    if !has_clippy {
        skipped.add("lints of each feature", "clippy is not installed; `cargo check` runs instead");
    }
    for package in workspace.crates() {
        let own = own_features(package)?;
        for feature in [None].into_iter().chain(own.iter().map(Some)) {
            let mut command = cargo(workspace);
            command.arg(if has_clippy { "clippy" } else { "check" });
            command.args(["--quiet", "--locked", "--package", &package.name, "--no-default-features"]);
            if let Some(feature) = feature {
                command.args(["--features", feature]);
            }
            // Not RUSTFLAGS: that would build every dependency again.
            if has_clippy {
                command.args(["--", "-D", "warnings"]);
            }
            execute(&mut command)?;
        }
    }
    let neighbour = workspace.root().join("tests/neighbour/Cargo.toml");
    execute(cargo(workspace).args(["test", "--quiet", "--locked", "--manifest-path", neighbour.as_str()]))
}

/// Cargo's metadata lists implicit features too; the manifest has those that somebody wrote.
pub(super) fn own_features(package: &Package) -> anyhow::Result<Vec<String>> {
    let manifest = fs::read_to_string(&package.manifest_path)
        .with_context(|| format!("cannot read {}", package.manifest_path))?;
    Ok(features_of(&manifest.parse()?))
}

fn features_of(manifest: &Table) -> Vec<String> {
    let features = manifest.get("features").and_then(|features| features.as_table());
    let mut names: Vec<_> =
        features.into_iter().flat_map(Table::keys).filter(|name| *name != "default").cloned().collect();
    // Whether a table has the order of its file depends on who else uses the parser.
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_and_implicit_features_are_not_built_alone() {
        let manifest = r#"
            [features]
            default = ["tls"]
            tls = ["dep:rustls"]
            metrics = []
            [dependencies]
            rustls = { workspace = true, optional = true }
            clap = { workspace = true, optional = true }
        "#;
        assert_eq!(features_of(&manifest.parse().expect("a manifest")), ["metrics", "tls"]);
    }

    #[test]
    fn a_crate_may_have_no_features() {
        assert!(features_of(&Table::new()).is_empty());
    }
}
