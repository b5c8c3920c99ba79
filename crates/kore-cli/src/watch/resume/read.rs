//! What `--resume` was given: tokens, or a file with what an earlier run wrote.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use kore_sdk::BotImportId;
use kore_sdk::watch::ResumeToken;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::Again;
use crate::failure::Failure;
use crate::output::word;
use crate::plain_text;
use crate::watch::Verdict;

/// The most that is read of a file: some hundred thousand tokens, each of a long watch.
const MAX_FILE: u64 = 1024 * 1024 * 1024;

const EXPECTED: &str = "expected what an earlier run printed behind --resume: JSON that begins with [ or {, or a \
                        file: the one that it wrote, or its output of -o json or -o ndjson";

/// How deep an import or a token is: several documents in a list have their imports at 3. What is
/// deeper is none of these, and each level would be read once more.
const MAX_DEPTH: usize = 4;

/// How many imports that succeeded are named.
const MAX_NAMED: usize = 5;

/// What there is to go on with.
#[derive(Debug, Default)]
pub(crate) struct Resumed {
    /// What has not ended, and what ended without success: it fails once more.
    pub(crate) imports: Vec<Again>,
    /// What of it has succeeded, for people.
    pub(crate) skipped: Option<String>,
}

/// A JSON value of the file, by the keys that tell what it is.
#[derive(Deserialize)]
struct Value<'a> {
    /// Of a token.
    v: Option<IgnoredAny>,
    /// Of `-o json`.
    #[serde(borrow)]
    imports: Option<&'a RawValue>,
    /// Of each line of `-o ndjson`.
    event: Option<IgnoredAny>,
    /// Of an import that has ended or is not watched any more, in both.
    outcome: Option<String>,
    id: Option<BotImportId>,
    #[serde(borrow)]
    resume: Option<&'a RawValue>,
}

/// An import in the output of an earlier run.
struct Told {
    id: BotImportId,
    outcome: String,
    token: Option<ResumeToken<BotImportId>>,
}

/// Reads one `--resume`. A text that begins like JSON is the tokens themselves, any other is the
/// path of a file: no file that this program writes has such a name.
pub(crate) fn read(argument: &OsStr) -> Result<Resumed, Failure> {
    let text = argument.to_string_lossy();
    let (text, place) = match text.trim_start() {
        json if json.starts_with(['[', '{']) => (json.to_owned(), "--resume".to_owned()),
        _ => {
            let shown = Path::new(argument).display();
            let file = std::fs::File::open(argument).and_then(bounded).map_err(|error| {
                Failure::usage(format!("--resume: cannot read {shown}: {error}")).hint(EXPECTED)
            })?;
            (file, format!("--resume {shown}"))
        }
    };
    let mut imports = Vec::new();
    let mut told: Vec<Told> = Vec::new();
    let read = values(&text, &mut imports, &mut told);
    read.map_err(|why| Failure::usage(format!("{place}: not resume tokens: {why}")).hint(EXPECTED))?;
    let succeeded = last_of_each(told, &mut imports);
    if imports.is_empty() && succeeded.is_empty() {
        let why = "it holds no import that was watched to its end or to a deadline";
        return Err(Failure::usage(format!("{place}: {why}")).hint(EXPECTED));
    }
    let skipped =
        (!succeeded.is_empty()).then(|| format!("{place}: not watched again: {}", named(&succeeded)));
    Ok(Resumed { imports, skipped })
}

/// Reads each value of a text that may hold several, one a line or not.
fn values(text: &str, imports: &mut Vec<Again>, told: &mut Vec<Told>) -> Result<(), String> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut is_empty = true;
    for raw in values {
        is_empty = false;
        match raw {
            Ok(raw) => value(raw, MAX_DEPTH, imports, told).map_err(|error| error.to_string())?,
            // The last line of a run that was killed while it wrote.
            Err(error) if error.is_eof() && !(imports.is_empty() && told.is_empty()) => break,
            Err(error) => return Err(error.to_string()),
        }
    }
    if is_empty { Err("it is empty".to_owned()) } else { Ok(()) }
}

