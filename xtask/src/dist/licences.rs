//! The licences of all that is in the binary: each crate with its version, its licence and the texts
//! that it comes with, each text once; and those of the libraries that come with the compiler.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, bail};
use cargo_metadata::Package;
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use super::archive::Entry;
use super::target::Target;
use crate::command::{cargo, output};
use crate::workspace::Workspace;

/// How the name of such a file begins.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
/// What begins so and is no text for people.
const SOURCES: [&str; 9] = ["c", "cfg", "h", "html", "json", "py", "rs", "toml", "yml"];

pub(crate) fn entries(workspace: &Workspace, target: &Target) -> anyhow::Result<Vec<Entry>> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let rust = Utf8Path::new(sysroot.trim()).join("share/doc/rust/COPYRIGHT-library.html");
    let mut entries = vec![
        Entry::file("licenses/THIRD-PARTY.txt", text(&linked(workspace, target)?)?),
        Entry::file("licenses/RUST-STANDARD-LIBRARY.html", super::read(&rust)?),
    ];
    if let Some((name, file)) = target.c_library_licence() {
        entries.push(Entry::file(&format!("licenses/{name}.txt"), super::read(file)?));
    }
    Ok(entries)
}

/// The crates of others whose code is in the binary.
fn linked<'w>(workspace: &'w Workspace, target: &Target) -> anyhow::Result<Vec<&'w Package>> {
    let mut tree = cargo(workspace);
    tree.args(["tree", "--quiet", "--locked", "--package", "kore-cli", "--target", target.name()]);
    let tree = output(tree.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]))?;
    let mut packages = BTreeMap::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(" v").with_context(|| format!("not a package: {line}"))?;
        let version = rest.split(' ').next().unwrap_or_default();
        let is_it = |package: &&Package| package.name == name && package.version.to_string() == version;
        let package = workspace.packages().iter().find(is_it).with_context(|| format!("unknown: {line}"))?;
        if package.source.is_some() {
            packages.insert((package.name.to_string(), package.version.clone()), package);
        }
    }
    Ok(packages.into_values().collect())
}

fn text(packages: &[&Package]) -> anyhow::Result<String> {
    let mut list = String::from("The binary kore holds code of these crates.\n\n");
    let mut texts = Vec::<String>::new();
    let mut without = Vec::new();
    for package in packages {
        let mut numbers = Vec::new();
        for text in texts_of(package)? {
            let known = texts.iter().position(|one| *one == text);
            numbers.push(
                1 + known.unwrap_or_else(|| {
                    texts.push(text);
                    texts.len() - 1
                }),
            );
        }
        numbers.dedup();
        if numbers.is_empty() {
            without.push(format!("{} {}", package.name, package.version));
        }
        let licence = package.license.as_deref().unwrap_or("see its text");
        let numbers = numbers.iter().map(|number| format!("[{number}]")).collect::<Vec<_>>().join(" ");
        write!(list, "{} {}\n  {licence}; {numbers}\n", package.name, package.version)?;
        if let Some(repository) = &package.repository {
            writeln!(list, "  {repository}")?;
        }
    }
    if !without.is_empty() {
        bail!("these crates come without the text of their licence: {}", without.join(", "));
    }
    for (at, text) in texts.iter().enumerate() {
        write!(list, "\n{}\n[{}]\n\n{text}\n", "=".repeat(80), at + 1)?;
    }
    Ok(list)
}

/// The texts in a package, with plain line ends. A C library inside has its own.
fn texts_of(package: &Package) -> anyhow::Result<Vec<String>> {
    let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
    let mut files = Vec::new();
    find(folder, &mut files).with_context(|| format!("cannot read {folder}"))?;
    files.extend(package.license_file());
    files.sort();
    files.dedup();
    files.iter().map(|file| plain(file)).collect()
}

fn find(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> std::io::Result<()> {
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_ascii_uppercase());
        if entry.file_type()?.is_dir() {
            find(path, files)?;
        } else if NAMES.iter().any(|start| name.starts_with(start))
            && path.extension().is_none_or(|extension| !SOURCES.contains(&extension))
        {
            files.push(path.to_owned());
        }
    }
    Ok(())
}

fn plain(file: &Utf8Path) -> anyhow::Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {file}"))?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim_end).collect::<Vec<_>>();
    Ok(lines.join("\n").trim_matches('\n').to_owned())
}
