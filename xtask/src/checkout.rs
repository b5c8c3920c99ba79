//! The repository's own files, without what was built or left there: copied for checks of a fresh
//! clone.

use std::fs;
use std::process::Command;

use anyhow::Context;
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};
use toml::Table;

use crate::command::{output, works};
use crate::workspace::Workspace;

/// Why a check that copies the files is skipped.
pub(crate) const UNKNOWN: &str = "git or its repository is missing, so that what belongs to it is not known";

/// Whether git can tell which files belong to the repository.
pub(crate) fn is_known(workspace: &Workspace) -> bool {
    works(git(workspace).arg("rev-parse"))
}

/// When the current commit was made, in seconds since 1970.
pub(crate) fn time(workspace: &Workspace) -> anyhow::Result<String> {
    output(git(workspace).args(["log", "-1", "--format=%ct"]))
}

/// Copies what a clone would have, and what is about to be added to it.
pub(crate) fn copy(workspace: &Workspace, to: &Utf8Path) -> anyhow::Result<()> {
    for file in files(workspace)? {
        let to = to.join(&file);
        let folder = to.parent().expect("every file is in a folder");
        fs::create_dir_all(folder).with_context(|| format!("cannot make {folder}"))?;
        fs::copy(workspace.root().join(&file), &to).with_context(|| format!("cannot copy {file} to {to}"))?;
    }
    Ok(())
}

/// The profiles of this workspace, for a manifest: with others, dependencies are built again.
pub(crate) fn profiles(workspace: &Workspace) -> anyhow::Result<String> {
    let manifest: Table = fs::read_to_string(workspace.root().join("Cargo.toml"))?.parse()?;
    Ok(match manifest.get("profile") {
        Some(profile) => Table::from_iter([("profile".to_owned(), profile.clone())]).to_string(),
        None => String::new(),
    })
}

fn files(workspace: &Workspace) -> anyhow::Result<Vec<Utf8PathBuf>> {
    let list = output(git(workspace).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let files = list.split_terminator('\0').map(Utf8PathBuf::from);
    // A file that was deleted but not yet committed is still listed.
    Ok(files.filter(|file| workspace.root().join(file).is_file()).collect())
}

fn git(workspace: &Workspace) -> Command {
    let mut git = Command::new("git");
    // Runners often check out as another user, which git distrusts.
    git.current_dir(workspace.root()).args(["-c", &format!("safe.directory={}", workspace.root())]);
    git
}
