//! What may depend on what.

mod crypto;
mod manifests;
mod tree;

use self::tree::Tree;
use super::verdict;
use crate::command::{cargo, output};
use crate::workspace::Workspace;

/// The crates that know no IO.
const SANS_IO: [&str; 3] = ["kore-types", "kore-auth", "kore-protocol"];

/// A trailing `*` stands for any rest of the name.
const IO: [&str; 9] =
    ["h2", "hyper*", "mio", "native-tls", "openssl*", "reqwest", "rustls*", "tokio*", "ureq"];

/// All that kore-types needs when no feature is on.
const BELOW_TYPES: [&str; 2] = ["serde", "serde_json"];

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let mut complaints = manifests::complaints(workspace)?;
    for name in SANS_IO.into_iter().filter(|name| workspace.member(name).is_some()) {
        let tree = tree_of(workspace, &["--package", name, "--all-features"])?;
        complaints.extend(io_complaints(&tree));
    }
    if workspace.member("kore-types").is_some() {
        let tree = tree_of(workspace, &["--package", "kore-types", "--no-default-features"])?;
        complaints.extend(types_complaint(&tree));
    }
    complaints.extend(crypto::complaints(workspace)?);
    verdict(&complaints)
}

/// Normal dependencies for all targets. `cargo tree` and not `cargo metadata`, whose graph mixes
/// in the features that other members and their tests ask for.
fn tree_of(workspace: &Workspace, selection: &[&str]) -> anyhow::Result<Tree> {
    let text = output(
        cargo(workspace)
            .args(["tree", "--locked", "--edges", "normal", "--target", "all"])
            .args(["--prefix", "depth", "--format", tree::FORMAT])
            .args(selection),
    )?;
    Tree::parse(&text)
}

fn io_complaints(tree: &Tree) -> Vec<String> {
    let is_io = |name: &str| {
        IO.iter().any(|io| match io.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *io,
        })
    };
    tree.indices()
        .filter(|index| is_io(tree.name(*index)))
        .map(|index| format!("IO in a sans-IO crate: {}", tree.path_to(index)))
        .collect()
}

fn types_complaint(tree: &Tree) -> Option<String> {
    let direct = tree.direct();
    (direct != BELOW_TYPES).then(|| {
        format!(
            "kore-types without features depends on {}, not on {} alone",
            direct.join(", "),
            BELOW_TYPES.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Tree {
        Tree::parse(text).expect("a tree")
    }

    #[test]
    fn io_in_a_sans_io_crate_is_shown_with_the_path_that_leads_there() {
        let tree = parsed(
            "0|kore-auth v0.1.0 (/w/crates/kore-auth)|\n\
             1|kore-types v0.1.0 (/w/crates/kore-types)|\n\
             1|oauth v2.0.0|default\n\
             2|hyper-util v0.1.20|tokio\n",
        );
        assert_eq!(io_complaints(&tree), ["IO in a sans-IO crate: kore-auth > oauth > hyper-util"]);
    }

    #[test]
    fn names_that_only_look_like_io_pass() {
        let tree = parsed("0|kore-protocol v0.1.0|\n1|http v1.4.0|std\n1|h2o v1.0.0|\n1|my-tokio v1.0.0|\n");
        assert!(io_complaints(&tree).is_empty());
    }

    #[test]
    fn kore_types_has_two_dependencies_and_what_these_pull_in() {
        let plain = "0|kore-types v0.1.0|\n1|serde v1.0.0|std\n2|serde_core v1.0.0|\n1|serde_json v1.0.0|\n";
        assert_eq!(types_complaint(&parsed(plain)), None);

        let more = types_complaint(&parsed(&format!("{plain}1|uuid v1.0.0|\n"))).expect("one too many");
        assert!(more.contains("serde, serde_json, uuid"), "{more}");
        assert!(types_complaint(&parsed("0|kore-types v0.1.0|\n1|serde v1.0.0|\n")).is_some());
    }
}
