//! One source file as the rules see it: line by line, since rustfmt has laid it out.

use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

pub(crate) struct Source {
    path: Utf8PathBuf,
    text: String,
}

impl Source {
    /// `path` starts at the root of the workspace.
    pub(crate) fn new(path: &Utf8Path, text: String) -> Self {
        Self { path: path.to_owned(), text }
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }

    pub(crate) fn file_name(&self) -> &str {
        self.path.file_name().expect("a file has a name")
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether this belongs to what is built of one of these crates: `crates/<name>/src`.
    pub(crate) fn is_product_of(&self, crates: &[&str]) -> bool {
        crates.iter().any(|name| self.path.starts_with(format!("crates/{name}/src")))
    }

    /// Whether a line is this and nothing else.
    pub(crate) fn has_line(&self, wanted: &str) -> bool {
        self.text.lines().any(|line| line == wanted)
    }

    /// The lines with their numbers, from 1, but for those that are comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Those of the product: without tests, which stand in files and in modules of their own.
    pub(crate) fn product(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test_file = self.path.iter().any(|part| part == "tests" || part == "tests.rs")
            || self.has_line("#![cfg(test)]");
        let (mut is_for_tests, mut in_tests) = (false, false);
        self.code().filter(move |(_, line)| {
            in_tests |= is_for_tests && line.starts_with("mod ") && line.ends_with('{');
            is_for_tests = *line == "#[cfg(test)]";
            let is_product = !in_tests && !is_test_file;
            in_tests &= *line != "}";
            is_product
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(path: &str, text: &str) -> Vec<String> {
        Source::new(path.into(), text.to_owned()).product().map(|(_, line)| line.to_owned()).collect()
    }

    #[test]
    fn comments_and_test_modules_are_no_product_and_what_follows_them_is() {
        let text = "//! a\nb();\n    // c\n#[cfg(test)]\nmod tests {\n    fn d() {\n    }\n}\ne();\n#[cfg(test)]\nmod f;\ng();\n";
        let lines = product("crates/kore-types/src/a.rs", text);
        assert_eq!(lines, ["b();", "#[cfg(test)]", "e();", "#[cfg(test)]", "mod f;", "g();"]);
    }

    #[test]
    fn a_file_of_tests_has_no_product() {
        for path in ["crates/kore-types/src/json/tests.rs", "crates/kore-types/src/json/tests/more.rs"] {
            assert!(product(path, "now();").is_empty(), "{path}");
        }
        assert!(product("crates/kore-types/src/a.rs", "#![cfg(test)]\nnow();").is_empty());
    }

    #[test]
    fn a_crate_is_known_by_its_folder() {
        let of = |path: &str| Source::new(path.into(), String::new()).is_product_of(&["kore-auth"]);
        assert!(of("crates/kore-auth/src/claims.rs"));
        assert!(!of("crates/kore-auth/tests/a.rs"));
        assert!(!of("crates/kore-auth-more/src/a.rs"));
    }
}
