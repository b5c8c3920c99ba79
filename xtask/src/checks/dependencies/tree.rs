//! Reads what `cargo tree --prefix depth` prints.

use std::ops::Range;

use anyhow::Context;

/// The depth stands before it.
pub(crate) const FORMAT: &str = "|{p}|{f}";

/// The lines of one or more trees, depth first.
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

struct Node {
    depth: usize,
    name: String,
    features: String,
}

impl Tree {
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let lines = text.lines().filter(|line| !line.is_empty());
        let nodes =
            lines.map(|line| Node::parse(line).with_context(|| format!("not a line of a tree: {line}")));
        Ok(Self { nodes: nodes.collect::<Result<_, _>>()? })
    }

    pub(crate) fn indices(&self) -> Range<usize> {
        0..self.nodes.len()
    }

    pub(crate) fn name(&self, index: usize) -> &str {
        &self.nodes[index].name
    }

    pub(crate) fn features(&self, index: usize) -> impl Iterator<Item = &str> {
        self.nodes[index].features.split(',')
    }

    /// The names right below the roots.
    pub(crate) fn direct(&self) -> Vec<&str> {
        self.nodes.iter().filter(|node| node.depth == 1).map(|node| node.name.as_str()).collect()
    }

    /// From the root to a node: `kore-auth > oauth > hyper`.
    pub(crate) fn path_to(&self, index: usize) -> String {
        let mut path = vec![self.name(index)];
        let mut depth = self.nodes[index].depth;
        for node in self.nodes[..index].iter().rev() {
            if node.depth < depth {
                path.push(&node.name);
                depth = node.depth;
            }
        }
        path.reverse();
        path.join(" > ")
    }
}

impl Node {
    fn parse(line: &str) -> Option<Self> {
        // `(*)` marks a package whose dependencies were printed before.
        let mut parts = line.trim_end_matches(" (*)").split('|');
        let (depth, package, features) = (parts.next()?, parts.next()?, parts.next()?);
        let name = package.split(' ').next()?;
        Some(Self { depth: depth.parse().ok()?, name: name.to_owned(), features: features.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREES: &str = "0|a v1.0.0 (/w/a)|\n1|b v1.0.0|x,y\n2|c v1.0.0 (proc-macro)|\n1|d v1.0.0|\n2|e v1.0.0|\n\n\
                         0|f v1.0.0|\n1|b v1.0.0|x,y (*)\n";

    #[test]
    fn a_path_climbs_to_the_root_of_its_own_tree() {
        let tree = Tree::parse(TREES).expect("two trees");
        let paths: Vec<_> = tree.indices().map(|index| tree.path_to(index)).collect();
        assert_eq!(paths, ["a", "a > b", "a > b > c", "a > d", "a > d > e", "f", "f > b"]);
    }

    #[test]
    fn features_are_read_with_or_without_the_mark_of_a_repetition() {
        let tree = Tree::parse(TREES).expect("two trees");
        for index in [1, 6] {
            assert_eq!(tree.features(index).collect::<Vec<_>>(), ["x", "y"]);
        }
    }

    #[test]
    fn a_line_of_another_form_is_refused() {
        assert!(Tree::parse("a v1.0.0").is_err());
    }
}
