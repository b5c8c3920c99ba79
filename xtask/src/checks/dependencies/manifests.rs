//! Checks that versions stand in the root manifest alone: members say `workspace = true`.

use std::fs;

use anyhow::Context;
use toml::{Table, Value};

use crate::workspace::Workspace;

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(crate) fn complaints(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut complaints = Vec::new();
    for member in workspace.members() {
        let path = workspace.relative(&member.manifest_path);
        let text =
            fs::read_to_string(&member.manifest_path).with_context(|| format!("cannot read {path}"))?;
        let manifest: Table = text.parse().with_context(|| format!("cannot parse {path}"))?;
        complaints.extend(own_versions(&manifest).iter().map(|complaint| format!("{path}: {complaint}")));
    }
    Ok(complaints)
}

fn own_versions(manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let per_target = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let tables = [manifest].into_iter().chain(per_target);
    let kinds = tables.flat_map(|table| KINDS.iter().filter_map(|kind| table.get(*kind)?.as_table()));
    kinds.flatten().filter_map(|(name, value)| own_version(name, value)).collect()
}

/// Beside `workspace = true`, cargo warns of keys that it ignores; so only its absence is checked.
fn own_version(name: &str, dependency: &Value) -> Option<String> {
    let inherits = dependency.get("workspace").and_then(Value::as_bool).unwrap_or(false);
    (!inherits).then(|| format!("`{name}` is not `workspace = true`; versions stand in the root manifest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(manifest: &str) -> Vec<String> {
        own_versions(&manifest.parse().expect("a manifest"))
    }

    #[test]
    fn inherited_dependencies_pass_whatever_features_they_ask_for() {
        let manifest = r#"
            [dependencies]
            serde.workspace = true
            http = { workspace = true, optional = true, features = ["std"] }
            [target.'cfg(unix)'.dev-dependencies]
            rustix = { workspace = true }
        "#;
        assert!(own(manifest).is_empty());
    }

    #[test]
    fn a_version_a_path_and_a_bare_string_are_found_in_every_kind_of_table() {
        let manifest = r#"
            [dependencies]
            serde = "1"
            [dev-dependencies]
            tokio = { version = "1", features = ["full"] }
            [build-dependencies]
            cc = { path = "../cc" }
            [target.'cfg(unix)'.dependencies]
            rustix = "1"
        "#;
        let found = own(manifest);
        for name in ["serde", "tokio", "cc", "rustix"] {
            assert!(
                found.iter().any(|complaint| complaint.contains(&format!("`{name}`"))),
                "{name}: {found:?}"
            );
        }
        assert_eq!(found.len(), 4);
    }
}
