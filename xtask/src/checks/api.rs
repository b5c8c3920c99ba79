//! Public signatures name only crates whose next major version is not a break of ours.
//!
//! The names come from rustdoc's JSON, which only nightly writes. It is read as plain JSON, since its
//! format changes too often for a dependency on one version of it.

mod policy;
mod walk;

use std::collections::BTreeSet;
use std::fs;

use anyhow::Context;
use serde_json::Value;

use super::verdict;
use crate::command::{execute, has_nightly, nightly_cargo};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

const CHECKED: [&str; 6] =
    ["kore-types", "kore-auth", "kore-protocol", "kore-transport", "kore-sdk", "kore-emulator"];

pub(crate) fn run(workspace: &Workspace, skipped: &mut Skipped) -> anyhow::Result<()> {
    if !has_nightly(workspace) {
        skipped.add("api", "there is no nightly toolchain (`rustup toolchain install nightly`)");
        return Ok(());
    }
    let mut complaints = Vec::new();
    for name in CHECKED {
        match workspace.member(name) {
            Some(_) => complaints.extend(leaks(name, &rustdoc_json(workspace, name)?)?),
            None => skipped.add(&format!("api of {name}"), "there is no such package"),
        }
    }
    verdict(&complaints)
}

fn rustdoc_json(workspace: &Workspace, name: &str) -> anyhow::Result<Value> {
    execute(
        nightly_cargo(workspace)
            .args(["rustdoc", "--quiet", "--locked", "--package", name, "--all-features", "--lib"])
            .args(["--", "-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"]),
    )?;
    let path = workspace.target_dir().join("doc").join(name.replace('-', "_") + ".json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    serde_json::from_str(&text).with_context(|| format!("cannot parse {path}"))
}

fn leaks(name: &str, rustdoc: &Value) -> anyhow::Result<BTreeSet<String>> {
    let foreign = walk::foreign_names(rustdoc).with_context(|| format!("cannot walk the items of {name}"))?;
    let leaks = foreign.into_iter().filter(|found| !policy::allows(name, &found.file, &found.krate));
    Ok(leaks
        .map(|leak| format!("{}:{}: the public {} names `{}`", leak.file, leak.line, leak.item, leak.path))
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `pub fn connect(_: &impl http::A) -> hyper::Client` as rustdoc writes it.
    fn document(krate: &str) -> Value {
        json!({
            "root": 0,
            "index": {
                "0": {"crate_id": 0, "name": "kore_sdk", "visibility": "public",
                      "span": {"filename": "crates/kore-sdk/src/lib.rs", "begin": [1, 1], "end": [9, 1]},
                      "inner": {"module": {"items": [1], "is_crate": true}}},
                "1": {"crate_id": 0, "name": "connect", "visibility": "public",
                      "span": {"filename": "crates/kore-sdk/src/lib.rs", "begin": [7, 1], "end": [9, 1]},
                      "inner": {"function": {"sig": {
                          "inputs": [["_", {"borrowed_ref": {"type": {"primitive": "str"}}}]],
                          "output": {"resolved_path": {"path": "Client", "id": 2, "args": null}}}}}},
            },
            "paths": {"2": {"crate_id": 5, "path": [krate, "Client"], "kind": "struct"}},
            "external_crates": {"5": {"name": krate}},
        })
    }

    #[test]
    fn a_leak_is_shown_with_its_place() {
        let found = leaks("kore-sdk", &document("hyper")).expect("can be walked");
        let expected = "crates/kore-sdk/src/lib.rs:7: the public function connect names `hyper::Client`";
        assert_eq!(Vec::from_iter(found), [expected]);
    }

    #[test]
    fn own_and_shared_crates_are_no_leak() {
        for krate in ["kore_types", "http", "std"] {
            assert!(leaks("kore-sdk", &document(krate)).expect("can be walked").is_empty(), "{krate}");
        }
    }

    #[test]
    fn json_of_another_form_is_an_error_and_no_pass() {
        assert!(leaks("kore-sdk", &json!({"items": []})).is_err());
    }
}
