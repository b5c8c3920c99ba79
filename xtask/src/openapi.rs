//! `cargo xtask openapi`: writes the OpenAPI document from the code, or checks that the committed one is
//! current.

use std::fs;

use anyhow::{Context, bail};
use cargo_metadata::camino::Utf8PathBuf;

use crate::command::{cargo, output};
use crate::workspace::Workspace;

pub(crate) fn path(workspace: &Workspace) -> Utf8PathBuf {
    workspace.root().join("crates/kore-protocol/openapi.json")
}

/// Writes the document.
pub(crate) fn write(workspace: &Workspace) -> anyhow::Result<()> {
    let path = path(workspace);
    if !path.exists() {
        // The crate that makes it also includes it, so the file must be there.
        fs::write(&path, "").with_context(|| format!("cannot write {path}"))?;
    }
    let (old, new) = (read(workspace)?, document(workspace)?);
    fs::write(&path, &new).with_context(|| format!("cannot write {path}"))?;
    println!("{}: {}", workspace.relative(&path), if old == new { "is current" } else { "written anew" });
    Ok(())
}

/// Fails unless the committed document is the one that the code makes.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let path = path(workspace);
    match first_difference(&read(workspace)?, &document(workspace)?) {
        None => Ok(()),
        Some(difference) => bail!(
            "{} is not what the endpoints, refusals and models make; run `cargo xtask openapi` and commit \
             it\n{difference}",
            workspace.relative(&path)
        ),
    }
}

fn read(workspace: &Workspace) -> anyhow::Result<String> {
    let path = path(workspace);
    fs::read_to_string(&path).with_context(|| format!("cannot read {path}; `cargo xtask openapi` writes it"))
}

fn document(workspace: &Workspace) -> anyhow::Result<String> {
    output(cargo(workspace).args(["run", "--quiet", "--locked", "--package", "kore-protocol"]).args([
        "--features",
        "openapi",
        "--example",
        "openapi",
    ]))
}

fn first_difference(committed: &str, made: &str) -> Option<String> {
    if committed == made {
        return None;
    }
    let (old, new): (Vec<_>, Vec<_>) = (committed.lines().collect(), made.lines().collect());
    let at = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let line = |lines: &[&str]| lines.get(at).map_or("(no line)", |line| line.trim()).to_owned();
    Some(format!("line {}\n  committed: {}\n  made:      {}", at + 1, line(&old), line(&new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_shown() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        let difference = first_difference("a\n  b\nc\n", "a\n  x\nc\n").expect("they differ");
        assert_eq!(difference, "line 2\n  committed: b\n  made:      x");
        let shorter = first_difference("a\n", "a\nb\n").expect("they differ");
        assert_eq!(shorter, "line 2\n  committed: (no line)\n  made:      b");
        assert!(first_difference("a", "a\n").is_some(), "the newline at the end counts");
    }
}
