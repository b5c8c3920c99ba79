//! Checks that kore-types without features needs serde and serde_json alone, and what these pull in.
//!
//! This asks `cargo tree`, because cargo-deny mixes in the features that other members ask for.

use crate::command::{cargo, output};
use crate::workspace::Workspace;

const ALLOWED: [&str; 12] = [
    "itoa",
    "kore-types",
    "memchr",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn",
    "unicode-ident",
    "zmij",
];

pub(super) fn complaints(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let selection = "--package kore-types --no-default-features --target all --edges normal";
    let tree = output(
        cargo(workspace)
            .args(["tree", "--locked", "--prefix", "none", "--format", "{p}"])
            .args(selection.split(' ')),
    )?;
    let why = |name| format!("{name} is there; `cargo tree {selection} --invert {name}` shows why");
    Ok(others(&tree).into_iter().map(why).collect())
}

/// The crates in the tree that are not allowed.
fn others(tree: &str) -> Vec<&str> {
    tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| !ALLOWED.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_crate_is_found() {
        let tree =
            "kore-types v0.1.0 (/w/crates/kore-types)\nserde v1.0.229\nschemars v1.2.3\nserde v1.0.229 (*)\n";
        assert_eq!(others(tree), ["schemars"]);
        assert!(others("kore-types v0.1.0\nserde_json v1.0.154\n").is_empty());
    }
}
