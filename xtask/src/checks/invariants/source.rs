//! A source file for the rules: its path, its code, its strings, without the test modules.

use std::iter::once;
use std::ops::Range;

use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use super::mask::mask;

pub(crate) struct Source {
    path: Utf8PathBuf,
    text: String,
    code: String,
    product_strings: String,
}

impl Source {
    /// `path` starts at the root of the workspace.
    pub(crate) fn new(path: &Utf8Path, text: String) -> Self {
        let whole = mask(&text);
        let in_tests = path.iter().any(|part| part == "tests" || part == "tests.rs");
        let is_test = in_tests || whole.code.contains("#![cfg(test)]");
        let tests = if is_test { once(0..text.len()).collect() } else { test_modules(&whole.code) };
        let product_strings = without(&whole.strings, &tests);
        Self { path: path.to_owned(), text, code: whole.code, product_strings }
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }

    pub(crate) fn file_name(&self) -> &str {
        self.path.file_name().expect("a file has a name")
    }

    /// The whole text with comments.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Code without comments and strings.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// What stands in strings outside of test modules.
    pub(crate) fn product_strings(&self) -> &str {
        &self.product_strings
    }

    /// Whether it is source of one of these crates: `crates/<name>/src`.
    pub(crate) fn is_product_of(&self, crates: &[&str]) -> bool {
        crates.iter().any(|name| self.path.starts_with(format!("crates/{name}/src")))
    }
}

/// Where `needle` stands as a word, as lines from 1.
pub(crate) fn lines_with<'t>(text: &'t str, needle: &'t str) -> impl Iterator<Item = usize> + 't {
    occurrences(text, needle).map(|at| line_of(text, at))
}

/// Where `needle` stands and is not the end of a longer word.
pub(crate) fn occurrences<'t>(text: &'t str, needle: &'t str) -> impl Iterator<Item = usize> + 't {
    let starts_word = |at: &usize| !needle.starts_with(is_word) || !text[..*at].ends_with(is_word);
    text.match_indices(needle).map(|(at, _)| at).filter(starts_word)
}

pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `#[cfg(test)] mod … { … }`, whatever the name.
fn test_modules(code: &str) -> Vec<Range<usize>> {
    let attribute = "#[cfg(test)]";
    let module = |(at, _): (usize, &str)| {
        let rest = &code[at + attribute.len()..];
        let open = rest.find(['{', ';']).filter(|open| rest[*open..].starts_with('{'))?;
        let is_module = rest[..open].split_whitespace().any(|word| word == "mod");
        is_module.then(|| at..at + attribute.len() + open + block(&rest[open..]))
    };
    code.match_indices(attribute).filter_map(module).collect()
}

/// The length of a block, from its brace to the one that closes it.
fn block(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

fn without(text: &str, ranges: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in ranges {
        bytes[range.clone()].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    String::from_utf8(bytes).expect("modules end between characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(path.into(), text.to_owned())
    }

    #[test]
    fn test_modules_are_cut_out_and_what_follows_them_is_kept() {
        let text =
            "a(\"before\");\n#[cfg(test)]\nmod tests {\n    fn a() { b(\"inside\"); }\n}\nc(\"after\");\n";
        let source = source("crates/kore-types/src/a.rs", text);
        assert_eq!(
            source.product_strings().split_whitespace().collect::<Vec<_>>(),
            ["\"before\"", "\"after\""]
        );
        assert!(source.code().contains("mod tests"));
        assert_eq!(lines_with(source.product_strings(), "after").collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn other_things_for_tests_are_not_cut_out() {
        let text = "#[cfg(test)]\nmod fake;\nfn a() { b(\"kept\") }\n#[cfg(test)]\nimpl A { fn b() { a(\"kept\") } }";
        let source = source("crates/kore-types/src/a.rs", text);
        assert_eq!(lines_with(source.product_strings(), "kept").collect::<Vec<_>>(), [3, 5]);
    }

    #[test]
    fn a_file_of_tests_has_no_product() {
        for path in ["crates/kore-types/src/json/tests.rs", "crates/kore-types/src/json/tests/more.rs"] {
            assert_eq!(source(path, "\"now\"").product_strings().trim(), "", "{path}");
        }
        assert_eq!(
            source("crates/kore-types/src/a.rs", "#![cfg(test)]\n\"now\"").product_strings().trim(),
            ""
        );
    }

    #[test]
    fn a_needle_is_no_end_of_a_word() {
        let text = "strand::a; rand::b;\n::rand::c; x.elapsed()";
        assert_eq!(lines_with(text, "rand::").collect::<Vec<_>>(), [1, 2]);
        assert_eq!(lines_with(text, ".elapsed()").collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_crate_is_known_by_its_folder() {
        let of = |path| source(path, "").is_product_of(&["kore-auth"]);
        assert!(of("crates/kore-auth/src/claims.rs"));
        assert!(!of("crates/kore-auth/tests/a.rs"));
        assert!(!of("crates/kore-auth-more/src/a.rs"));
    }
}