fn value(
    raw: &RawValue,
    depth: usize,
    imports: &mut Vec<Again>,
    told: &mut Vec<Told>,
) -> serde_json::Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(serde::de::Error::custom(
            "there are lists within lists, deeper than any run writes them",
        ));
    };
    if raw.get().starts_with('[') {
        let values: Vec<&RawValue> = serde_json::from_str(raw.get())?;
        return values.into_iter().try_for_each(|raw| value(raw, depth, imports, told));
    }
    if raw.get().starts_with('"') {
        imports.push(Again::Id(serde_json::from_str(raw.get())?));
        return Ok(());
    }
    let found: Value<'_> = serde_json::from_str(raw.get())?;
    match found {
        Value { imports: Some(list), .. } => value(list, depth, imports, told)?,
        Value { outcome: Some(outcome), id: Some(id), resume, .. } => {
            let resume = resume.map(RawValue::get).unwrap_or("null");
            told.push(Told { id, outcome, token: serde_json::from_str(resume)? });
        }
        // Without an end behind it, the run was killed while it watched this one.
        Value { v: None, event: Some(_), id: Some(id), .. } => {
            told.push(Told { id, outcome: String::new(), token: None });
        }
        Value { v: None, event: Some(_), .. } => {}
        _ => imports.push(Again::Token(serde_json::from_str(raw.get())?)),
    }
    Ok(())
}

/// Adds each import but those that succeeded, which it gives. An output to which several runs were
/// added tells of an import more than once, and the last time counts.
fn last_of_each(told: Vec<Told>, imports: &mut Vec<Again>) -> Vec<BotImportId> {
    let mut seen = std::collections::HashSet::new();
    let mut last: Vec<_> = told.into_iter().rev().filter(|told| seen.insert(told.id.clone())).collect();
    last.reverse();
    let mut succeeded = Vec::new();
    for told in last {
        match told.token {
            Some(token) => imports.push(Again::Token(token)),
            None if told.outcome == Verdict::Succeeded.as_str() => succeeded.push(told.id),
            None => imports.push(Again::Id(told.id)),
        }
    }
    succeeded
}

