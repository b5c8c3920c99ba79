//! `cargo xtask dist`: makes the archive of a release for each target, tries it, and sums it up in
//! `SHA256SUMS`. What is put around the binary depends on the commit alone, so that the same binary
//! makes the same bytes again.

mod archive;
mod licences;
mod target;
mod tried;

use std::fs;
use std::process::Command;

use anyhow::{Context, bail};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use self::archive::Entry;
use self::target::Target;
use crate::checkout;
use crate::command::{cargo, execute, output};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

/// The profile in which releases are built. It takes minutes.
pub(crate) const PROFILE: &str = "dist";

/// Each shell, and the name under which it looks for the completions of `kore`.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "kore.bash"),
    ("elvish", "kore.elv"),
    ("fish", "kore.fish"),
    ("powershell", "_kore.ps1"),
    ("zsh", "_kore"),
];

/// What goes into an archive as it is: from the root of the repository, and its name.
const FILES: [(&str, &str); 4] = [
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("crates/kore-cli/README.md", "README.md"),
];

/// The step of `cargo xtask ci`: one archive, built as the tests are. With musl it is the static one,
/// which only a build shows to be static.
pub(crate) fn check(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    let host = target::host()?;
    let target = match Target::new(target::MUSL, &host).missing() {
        None => target::MUSL.to_owned(),
        Some(missing) => {
            skipped.add("the static archive", &missing);
            host
        }
    };
    run(workspace, &[target], "dev", skipped)
}

pub(crate) fn run(
    workspace: &Workspace,
    names: &[String],
    profile: &str,
    skipped: &mut Skipped,
) -> anyhow::Result<()> {
    let host = target::host()?;
    let mut targets = Vec::new();
    for target in if names.is_empty() { Target::all(&host) } else { Target::named(names, &host) } {
        match target.missing() {
            None => targets.push(target),
            Some(missing) if names.is_empty() => skipped.add(&format!("the archive for {target}"), &missing),
            Some(missing) => bail!("there can be no archive for {target}, because {missing}"),
        }
    }
    let folder = workspace.target_dir().join("archives");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder}"))?;
    let modified = modified(workspace)?;
    let shared = shared(workspace)?;
    let mut sums = String::new();
    for target in targets {
        let mut entries = shared.clone();
        let kore = build(workspace, &target, profile)?;
        entries.push(Entry { name: target.executable().to_owned(), bytes: read(&kore)?, is_program: true });
        entries.extend(licences::entries(workspace, &target)?);
        let name = format!("kore-{}-{target}", version(workspace)?);
        let archive = folder.join(format!("{name}.{}", target.extension()));
        let bytes = archive::write(&target, &name, entries, modified)?;
        fs::write(&archive, &bytes).with_context(|| format!("cannot write {archive}"))?;
        println!("{archive}: {:.1} MiB, the binary {:.1} MiB", mebibytes(&archive)?, mebibytes(&kore)?);
        tried::run(workspace, &target, &archive, &name, &version(workspace)?, skipped)?;
        sums += &archive::sum(&bytes, &format!("{name}.{}", target.extension()));
    }
    let file = folder.join("SHA256SUMS");
    fs::write(&file, &sums).with_context(|| format!("cannot write {file}"))?;
    print!("{file}:\n{sums}");
    Ok(())
}

/// The binary of a release for this machine.
pub(crate) fn binary(workspace: &Workspace) -> anyhow::Result<Utf8PathBuf> {
    let host = target::host()?;
    build(workspace, &Target::new(&host, &host), PROFILE)
}

fn version(workspace: &Workspace) -> anyhow::Result<String> {
    Ok(workspace.member("kore-cli").context("there is no package kore-cli")?.version.to_string())
}

/// The time that each file in an archive bears, in seconds since 1970.
fn modified(workspace: &Workspace) -> anyhow::Result<u64> {
    let (text, origin) = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => (text, "SOURCE_DATE_EPOCH"),
        Err(_) => {
            let time = checkout::time(workspace).context("without git, set SOURCE_DATE_EPOCH")?;
            (time, "the time of the commit")
        }
    };
    text.trim().parse().with_context(|| format!("{origin} is no number of seconds: {text:?}"))
}

/// What is the same for each target.
fn shared(workspace: &Workspace) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (file, name) in FILES {
        entries.push(Entry::file(name, read(&workspace.root().join(file))?));
    }
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let folder = Utf8Path::from_path(folder.path()).context("the temporary folder has no plain name")?;
    // A build for this machine, with the features of the tests, which may have built it already.
    execute(
        cargo(workspace).args(["build", "--quiet", "--locked", "--workspace", "--all-features"]).args([
            "--bin",
            "kore",
            "--example",
            "man_pages",
        ]),
    )?;
    let built = workspace.target_dir().join("debug");
    execute(Command::new(built.join("examples/man_pages")).arg(folder))?;
    for page in folder.read_dir_utf8().context("there are no manual pages")? {
        let page = page.context("there are no manual pages")?;
        entries.push(Entry::file(&format!("man/man1/{}", page.file_name()), read(page.path())?));
    }
    for (shell, name) in COMPLETIONS {
        let script = output(Command::new(built.join("kore")).args(["completions", shell]))?;
        entries.push(Entry::file(&format!("completions/{name}"), script));
    }
    Ok(entries)
}

fn build(workspace: &Workspace, target: &Target, profile: &str) -> anyhow::Result<Utf8PathBuf> {
    let mut cargo = cargo(workspace);
    cargo.args(["build", "--quiet", "--locked", "--package", "kore-cli", "--bin", "kore"]);
    cargo.args(["--profile", profile, "--target", target.name()]);
    // Where somebody keeps the sources of crates is nobody's business, and must not change the bytes.
    let home = std::env::var("CARGO_HOME").ok();
    let home = home.or_else(|| std::env::home_dir().map(|home| format!("{}/.cargo", home.display())));
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let flags = format!("{flags} --remap-path-prefix={}=cargo", home.context("set CARGO_HOME")?);
    execute(cargo.env("RUSTFLAGS", flags.trim()))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(workspace.target_dir().join(target.name()).join(folder).join(target.executable()))
}

fn read(file: &Utf8Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {file}"))
}

fn mebibytes(file: &Utf8Path) -> anyhow::Result<f64> {
    let length = fs::metadata(file).with_context(|| format!("cannot read {file}"))?.len();
    Ok(length as f64 / f64::from(1 << 20))
}
