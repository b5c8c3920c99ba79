//! Checks what may depend on what. cargo-deny judges by `deny.toml` and the files in `xtask/deny`; the
//! code here checks rules that no tool knows.

mod crypto;
mod manifests;
mod types;

use cargo_metadata::Package;

use super::verdict;
use crate::command::{cargo, execute};
use crate::skipped::Skipped;
use crate::tools;
use crate::workspace::Workspace;

/// The members that cargo-deny judges one by one after the whole workspace, by `sans-io.toml`.
const ALONE: [&str; 3] = ["kore-types", "kore-auth", "kore-protocol"];

pub(crate) fn run(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    let mut complaints = manifests::complaints(workspace)?;
    complaints.extend(
        workspace.packages().iter().filter_map(|package| path_complaint(package, workspace.members())),
    );
    complaints.extend(types::complaints(workspace)?);
    complaints.extend(crypto::complaints(workspace)?);
    if tools::has(workspace, "cargo-deny", "dependencies, licences and origins", skipped) {
        complaints.extend(deny(workspace).into_iter().map(|error| error.to_string()));
    }
    verdict(&complaints)
}

/// What failed; cargo-deny says why as it runs.
fn deny(workspace: &Workspace) -> Vec<anyhow::Error> {
    let judged = |options: &[&str], checks: &[&str]| {
        // Offline: cargo has described all packages to this program, so they are here.
        execute(
            cargo(workspace).args(["deny", "--locked", "--offline"]).args(options).arg("check").args(checks),
        )
    };
    let whole = judged(&[], &["bans", "licenses", "sources"]);
    let file = workspace.root().join("xtask/deny/sans-io.toml");
    let alone = ALONE.into_iter().map(|name| {
        let manifest = workspace.root().join("crates").join(name).join("Cargo.toml");
        judged(&["--config", file.as_str(), "--manifest-path", manifest.as_str()], &["bans"])
    });
    [whole].into_iter().chain(alone).filter_map(Result::err).collect()
}

/// A dependency outside of the workspace by path: nobody else has that folder. cargo-deny does not
/// see it, since it has no origin.
fn path_complaint(package: &Package, members: Vec<&Package>) -> Option<String> {
    let is_path = package.source.is_none() && members.iter().all(|member| member.id != package.id);
    is_path.then(|| format!("{}: {} is outside of the workspace", package.name, package.manifest_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_outside_of_the_workspace_is_no_origin() {
        let workspace = Workspace::load().expect("the tests run in the workspace");
        let outside = serde_json::from_value(serde_json::json!({
            "name": "other", "version": "1.0.0", "id": "other", "source": null,
            "dependencies": [], "targets": [], "features": {}, "manifest_path": "/elsewhere/Cargo.toml",
        }));
        let complaint = path_complaint(&outside.expect("a package"), workspace.members());
        assert_eq!(complaint.as_deref(), Some("other: /elsewhere/Cargo.toml is outside of the workspace"));
        for package in workspace.packages() {
            assert_eq!(path_complaint(package, workspace.members()), None);
        }
    }
}
