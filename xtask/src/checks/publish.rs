//! Checks the packages that others would get: they are complete, and build with the lowest versions that
//! they allow, and two of them without an operating system.

use std::fs;
use std::process::Command;

use anyhow::Context;
use cargo_metadata::Package;
use cargo_metadata::camino::Utf8Path;

use super::verdict;
use crate::checkout;
use crate::command::{cargo, execute, output};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

const WASM: &str = "wasm32-unknown-unknown";
/// What a page in a registry needs, and what the licences ask to be beside the code.
const FILES: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];

pub(crate) fn run(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    verdict(&workspace.crates().into_iter().flat_map(missing).collect::<Vec<_>>())?;
    without_a_system(workspace, skipped)?;
    lowest_versions(workspace, skipped)?;
    packages(workspace)
}

/// What a crate lacks to be found and read.
fn missing(package: &Package) -> Vec<String> {
    let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
    let files =
        FILES.iter().filter(|file| !folder.join(file).is_file()).map(|file| format!("the file {file}"));
    let keys = [
        ("description", package.description.is_some()),
        ("keywords", !package.keywords.is_empty()),
        ("categories", !package.categories.is_empty()),
        ("metadata.docs.rs", !package.metadata["docs"]["rs"].is_null()),
    ];
    let keys =
        keys.iter().filter(|(_, is_there)| !is_there).map(|(key, _)| format!("`{key}` in its manifest"));
    files.chain(keys).map(|what| format!("{}: {what} is missing", package.name)).collect()
}

/// The models and the protocol need no operating system.
fn without_a_system(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    let mut rustc = Command::new("rustc");
    let library = output(rustc.args(["--print", "target-libdir", "--target", WASM]))?;
    if !Utf8Path::new(library.trim()).is_dir() {
        let because = format!("the target {WASM} is not installed (`rustup target add {WASM}`)");
        skipped.add("kore-types and kore-protocol for WebAssembly", &because);
        return Ok(());
    }
    execute(cargo(workspace).args(["check", "--quiet", "--locked", "--target", WASM]).args([
        "--package",
        "kore-types",
        "--package",
        "kore-protocol",
    ]))
}

/// Each dependency at the lowest version that our manifests allow: what is too low is not found
/// otherwise, since everybody builds with later ones.
fn lowest_versions(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    if !checkout::is_known(workspace) {
        skipped.add("the lowest versions", checkout::UNKNOWN);
        return Ok(());
    }
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let folder = Utf8Path::from_path(folder.path()).context("the temporary folder has no plain name")?;
    checkout::copy(workspace, folder)?;
    let in_copy = || {
        let mut command = cargo(workspace);
        command.current_dir(folder).env("CARGO_TARGET_DIR", workspace.target_dir().join("lowest-versions"));
        command
    };
    // The option is not stable; what it finds is built by the stable compiler.
    execute(
        in_copy()
            .args(["-Z", "direct-minimal-versions", "generate-lockfile", "--quiet"])
            .env("RUSTC_BOOTSTRAP", "1"),
    )?;
    execute(
        in_copy()
            .args(["check", "--quiet", "--locked", "--workspace", "--all-features"])
            .env("CARGO_INCREMENTAL", "0"),
    )
}

/// The packages, unpacked beside each other, build with all that they hold.
///
/// Cargo's own verification unpacks them into its cache, where a later run finds the earlier files.
fn packages(workspace: &Workspace) -> anyhow::Result<()> {
    let crates = workspace.crates();
    let mut package = cargo(workspace);
    package.args(["package", "--quiet", "--locked", "--allow-dirty", "--no-verify"]);
    execute(package.args(crates.iter().flat_map(|package| ["--package", package.name.as_str()])))?;

    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let folder = Utf8Path::from_path(folder.path()).context("the temporary folder has no plain name")?;
    let mut manifest =
        String::from("[workspace]\nresolver = \"3\"\nmembers = [\"*-*\"]\n\n[patch.crates-io]\n");
    for package in crates {
        let name = format!("{}-{}", package.name, package.version);
        let archive = workspace.target_dir().join("package").join(format!("{name}.crate"));
        execute(Command::new("tar").args(["-xzf", archive.as_str(), "-C", folder.as_str()]))?;
        manifest += &format!("{} = {{ path = \"{name}\" }}\n", package.name);
    }
    manifest += &checkout::profiles(workspace)?;
    fs::write(folder.join("Cargo.toml"), manifest).context("cannot write a manifest")?;
    fs::copy(workspace.root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("cannot copy Cargo.lock")?;
    execute(
        cargo(workspace)
            .current_dir(folder)
            .args(["check", "--quiet", "--offline", "--workspace", "--all-targets", "--all-features"])
            .env("CARGO_TARGET_DIR", workspace.target_dir())
            .env("CARGO_INCREMENTAL", "0"),
    )
}
