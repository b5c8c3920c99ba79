//! The commands in the pages of the repository have the flags that they are shown with.

use std::collections::BTreeMap;
use std::path::Path;

use crate::run::Kore;

const PAGES: [&str; 5] =
    ["README.md", "docs/command.md", "docs/emulator.md", "docs/pipelines.md", "crates/kore-cli/README.md"];

#[test]
fn each_documented_flag_is_one_of_its_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut helps = BTreeMap::new();
    let mut seen = 0;
    for page in PAGES {
        let text = std::fs::read_to_string(root.join(page)).expect(page);
        for (command, flags) in text.split('\n').flat_map(commands) {
            let help = helps.entry(command.clone()).or_insert_with(|| {
                Kore::new(command.iter().map(String::as_str).chain(["--help"])).succeeds().stdout
            });
            for flag in flags {
                seen += 1;
                let is_known =
                    help.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == flag);
                assert!(is_known, "{page}: kore {} has no {flag}", command.join(" "));
            }
        }
    }
    assert!(seen > 30, "only {seen} flags were found");
}

/// The invocations of `kore` in a line, each as its subcommands and flags.
fn commands(line: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let line = line.split(" #").next().unwrap_or_default();
    let starts = line.match_indices("kore ").filter(|(at, _)| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(|c| " `'(|".contains(c))
    });
    let command = |rest: &str| {
        // Up to what ends a command for a shell, or a code span.
        let end = rest.find([';', '|', '`', ')', '&', '>']).unwrap_or(rest.len());
        let words: Vec<_> =
            rest[..end].split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
        let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
        let names = match *words.first()? {
            "import" | "export" | "publish" => 2,
            "status" | "watch" | "token" | "config" | "emulator" | "demo" | "completions" => 1,
            _ => return None,
        };
        let names: Vec<_> = words.iter().take(names).copied().filter(|word| is_name(word)).collect();
        let flags = words.iter().filter(|word| word.starts_with("--"));
        let flags = flags.map(|flag| flag.split('=').next().unwrap_or_default().to_owned()).collect();
        Some((names.into_iter().map(str::to_owned).collect(), flags))
    };
    starts.filter_map(|(at, found)| command(&line[at + found.len()..])).collect()
}

#[test]
fn a_command_is_found_wherever_it_stands_in_a_line() {
    let found =
        |line| commands(line).into_iter().map(|(names, flags)| (names.join(" "), flags.join(" "))).next();
    let watch = |flags: &str| Some(("import watch".to_owned(), flags.to_owned()));
    assert_eq!(found("  run: kore import watch \"$ID\" --junit a.xml # --no"), watch("--junit"));
    assert_eq!(found("    sh 'kore import watch \"$ID\" --timeout=1h'"), watch("--timeout"));
    assert_eq!(found("jq . a | kore import watch - --fail-fast | cat --no"), watch("--fail-fast"));
    assert_eq!(found("`kore token` prints --no"), Some(("token".to_owned(), String::new())));
    assert_eq!(found("the command kore is good"), None);
}
