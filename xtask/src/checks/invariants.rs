//! Checks rules of ARCHITECTURE.md in the source itself, and names file and line of each fault.

mod below_facade;
mod endpoint;
mod own_folder;
mod paths;
mod source;
mod tidy;

use std::fs;

use anyhow::Context;
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use self::source::Source;
use super::verdict;
use crate::workspace::Workspace;

const RULES: [fn(&Source) -> Vec<Complaint>; 5] =
    [tidy::check, below_facade::check, endpoint::check, own_folder::check, paths::check];

/// A fault and its line.
struct Complaint {
    line: usize,
    text: String,
}

impl Complaint {
    fn new(line: usize, text: impl Into<String>) -> Self {
        Self { line, text: text.into() }
    }
}

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for folder in ["crates", "tests", "xtask"] {
        collect(&workspace.root().join(folder), &mut files)?;
    }
    files.sort();

    let mut complaints = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        let source = Source::new(workspace.relative(path), text);
        for complaint in RULES.iter().flat_map(|rule| rule(&source)) {
            complaints.push(format!("{}:{}: {}", source.path(), complaint.line, complaint.text));
        }
    }
    println!("{} files", files.len());
    verdict(&complaints)
}

/// The `.rs` files of a folder, without what was built or generated.
fn collect(folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in folder.read_dir_utf8().with_context(|| format!("cannot list {folder}"))? {
        let entry = entry?;
        let generated = ["target", "corpus", "artifacts"].contains(&entry.file_name());
        if entry.file_type()?.is_dir() {
            if !generated && !entry.file_name().starts_with('.') {
                collect(entry.path(), files)?;
            }
        } else if entry.path().extension() == Some("rs") {
            files.push(entry.into_path());
        }
    }
    Ok(())
}
