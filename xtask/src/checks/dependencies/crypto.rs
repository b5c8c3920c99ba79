//! Checks that each feature switches on the crypto provider that it names, and no other.
//!
//! Cargo unifies features in a workspace, so a provider that is switched on here is on in other crates
//! too, and rustls panics there if it finds two. This asks `cargo tree`, because cargo-deny mixes in
//! the features that other members and their tests ask for.

use cargo_metadata::Package;

use crate::command::{cargo, output};
use crate::workspace::Workspace;

/// A choice: our feature, and the crates behind it.
struct Provider {
    feature: &'static str,
    crates: &'static [&'static str],
}

const PROVIDERS: [Provider; 2] = [
    Provider { feature: "aws-lc-rs", crates: &["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys"] },
    Provider { feature: "ring", crates: &["ring"] },
];

pub(super) fn complaints(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut complaints = Vec::new();
    for package in workspace.crates() {
        for (chosen, features) in selections(package) {
            let selection = format!("--package {} --no-default-features --features={features}", package.name);
            let tree = output(
                cargo(workspace)
                    .args(["tree", "--locked", "--target", "all", "--edges", "normal"])
                    .args(["--prefix", "none", "--format", "{p}"])
                    .args(selection.split(' ')),
            )?;
            complaints.extend(unchosen(&tree, chosen).into_iter().map(|found| {
                format!(
                    "{found} is there; `cargo tree --target all --edges normal {selection} --invert {found}` shows why"
                )
            }));
        }
    }
    Ok(complaints)
}

/// All other features of a crate, by themselves and with each provider.
fn selections(package: &Package) -> Vec<(Option<&'static str>, String)> {
    let is_provider = |name: &str| PROVIDERS.iter().any(|provider| provider.feature == name);
    let own = || package.features.keys().map(String::as_str).filter(|name| *name != "default");
    let others = || own().filter(|name| !is_provider(name));
    let chosen = PROVIDERS.iter().map(|provider| provider.feature);
    let chosen = chosen.filter(|feature| own().any(|name| name == *feature));
    let with = |chosen: Option<&'static str>| (chosen, others().chain(chosen).collect::<Vec<_>>().join(","));
    [None].into_iter().chain(chosen.map(Some)).map(with).collect()
}

/// The crates of providers other than the one that was chosen.
fn unchosen(tree: &str, chosen: Option<&str>) -> Vec<&'static str> {
    let has = |name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    let others = PROVIDERS.iter().filter(|provider| chosen != Some(provider.feature));
    others.flat_map(|provider| provider.crates).copied().filter(|name| has(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_was_chosen_passes_and_the_other_does_not() {
        let tree =
            "kore-sdk v0.1.0 (/w/crates/kore-sdk)\nrustls v0.23.40\naws-lc-rs v1.19.0\nrustls v0.23.40 (*)\n";
        assert!(unchosen(tree, Some("aws-lc-rs")).is_empty());
        assert_eq!(unchosen(tree, Some("ring")), ["aws-lc-rs"]);
        assert_eq!(unchosen(tree, None), ["aws-lc-rs"]);
        assert_eq!(unchosen("a v1.0.0\nring v0.17.14\n", Some("aws-lc-rs")), ["ring"]);
    }

    #[test]
    fn crates_that_only_sound_alike_pass() {
        assert!(unchosen("kore-sdk v0.1.0 (/w/ring)\nring-buffer v1.0.0\naws-lc v1.0.0\n", None).is_empty());
    }

    #[test]
    fn each_crate_is_tried_with_each_provider_and_with_none() {
        let workspace = Workspace::load().expect("the tests run in the workspace");
        let of = |name| selections(workspace.member(name).expect("a member"));
        assert_eq!(of("kore-types"), [(None, "schemars".to_owned())]);
        let all = [(None, "tls"), (Some("aws-lc-rs"), "tls,aws-lc-rs"), (Some("ring"), "tls,ring")];
        assert_eq!(of("kore-emulator"), all.map(|(chosen, features)| (chosen, features.to_owned())));
    }
}
