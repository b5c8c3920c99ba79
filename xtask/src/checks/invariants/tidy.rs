//! Rules for every file: its name, its length, `forbid(unsafe_code)`, no ignored test.

use super::Complaint;
use super::source::Source;

const MAX_LINES: usize = 500;

/// File names that do not say what is inside.
const VAGUE: [&str; 4] = ["helper.rs", "helpers.rs", "util.rs", "utils.rs"];

/// An ignored test. clippy finds `todo!` and `unimplemented!`.
const IGNORED: &str = "#[ignore";

pub(crate) fn check(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    complaints.extend(name(source));
    complaints.extend(length(source));
    complaints.extend(unsafe_code(source));
    let text = "`#[ignore]` puts a test off: mend it or leave it out";
    let ignored = source.code().filter(|(_, line)| line.trim_start().starts_with(IGNORED));
    complaints.extend(ignored.map(|(number, _)| Complaint::new(number, text)));
    complaints
}

fn name(source: &Source) -> Option<Complaint> {
    let in_src = source.path().components().any(|part| part.as_str() == "src");
    match source.file_name() {
        "mod.rs" if in_src => {
            Some(Complaint::new(1, "a module's file stands beside its folder and has its name, not mod.rs"))
        }
        vague if VAGUE.contains(&vague) => {
            Some(Complaint::new(1, format!("{vague} does not say what is inside")))
        }
        _ => None,
    }
}

fn length(source: &Source) -> Option<Complaint> {
    let lines = source.text().lines().count();
    (lines > MAX_LINES).then(|| Complaint::new(MAX_LINES + 1, format!("{lines} lines; at most {MAX_LINES}")))
}

fn unsafe_code(source: &Source) -> Option<Complaint> {
    let parent = source.path().parent().and_then(|folder| folder.file_name());
    let is_root = ["lib.rs", "main.rs"].contains(&source.file_name()) || parent == Some("bin");
    let forbids = source.has_line("#![forbid(unsafe_code)]");
    (is_root && !forbids).then(|| Complaint::new(1, "a crate's root says `#![forbid(unsafe_code)]`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> Vec<(usize, String)> {
        let source = Source::new(path.into(), text.to_owned());
        check(&source).into_iter().map(|complaint| (complaint.line, complaint.text)).collect()
    }

    fn passes(path: &str, text: &str) -> bool {
        complaints(path, text).is_empty()
    }

    #[test]
    fn names_say_what_is_inside() {
        assert!(passes("crates/kore-types/src/status.rs", ""));
        for name in ["utils.rs", "util.rs", "helpers.rs", "mod.rs"] {
            assert!(!passes(&format!("crates/kore-types/src/json/{name}"), ""), "{name}");
        }
    }

    #[test]
    fn files_are_short() {
        assert!(passes("crates/kore-types/src/a.rs", &"\n".repeat(500)));
        assert!(!passes("crates/kore-types/src/a.rs", &"\n".repeat(501)));
    }

    #[test]
    fn every_root_forbids_unsafe_code() {
        for root in
            ["crates/kore-types/src/lib.rs", "xtask/src/main.rs", "tests/it/main.rs", "crates/a/src/bin/b.rs"]
        {
            assert!(passes(root, "//! Doc.\n#![forbid(unsafe_code)]\n"), "{root}");
            assert!(!passes(root, "//! Doc.\n// #![forbid(unsafe_code)]\n"), "{root}");
        }
        assert!(passes("crates/kore-types/src/status.rs", ""));
    }

    #[test]
    fn an_ignored_test_is_found() {
        let found = complaints("tests/it/a.rs", "fn a() {}\n#[ignore = \"slow\"]\nfn b() {}\n");
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2]);
        assert!(passes("tests/it/a.rs", "// #[ignore]\nfn a() { say(\"#[ignore]\") }\n"));
    }
}
