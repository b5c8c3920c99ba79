//! One crypto provider at a time, and none that nobody chose.
//!
//! Cargo shares features in a workspace, so a provider feature that is switched on here is switched
//! on for a neighbour too: rustls and jsonwebtoken panic in its code if they find two.

use cargo_metadata::Package;

use super::tree::Tree;
use super::tree_of;
use crate::checks::features::own_features;
use crate::workspace::Workspace;

/// A choice: our feature, the crates behind it, and what switches them on in crates that others use.
struct Provider {
    feature: &'static str,
    crates: &'static [&'static str],
    switches: &'static [&'static str],
}

const PROVIDERS: [Provider; 2] = [
    Provider {
        feature: "aws-lc-rs",
        crates: &["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys"],
        switches: &["aws-lc-rs", "aws_lc_rs", "fips"],
    },
    Provider { feature: "ring", crates: &["ring"], switches: &["ring"] },
];

/// Crates that have such switches.
const SWITCHED: [&str; 6] =
    ["hyper-rustls", "jsonwebtoken", "rcgen", "rustls", "rustls-webpki", "tokio-rustls"];

/// The switches of jsonwebtoken, none of which is ours to set.
const NEVER: [&str; 2] = ["aws_lc_rs", "rust_crypto"];

pub(super) fn complaints(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let tree = tree_of(workspace, &["--workspace", "--all-features"])?;
    let mut complaints = jsonwebtoken_complaints(&tree);
    for package in workspace.crates() {
        for (allowed, features) in selections(package)? {
            let selection = ["--package", &package.name, "--no-default-features", "--features", &features];
            let tree = tree_of(workspace, &selection)?;
            let found = unchosen(&tree, allowed);
            complaints.extend(found.map(|found| format!("with features [{features}]: {found}")));
        }
    }
    Ok(complaints)
}

/// All other features of a crate, by themselves and with each provider.
fn selections(package: &Package) -> anyhow::Result<Vec<(Option<&'static str>, String)>> {
    let own = own_features(package)?;
    let is_provider = |name: &String| PROVIDERS.iter().any(|provider| provider.feature == *name);
    let (providers, others): (Vec<_>, Vec<_>) = own.into_iter().partition(is_provider);
    let with = |provider: &'static Provider| {
        let features = others.iter().map(String::as_str).chain([provider.feature]);
        (Some(provider.feature), features.collect::<Vec<_>>().join(","))
    };
    let chosen = PROVIDERS.iter().filter(|provider| providers.iter().any(|name| name == provider.feature));
    Ok([(None, others.join(","))].into_iter().chain(chosen.map(with)).collect())
}

/// What belongs to a provider other than the one that was chosen.
fn unchosen<'t>(tree: &'t Tree, chosen: Option<&'t str>) -> impl Iterator<Item = String> + 't {
    let others = PROVIDERS.iter().filter(move |provider| chosen != Some(provider.feature));
    others.flat_map(|provider| {
        tree.indices().filter_map(|index| {
            let name = tree.name(index);
            let switch = tree.features(index).find(|on| provider.switches.contains(on));
            let switch = switch.filter(|_| SWITCHED.contains(&name));
            match switch {
                Some(switch) => Some(format!("{} has `{switch}` on", tree.path_to(index))),
                None if provider.crates.contains(&name) => Some(format!("{} is there", tree.path_to(index))),
                None => None,
            }
        })
    })
}

fn jsonwebtoken_complaints(tree: &Tree) -> Vec<String> {
    let switches = tree.indices().filter(|index| tree.name(*index) == "jsonwebtoken");
    let on = switches.filter_map(|index| {
        let switch = tree.features(index).find(|on| NEVER.contains(on))?;
        Some(format!("{} has `{switch}` on, which breaks a neighbour's tokens", tree.path_to(index)))
    });
    on.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Tree {
        Tree::parse(text).expect("a tree")
    }

    fn found(text: &str, chosen: Option<&str>) -> Vec<String> {
        unchosen(&parsed(text), chosen).collect()
    }

    #[test]
    fn a_provider_that_was_chosen_passes_and_the_other_is_shown_with_its_path() {
        let tree = "0|kore-sdk v0.1.0|\n1|rustls v0.23.40|aws_lc_rs,std\n2|aws-lc-rs v1.19.0|\n";
        assert!(found(tree, Some("aws-lc-rs")).is_empty());
        let expected = ["kore-sdk > rustls has `aws_lc_rs` on", "kore-sdk > rustls > aws-lc-rs is there"];
        assert_eq!(found(tree, Some("ring")), expected);
        assert_eq!(found(tree, None), expected);
        assert_eq!(found("0|a v1.0.0|\n1|hyper-rustls v0.27.0|http1,ring (*)\n", None).len(), 1);
    }

    #[test]
    fn features_of_our_own_and_crates_that_only_sound_alike_pass() {
        let tree = "0|kore-sdk v0.1.0|aws-lc-rs\n1|kore-auth v0.1.0|ring\n1|ring-buffer v1.0.0|ring\n";
        assert!(found(tree, None).is_empty());
    }

    #[test]
    fn no_provider_of_jsonwebtoken_is_ever_on() {
        for feature in NEVER {
            let tree = format!("0|kore-auth v0.1.0|\n1|jsonwebtoken v11.1.0|{feature},use_pem (*)\n");
            assert_eq!(jsonwebtoken_complaints(&parsed(&tree)).len(), 1, "{feature}");
        }
        let plain = "0|kore-auth v0.1.0|\n1|jsonwebtoken v11.1.0|use_pem\n";
        assert!(jsonwebtoken_complaints(&parsed(plain)).is_empty());
    }
}
