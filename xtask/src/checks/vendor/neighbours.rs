//! Workspaces whose own code uses jsonwebtoken and rustls with another crypto provider than ours. Their
//! code works and ours works, except for the one collision that docs/vendoring.md describes.
//!
//! jsonwebtoken's `rust_crypto` pulls in a crate with a known advisory. It is in these workspaces alone,
//! and in no lock file of this repository.

use std::fs;

use anyhow::{Context, bail, ensure};
use cargo_metadata::camino::Utf8Path;
use toml::{Table, Value};

use super::write;
use crate::checkout;
use crate::command::{cargo, execute, works};
use crate::skipped::Skipped;
use crate::workspace::Workspace;

/// What rustls says when it finds two providers, in lower case. The documents quote it.
const COLLISION: &str = "could not automatically determine the process-level cryptoprovider";

/// The line that avoids the collision, as the documents have it.
const RING: &str = r#"kore-sdk = { path = "../vendor/kore-rs/crates/kore-sdk", default-features = false, features = ["hyper", "ring"] }"#;

const DEFAULT: &str = r#"kore-sdk = { path = "../vendor/kore-rs/crates/kore-sdk" }"#;

const NEITHER: &str = r#"kore-sdk = { path = "../vendor/kore-rs/crates/kore-sdk", default-features = false, features = ["hyper"] }"#;

struct Neighbour {
    name: &'static str,
    kore_sdk: &'static str,
    /// The provider of the emulator, if there is one.
    emulator: Option<&'static str>,
    main: &'static str,
}

const NEIGHBOURS: [Neighbour; 3] = [
    Neighbour {
        name: "two-providers",
        kore_sdk: DEFAULT,
        emulator: Some("aws-lc-rs"),
        main: include_str!("neighbours/two_providers.rs"),
    },
    Neighbour {
        name: "one-provider",
        kore_sdk: RING,
        emulator: Some("ring"),
        main: include_str!("neighbours/one_provider.rs"),
    },
    Neighbour {
        name: "no-provider",
        kore_sdk: NEITHER,
        emulator: None,
        main: include_str!("neighbours/no_provider.rs"),
    },
];

/// Builds and runs them in the folder that holds `vendor/kore-rs`.
pub(super) fn run(workspace: &Workspace, outer: &Utf8Path, skipped: &mut Skipped) -> anyhow::Result<()> {
    is_documented(workspace)?;
    let members = NEIGHBOURS.map(|neighbour| format!("{:?}", neighbour.name)).join(", ");
    let root = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{members}]\nexclude = [\"vendor/kore-rs\"]\n{}",
        checkout::profiles(workspace)?
    );
    write(&outer.join("Cargo.toml"), &root)?;
    for neighbour in &NEIGHBOURS {
        let folder = outer.join(neighbour.name);
        write(&folder.join("Cargo.toml"), &neighbour.manifest(workspace)?)?;
        write(&folder.join("collision.txt"), COLLISION)?;
        write(&folder.join("src/main.rs"), neighbour.main)?;
        write(&folder.join("src/theirs.rs"), include_str!("neighbours/theirs.rs"))?;
        write(&folder.join("src/ours.rs"), include_str!("neighbours/ours.rs"))?;
    }
    if !has_crates(workspace, outer) {
        skipped.add(
            "the neighbours of the vendor check",
            "their crates are not there and the package registry cannot be reached",
        );
        return Ok(());
    }
    for neighbour in &NEIGHBOURS {
        execute(
            cargo(workspace)
                .current_dir(outer)
                .args(["run", "--quiet", "--offline", "--package", neighbour.name])
                .env("CARGO_TARGET_DIR", workspace.target_dir())
                .env("CARGO_INCREMENTAL", "0"),
        )?;
    }
    Ok(())
}

impl Neighbour {
    fn manifest(&self, workspace: &Workspace) -> anyhow::Result<String> {
        // The same versions, so that there is one of each crate, with the features of both.
        let [jsonwebtoken, rustls] = ["jsonwebtoken", "rustls"].map(|name| requirement(workspace, name));
        let emulator = self.emulator.map(|provider| {
            format!(
                "kore-emulator = {{ path = \"../vendor/kore-rs/crates/kore-emulator\", \
                 default-features = false, features = [\"tls\", {provider:?}] }}\n"
            )
        });
        Ok(format!(
            "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             {kore_sdk}\n{emulator}\
             jsonwebtoken = {{ version = {jsonwebtoken:?}, default-features = false, features = [\"rust_crypto\"] }}\n\
             rustls = {{ version = {rustls:?}, default-features = false, features = [\"ring\", \"std\", \"tls12\"] }}\n\
             serde_json = \"1\"\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n",
            name = self.name,
            kore_sdk = self.kore_sdk,
            emulator = emulator.unwrap_or_default(),
            jsonwebtoken = jsonwebtoken?,
            rustls = rustls?,
        ))
    }
}

/// The version that our root manifest asks for.
fn requirement(workspace: &Workspace, name: &str) -> anyhow::Result<String> {
    let manifest: Table = fs::read_to_string(workspace.root().join("Cargo.toml"))?.parse()?;
    let dependency = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")?.get(name));
    let version = dependency.and_then(|dependency| dependency.get("version")).and_then(Value::as_str);
    version.map(str::to_owned).with_context(|| format!("the root manifest has no version of {name}"))
}

/// Whether the crates that these workspaces need beyond ours are there or can be downloaded.
fn has_crates(workspace: &Workspace, outer: &Utf8Path) -> bool {
    let resolve = |network: &[&str]| {
        works(
            cargo(workspace)
                .current_dir(outer)
                .args(["tree", "--quiet", "--edges", "normal,build"])
                .args(network),
        )
    };
    resolve(&["--offline"]) || resolve(&[])
}

/// Checks that the documents have the line, and the words for which people will search.
fn is_documented(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    let mut text = fs::read_to_string(root.join("README.md")).context("cannot read README.md")?;
    if let Ok(docs) = root.join("docs").read_dir_utf8() {
        for entry in docs {
            let path = entry?.into_path();
            if path.extension() == Some("md") {
                text += &fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
            }
        }
    }
    ensure!(text.contains(RING), "neither the README nor docs/ has the line `{RING}`");
    if !text.to_lowercase().contains(COLLISION) {
        bail!("neither the README nor docs/ has the words of the collision: {COLLISION}");
    }
    Ok(())
}
