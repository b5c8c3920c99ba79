//! A published crate includes no file from outside of its folder: its package would lack it.

use super::Complaint;
use super::source::Source;

/// What includes a file when a crate is compiled. A file that is opened at run time is found from
/// `CARGO_MANIFEST_DIR`.
const NAMES_A_FILE: [&str; 4] = ["include_str!(", "include_bytes!(", "include!(", "#[path = "];
const PACKAGE: &str = "env!(\"CARGO_MANIFEST_DIR\")";

pub(crate) fn check(source: &Source) -> Vec<Complaint> {
    let text = source.text();
    // The folder of a file in a package, as steps below `crates/<name>`. The package of the command
    // leaves its tests out: they hold it against the README of the whole.
    let mut steps = source.path().iter().collect::<Vec<_>>();
    steps.pop();
    if !matches!(steps[..], ["crates", name, ref rest @ ..] if !(name == "kore-cli" && rest.first() == Some(&"tests")))
    {
        return Vec::new();
    }
    let below = steps.len() - 2;
    let complaint = |at| {
        let line = text[..at].matches('\n').count() + 1;
        Complaint::new(line, "a file outside of this crate's folder, which its package has not")
    };
    let included = NAMES_A_FILE.iter().flat_map(|word| text.match_indices(word)).filter_map(|(at, word)| {
        let file = text[at + word.len()..].trim_start().strip_prefix('"')?.split('"').next()?;
        climbs(file, below).then_some(at)
    });
    let opened = text.match_indices(PACKAGE).filter_map(|(at, word)| {
        let rest = text[at + word.len()..].trim_start_matches([',', ' ', '\n', ')']);
        let file = rest.strip_prefix(".join(").unwrap_or(rest).strip_prefix('"')?.split('"').next()?;
        climbs(file.trim_start_matches('/'), 0).then_some(at)
    });
    included.chain(opened).map(complaint).collect()
}

/// Whether a relative path leads above the folder that lies so many steps below the crate's.
fn climbs(file: &str, mut below: usize) -> bool {
    file.split('/').any(|step| match step {
        ".." if below == 0 => true,
        ".." => {
            below -= 1;
            false
        }
        "." | "" => false,
        _ => {
            below += 1;
            false
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let source = Source::new(path.into(), text.to_owned());
        check(&source).into_iter().map(|complaint| complaint.line).collect()
    }

    #[test]
    fn a_file_of_another_crate_is_found() {
        let included = "const A: &str = include_str!(\"../../kore-types/a.json\");\n";
        assert_eq!(lines("crates/kore-auth/src/lib.rs", included), [1]);
        assert_eq!(lines("crates/kore-auth/src/a/b.rs", included), [0; 0]);
        let part = "\n#[path = \"../../kore-types/a.rs\"]\nmod a;\n";
        assert_eq!(lines("crates/kore-auth/benches/a.rs", part), [2]);
        let opened = "fn a() { open(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../../README.md\")) }\n";
        assert_eq!(lines("crates/kore-auth/src/a/b/c.rs", opened), [1]);
    }

    #[test]
    fn files_of_the_crate_and_what_is_not_published_pass() {
        let inside = "const A: &str = include_str!(\"../README.md\");\nfn a() { env!(\"CARGO_MANIFEST_DIR\").join(\"src\") }\n";
        assert_eq!(lines("crates/kore-auth/src/lib.rs", inside), [0; 0]);
        let outside = "include_str!(\"../../../README.md\")";
        assert_eq!(lines("tests/it/main.rs", outside), [0; 0]);
        assert_eq!(lines("crates/kore-cli/tests/cli/main.rs", outside), [0; 0]);
        assert_eq!(lines("crates/kore-cli/src/main.rs", outside), [1]);
    }
}
