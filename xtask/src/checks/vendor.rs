//! Builds the workspace as a folder inside another workspace, without a network, and beside neighbours
//! that chose another crypto provider.

mod neighbours;

use std::fs;

use anyhow::Context;
use cargo_metadata::camino::Utf8Path;

use crate::checkout;
use crate::command::{cargo, execute};
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
    if !checkout::is_known(workspace) {
        skipped.add("vendor", checkout::UNKNOWN);
        return Ok(());
    }
    let outer = tempfile::tempdir().context("cannot make a folder")?;
    let outer = Utf8Path::from_path(outer.path()).context("the temporary folder has no plain name")?;
    checkout::copy(workspace, &outer.join("vendor/kore-rs"))?;
    write(&outer.join("Cargo.toml"), &(WORKSPACE.to_owned() + &checkout::profiles(workspace)?))?;
    write(&outer.join("app/Cargo.toml"), APP)?;
    write(&outer.join("app/src/main.rs"), MAIN)?;
    fs::copy(workspace.root().join("Cargo.lock"), outer.join("Cargo.lock"))
        .context("cannot copy Cargo.lock")?;

    execute(
        cargo(workspace)
            .current_dir(outer)
            .args(["check", "--quiet", "--offline"])
            .env("CARGO_TARGET_DIR", workspace.target_dir())
            // The folder is new each time, so an incremental build could not be reused.
            .env("CARGO_INCREMENTAL", "0"),
    )?;
    neighbours::run(workspace, outer, skipped)
}

fn write(path: &Utf8Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().expect("every file is in a folder");
    fs::create_dir_all(folder).with_context(|| format!("cannot make {folder}"))?;
    fs::write(path, text).with_context(|| format!("cannot write {path}"))
}
