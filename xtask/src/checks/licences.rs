//! Licences and origins of everything that gets compiled, for any target.

use cargo_metadata::Package;
use spdx::{Expression, ParseMode};

use super::verdict;
use crate::workspace::Workspace;

/// What nobody who vendors this workspace has to ask a lawyer about.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let complaints: Vec<_> = workspace
        .packages()
        .iter()
        .flat_map(|package| {
            let licence = licence_complaint(package.license.as_deref());
            let origin = origin_complaint(package, workspace);
            let name = format!("{} {}", package.name, package.version);
            licence.into_iter().chain(origin).map(move |complaint| format!("{name}: {complaint}"))
        })
        .collect();
    println!("{} packages", workspace.packages().len());
    verdict(&complaints)
}

fn licence_complaint(licence: Option<&str>) -> Option<String> {
    let Some(licence) = licence else { return Some("no licence expression".to_owned()) };
    // Lax, because older packages write `MIT/Apache-2.0`.
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Err(error) => Some(format!("`{licence}` is not a licence expression: {}", error.reason)),
        Ok(expression) if expression.evaluate(|licence| ALLOWED.contains(&licence.to_string().as_str())) => {
            None
        }
        Ok(_) => Some(format!("`{licence}` is not allowed; allowed are {}", ALLOWED.join(", "))),
    }
}

fn origin_complaint(package: &Package, workspace: &Workspace) -> Option<String> {
    match &package.source {
        Some(source) if source.is_crates_io() => None,
        Some(source) => Some(format!("comes from {source}, not from crates.io")),
        None if workspace.member(&package.name).is_some_and(|member| member.id == package.id) => None,
        None => Some(format!("{} is outside of the workspace", package.manifest_path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(licence: &str) -> bool {
        licence_complaint(Some(licence)).is_none()
    }

    #[test]
    fn permissive_licences_pass() {
        for licence in ["MIT", "MIT OR Apache-2.0", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(allows(licence), "{licence}");
        }
        assert!(allows("Apache-2.0 WITH LLVM-exception"));
    }

    #[test]
    fn one_allowed_side_of_an_or_is_enough_but_not_of_an_and() {
        assert!(allows("MIT OR GPL-3.0-only"));
        assert!(!allows("MIT AND GPL-3.0-only"));
    }

    #[test]
    fn copyleft_unknown_and_missing_licences_fail() {
        for licence in ["GPL-3.0-or-later", "AGPL-3.0-only", "MPL-2.0", "LicenseRef-Ours", "Proprietary", ""]
        {
            assert!(!allows(licence), "{licence}");
        }
        assert!(licence_complaint(None).is_some());
    }

    #[test]
    fn an_exception_that_we_do_not_know_fails() {
        assert!(!allows("Apache-2.0 WITH Classpath-exception-2.0"));
    }

    fn package(source: Option<&str>) -> Package {
        let package = serde_json::json!({
            "name": "other", "version": "1.0.0", "id": "other", "source": source,
            "dependencies": [], "targets": [], "features": {}, "manifest_path": "/elsewhere/Cargo.toml",
        });
        serde_json::from_value(package).expect("has what a package needs")
    }

    #[test]
    fn only_crates_io_and_the_workspace_are_origins() {
        let workspace = Workspace::load().expect("the tests run in the workspace");
        let complaint = |source| origin_complaint(&package(source), &workspace);
        let dependency = workspace.packages().iter().find(|package| package.name == "serde_json");
        let member = workspace.member("xtask").expect("the tests are in it");

        assert_eq!(origin_complaint(dependency.expect("xtask depends on it"), &workspace), None);
        assert_eq!(origin_complaint(member, &workspace), None);
        assert!(complaint(Some("git+https://example.com/other#0123")).is_some());
        assert!(complaint(Some("registry+https://example.com/index")).is_some());
        assert!(complaint(None).expect("a path").contains("outside of the workspace"));
    }
}