fn named(succeeded: &[BotImportId]) -> String {
    let named = succeeded.iter().take(MAX_NAMED).map(|id| format!("{} (succeeded)", word(id.as_str())));
    let named = named.collect::<Vec<_>>().join(", ");
    match succeeded.len().saturating_sub(MAX_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn bounded(file: std::fs::File) -> io::Result<String> {
    plain_text::bounded(file, MAX_FILE).and_then(plain_text::text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str) -> String {
        format!(r#"{{"v":2,"id":"{id}","at":5,"waited":1000,"left":2000,"requests":[]}}"#)
    }

    fn import(id: &str, outcome: &str, is_over: bool) -> String {
        let resume = if is_over { "null".to_owned() } else { token(id) };
        // Deep, and of numbers that no number type holds.
        let last = format!("{}1.00000000000000000001{}", "[".repeat(1000), "]".repeat(1000));
        format!(r#"{{"id":"{id}","outcome":"{outcome}","message":null,"last":{last},"resume":{resume}}}"#)
    }

    fn in_file(text: &str) -> Result<Resumed, Failure> {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("f");
        std::fs::write(&path, text).expect("written");
        read(path.as_os_str())
    }

    fn ids(resumed: &Resumed) -> Vec<&str> {
        resumed.imports.iter().map(|again| again.id().as_str()).collect()
    }

    #[test]
    fn the_document_of_json_is_gone_on_with_but_for_what_succeeded() {
        let imports = [
            import("bir-1", "succeeded", true),
            import("bir-2", "deadline_reached", false),
            import("bir-3", "failed", true),
            import("bir-4", "cancelled", false),
        ];
        let document =
            format!(r#"{{"exit_code":1,"imports":[{}],"resume_command":"kore"}}"#, imports.join(","));
        for text in [document.clone(), format!("\u{feff}{}\r\n", document.replace(',', ",\n"))] {
            let resumed = in_file(&text).expect("tokens");
            assert_eq!(ids(&resumed), ["bir-2", "bir-3", "bir-4"]);
            let known = resumed.imports.iter().map(|again| again.token().is_some());
            assert_eq!(known.collect::<Vec<_>>(), [true, false, true]);
            let skipped = resumed.skipped.expect("one has succeeded");
            assert!(skipped.ends_with("not watched again: bir-1 (succeeded)"), "{skipped}");
        }
    }

    #[test]
    fn the_lines_of_ndjson_are_gone_on_with_whatever_was_added_or_cut_off() {
        let ended = |import: String| format!(r#"{{"time":"t","event":"ended",{}"#, &import[1..]);
        let first = [
            r#"{"time":"t","id":"bir-1","event":"next_look","at":"t","left":[1,2]}"#.to_owned(),
            ended(import("bir-1", "deadline_reached", false)),
            ended(import("bir-2", "deadline_reached", false)),
            r#"{"time":"t","event":"finished","exit_code":3,"resume_command":"kore"}"#.to_owned(),
        ];
        let resumed = in_file(&first.join("\n")).expect("tokens");
        assert_eq!((ids(&resumed), resumed.skipped.is_none()), (vec!["bir-1", "bir-2"], true));
        let second = ended(import("bir-1", "succeeded", true));
        let resumed = in_file(&format!("{}\n{second}\n{{\"time\":\"t", first.join("\n"))).expect("tokens");
        assert_eq!(ids(&resumed), ["bir-2"]);
    }

    #[test]
    fn tokens_stand_alone_in_lists_or_one_a_line() {
        let [one, two] = ["bir-1", "bir-2"].map(token);
        for text in [format!("[{one},{two}]"), format!("{one}\n{two}\n"), format!("[{one}]\n[{two}]")] {
            assert_eq!(ids(&in_file(&text).expect("tokens")), ["bir-1", "bir-2"], "{text}");
            assert_eq!(ids(&read(OsStr::new(&text)).expect("tokens")), ["bir-1", "bir-2"], "{text}");
        }
    }

    #[test]
    fn what_is_deeper_than_a_run_writes_is_refused_at_any_depth() {
        let document = format!(r#"{{"imports":[{}]}}"#, import("bir-1", "deadline_reached", false));
        assert_eq!(ids(&in_file(&format!("[{document}]")).expect("tokens")), ["bir-1"]);
        for depth in [5, 2_000, 200_000] {
            let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let documents = format!("{}[]{}", r#"{"imports":"#.repeat(depth), "}".repeat(depth));
            for text in [lists, documents] {
                let told = in_file(&text).expect_err("too deep");
                assert_eq!(told.exit, crate::exit::Exit::Usage);
                assert!(told.to_string().contains("lists within lists"), "{told}");
            }
        }
    }

    #[test]
    fn what_is_no_token_is_told_with_what_was_expected() {
        for text in ["[{}]", "{\"v\":1}", "[1", "{\"v\":", "[7]", "/no/such/file", ""] {
            let told = read(OsStr::new(text)).expect_err("no token").to_string();
            assert!(told.contains("--resume") && told.contains("expected what an earlier run"), "{told}");
        }
        let told = read(OsStr::new("{\"v\":1}")).expect_err("no token").to_string();
        assert!(told.contains("version 1 of the resume token"), "{told}");
        assert!(in_file("").expect_err("empty").to_string().contains("it is empty"));
    }

    #[test]
    fn a_file_without_an_end_or_a_token_is_told() {
        let over = format!(r#"{{"imports":[{}]}}"#, import("bir-1", "succeeded", true));
        let over = in_file(&over).expect("an end");
        assert!(over.imports.is_empty() && over.skipped.is_some());
        let none = r#"{"time":"t","event":"not_written"}"#;
        assert!(in_file(none).expect_err("none").to_string().contains("it holds no import"));
    }

    #[test]
    fn what_a_killed_run_watched_without_an_end_is_watched_again() {
        let event = |id: &str| format!(r#"{{"time":"t","id":"{id}","event":"status_changed"}}"#);
        let ended = import("bir-1", "succeeded", true).replacen('{', r#"{"event":"ended","#, 1);
        let cut = r#"{"time":"t","id":"bir-2","ev"#;
        let killed = [event("bir-1"), event("bir-2"), ended, event("bir-2"), cut.to_owned()].join("\n");
        let resumed = in_file(&killed).expect("an import");
        assert_eq!(resumed.imports.iter().map(|again| again.id().as_str()).collect::<Vec<_>>(), ["bir-2"]);
        assert!(resumed.skipped.is_some_and(|skipped| skipped.contains("bir-1")));
    }
}
