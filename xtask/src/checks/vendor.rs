//! The workspace as a vendored folder: a workspace inside another one, without a network; and beside
//! neighbours that chose another crypto provider.

mod neighbours;

use std::fs;
use std::process::Command;

use anyhow::Context;
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};
use toml::Table;

use crate::command::{cargo, execute, output, works};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

const WORKSPACE: &str = r#"
[workspace]
resolver = "3"
members = ["app"]
exclude = ["vendor/kore-rs"]
"#;

const APP: &str = r#"
[package]
name = "app"
version = "0.1.0"
edition = "2024"

[dependencies]
kore-sdk = { path = "../vendor/kore-rs/crates/kore-sdk" }
"#;

const MAIN: &str = "\
use kore_sdk::Client;

fn main() {
    println!(\"{}\", std::any::type_name::<Client>());
}
";

pub(crate) fn run(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    if workspace.member("kore-sdk").is_none() {
        skipped.add("vendor", "there is no package kore-sdk");
        return Ok(());
    }
    if !works(git(workspace).arg("rev-parse")) {
        skipped.add("vendor", "git or its repository is missing, so that what belongs to it is not known");
        return Ok(());
    }
    let outer = tempfile::tempdir().context("cannot make a folder")?;
    let outer = Utf8Path::from_path(outer.path()).context("the temporary folder has no plain name")?;
    for file in files(workspace)? {
        copy(&workspace.root().join(&file), &outer.join("vendor/kore-rs").join(&file))?;
    }
    write(&outer.join("Cargo.toml"), &(WORKSPACE.to_owned() + &profiles(workspace)?))?;
    write(&outer.join("app/Cargo.toml"), APP)?;
    write(&outer.join("app/src/main.rs"), MAIN)?;
    copy(&workspace.root().join("Cargo.lock"), &outer.join("Cargo.lock"))?;

    execute(
        cargo(workspace)
            .current_dir(outer)
            .args(["check", "--quiet", "--offline"])
            .env("CARGO_TARGET_DIR", workspace.target_dir())
            // The folder is new each time: what is kept for the next build is of no use.
            .env("CARGO_INCREMENTAL", "0"),
    )?;
    neighbours::run(workspace, outer, skipped)
}

/// What a clone would have, and what is about to be added to it.
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

/// The same profiles as here, so that dependencies are not built again.
fn profiles(workspace: &Workspace) -> anyhow::Result<String> {
    let manifest: Table = fs::read_to_string(workspace.root().join("Cargo.toml"))?.parse()?;
    Ok(match manifest.get("profile") {
        Some(profile) => Table::from_iter([("profile".to_owned(), profile.clone())]).to_string(),
        None => String::new(),
    })
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()> {
    parent(to)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {from} to {to}"))?;
    Ok(())
}

fn write(path: &Utf8Path, text: &str) -> anyhow::Result<()> {
    parent(path)?;
    fs::write(path, text).with_context(|| format!("cannot write {path}"))
}

fn parent(path: &Utf8Path) -> anyhow::Result<()> {
    let folder = path.parent().expect("every file is in a folder");
    fs::create_dir_all(folder).with_context(|| format!("cannot make {folder}"))
}
