//! `cargo xtask version`: gives the workspace another version, everywhere where one stands: manifests,
//! lock files, the changelog and the OpenAPI document.

use std::fs;

use anyhow::{Context, ensure};
use cargo_metadata::semver::Version;
use time::OffsetDateTime;

use crate::command::{cargo, quiet};
use crate::openapi;
use crate::workspace::Workspace;

/// Those with a lock file of their own, since they are no members.
const OTHERS: [&str; 2] = ["tests/fuzz/Cargo.toml", "tests/neighbour/Cargo.toml"];

pub(crate) fn set(workspace: &Workspace, new: &Version) -> anyhow::Result<()> {
    let old = &workspace.member("kore-cli").context("there is no package kore-cli")?.version;
    ensure!(new > old, "expected a version above {old}, found {new}");
    let today = OffsetDateTime::now_utc().date();
    edit(workspace, "CHANGELOG.md", |text| released(text, new, &today.to_string()))?;
    edit(workspace, "Cargo.toml", |text| Ok(with_version(text, old, new)))?;
    for manifest in [&["Cargo.toml"], &OTHERS[..]].concat() {
        // Without `--locked` it mends the lock file, and changes nothing else in it.
        let file = workspace.root().join(manifest);
        quiet(cargo(workspace).args([
            "metadata",
            "--format-version",
            "1",
            "--manifest-path",
            file.as_str(),
        ]))?;
    }
    openapi::write(workspace)
}

fn edit(
    workspace: &Workspace,
    file: &str,
    change: impl FnOnce(&str) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let path = workspace.root().join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    fs::write(&path, change(&text)?).with_context(|| format!("cannot write {path}"))
}

/// The version of the workspace, and those that its crates ask of each other.
fn with_version(manifest: &str, old: &Version, new: &Version) -> String {
    let is_ours = |line: &str| line.starts_with("version = ") || line.contains("path = \"crates/");
    let [old, new] = [old, new].map(|version| format!("version = \"{version}\""));
    let line = |line: &str| if is_ours(line) { line.replace(&old, &new) } else { line.to_owned() };
    manifest.lines().map(|text| line(text) + "\n").collect()
}

/// What was not released is of the new version.
fn released(changelog: &str, new: &Version, date: &str) -> anyhow::Result<String> {
    let heading = "## Unreleased\n";
    let (before, after) = changelog.split_once(heading).context("CHANGELOG.md has no part \"Unreleased\"")?;
    let changes = after.split("\n## ").next().unwrap_or_default();
    ensure!(!changes.trim().is_empty(), "CHANGELOG.md has nothing under \"Unreleased\"");
    Ok(format!("{before}{heading}\n## {new} - {date}\n{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Version = Version::new(0, 1, 0);
    const NEW: Version = Version::new(0, 2, 0);

    #[test]
    fn the_version_changes_for_our_crates_alone() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\nrust-version = \"1.90\"\n\
            kore-types = { path = \"crates/kore-types\", version = \"0.1.0\" }\n\
            other = { version = \"0.1.0\" }\n";
        let expected = "[workspace.package]\nversion = \"0.2.0\"\nrust-version = \"1.90\"\n\
            kore-types = { path = \"crates/kore-types\", version = \"0.2.0\" }\n\
            other = { version = \"0.1.0\" }\n";
        assert_eq!(with_version(manifest, &OLD, &NEW), expected);
    }

    #[test]
    fn what_was_not_released_is_of_the_new_version() {
        let changelog = "# Changelog\n\n## Unreleased\n\n- A.\n\n## 0.1.0 - 2026-01-01\n\n- B.\n";
        let expected = "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-02-03\n\n- A.\n\n\
            ## 0.1.0 - 2026-01-01\n\n- B.\n";
        assert_eq!(released(changelog, &NEW, "2026-02-03").expect("it has changes"), expected);
        let error = released(expected, &NEW, "2026-02-04").expect_err("there is nothing new");
        assert!(error.to_string().contains("nothing under"), "{error}");
    }
}
