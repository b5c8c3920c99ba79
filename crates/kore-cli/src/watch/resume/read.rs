//! What `--resume` was given: tokens, a file with what an earlier run wrote, or `-` for the same on
//! standard input.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use kore_sdk::watch::{Job, ResumeToken};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::plain_text;
use crate::text::{noun, plural, word};
use crate::watch::{Shown, Verdict};

/// The most that is read of a file: some hundred thousand tokens, each of a long watch.
const MAX_FILE: u64 = 1024 * 1024 * 1024;

const EXPECTED: &str = "expected what an earlier run printed behind --resume: JSON that begins with [ or {, or a \
                        file: the one that it wrote, or its output of -o json or -o ndjson; - is standard input";

/// What PowerShell makes of a token: JSON has double quotes.
const UNQUOTED: &str = "the shell took its double quotes away, as PowerShell does up to 7.2: write it to a file, \
                        and give --resume the file";

/// How deep a job or a token is: several documents in a list have their jobs at 3. What is deeper is
/// none of these, and each level would be read once more.
const MAX_DEPTH: usize = 4;

/// How many jobs that succeeded are named.
const MAX_NAMED: usize = 5;

/// What there is to resume.
#[derive(Debug)]
pub(crate) struct Resumed<J: Job> {
    /// What has not ended, and what ended without success: it fails once more.
    pub(crate) jobs: Vec<J>,
    /// The tokens of those that have one.
    pub(crate) tokens: Vec<ResumeToken<J>>,
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
    #[serde(borrow)]
    exports: Option<&'a RawValue>,
    #[serde(borrow)]
    publishes: Option<&'a RawValue>,
    /// Of each line of `-o ndjson`.
    event: Option<IgnoredAny>,
    /// Of a job that has ended or is not watched any more, in both.
    outcome: Option<String>,
    /// A text, but for that of a token.
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    /// Of a job that is named by more than its id, and has no token.
    bot: Option<IgnoredAny>,
    #[serde(borrow)]
    resume: Option<&'a RawValue>,
    /// Such a job, where it was started or has ended.
    #[serde(borrow)]
    run: Option<&'a RawValue>,
}

/// A job in the output of an earlier run.
struct Told<J: Job> {
    job: J,
    outcome: String,
    token: Option<ResumeToken<J>>,
}

/// What is found while a text is read.
struct Found<J: Job> {
    resumed: Resumed<J>,
    told: Vec<Told<J>>,
    /// What was told of a job beside its id: without it, a run before could be taken for it.
    runs: HashMap<String, J>,
}

/// Reads one `--resume`. A text that begins like JSON is the tokens themselves, any other is the
/// path of a file: no file that this program writes has such a name.
pub(crate) fn read<J: Shown>(argument: &OsStr) -> Result<Resumed<J>, Failure> {
    let text = argument.to_string_lossy();
    let cannot = |what: &dyn std::fmt::Display, error: io::Error| {
        Failure::usage(format!("--resume: cannot read {what}: {error}")).hint(EXPECTED)
    };
    let (text, place) = match text.trim_start() {
        json if json.starts_with(['[', '{']) => (json.to_owned(), "--resume".to_owned()),
        "-" => {
            let text = bounded(io::stdin().lock()).map_err(|error| cannot(&"standard input", error))?;
            (text, "--resume: standard input".to_owned())
        }
        _ => {
            let shown = Path::new(argument).display();
            let file = plain_text::open(argument).and_then(bounded);
            (file.map_err(|error| cannot(&shown, error))?, format!("--resume {shown}"))
        }
    };
    let resumed = Resumed { jobs: Vec::new(), tokens: Vec::new(), skipped: None };
    let mut found = Found { resumed, told: Vec::new(), runs: HashMap::new() };
    let read = found.text(&text);
    let hint = if is_unquoted(&text) { UNQUOTED } else { EXPECTED };
    read.map_err(|why| Failure::usage(format!("{place}: not resume tokens: {why}")).hint(hint))?;
    let (mut resumed, succeeded) = found.last_of_each();
    if resumed.jobs.is_empty() && succeeded.is_empty() {
        let noun = noun(J::KIND);
        let why = format!("it holds no {noun} that was watched to its end or to a deadline");
        return Err(Failure::usage(format!("{place}: {why}")).hint(EXPECTED));
    }
    let skipped = || format!("{place}: not watched again: {}", named(&succeeded));
    resumed.skipped = (!succeeded.is_empty()).then(skipped);
    Ok(resumed)
}

/// Whether keys stand in it, and no quote.
fn is_unquoted(text: &str) -> bool {
    text.contains('{') && text.contains(':') && !text.contains('"')
}

impl<J: Shown> Found<J> {
    /// Reads each value of a text that may hold several, one a line or not.
    fn text(&mut self, text: &str) -> Result<(), String> {
        let mut is_empty = true;
        for raw in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            is_empty = false;
            match raw {
                Ok(raw) => self.value(raw, MAX_DEPTH).map_err(|error| error.to_string())?,
                // The last line of a run that was killed while it wrote.
                Err(error) if error.is_eof() && !(self.resumed.jobs.is_empty() && self.told.is_empty()) => {
                    break;
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        if is_empty { Err("it is empty".to_owned()) } else { Ok(()) }
    }

    fn value(&mut self, raw: &RawValue, depth: usize) -> serde_json::Result<()> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(serde::de::Error::custom(
                "there are lists within lists, deeper than any run writes them",
            ));
        };
        if raw.get().starts_with('[') {
            let values: Vec<&RawValue> = serde_json::from_str(raw.get())?;
            return values.into_iter().try_for_each(|raw| self.value(raw, depth));
        }
        if raw.get().starts_with('"') {
            self.resumed.jobs.push(serde_json::from_str(raw.get())?);
            return Ok(());
        }
        let value: Value<'_> = serde_json::from_str(raw.get())?;
        let lists = [("import", value.imports), ("export", value.exports), ("publish", value.publishes)];
        if let Some((found, list)) = lists.into_iter().find_map(|(noun, list)| Some((noun, list?))) {
            let own = noun(J::KIND);
            if found != own {
                let (own, founds) = (plural(own), plural(found));
                return Err(serde::de::Error::custom(format!(
                    "expected {own}, found {founds}, which kore {found} watch --resume takes"
                )));
            }
            return self.value(list, depth);
        }
        match value {
            Value { outcome: Some(outcome), id: Some(id), resume, run, .. } => {
                let job = self.job(id, run)?;
                let resume = resume.map(RawValue::get).unwrap_or("null");
                self.told.push(Told { job, outcome, token: serde_json::from_str(resume)? });
            }
            Value { v: None, bot: Some(_), .. } => self.resumed.jobs.push(serde_json::from_str(raw.get())?),
            // Without an end behind it, the run was killed while it watched this one.
            Value { v: None, event: Some(_), id: Some(id), run, .. } => {
                let job = self.job(id, run)?;
                self.told.push(Told { job, outcome: String::new(), token: None });
            }
            Value { v: None, event: Some(_), .. } => {}
            _ => self.token(serde_json::from_str(raw.get())?),
        }
        Ok(())
    }

    /// The job of that id, as far as it was told.
    fn job(&mut self, id: &RawValue, run: Option<&RawValue>) -> serde_json::Result<J> {
        let id: String = serde_json::from_str(id.get())?;
        if let Some(run) = run {
            self.runs.insert(id.clone(), serde_json::from_str(run.get())?);
        }
        match self.runs.get(&id) {
            Some(job) => Ok(job.clone()),
            None => J::of_id(&id).map_err(serde::de::Error::custom),
        }
    }

    fn token(&mut self, token: ResumeToken<J>) {
        self.resumed.jobs.push(token.job.clone());
        self.resumed.tokens.push(token);
    }

    /// Adds each job but those that succeeded, which it gives. An output to which several runs were
    /// added tells of a job more than once, and the last time counts.
    fn last_of_each(mut self) -> (Resumed<J>, Vec<J>) {
        let mut seen = HashSet::new();
        let told = std::mem::take(&mut self.told).into_iter().rev();
        let mut last: Vec<_> = told.filter(|told| seen.insert(told.job.id().to_owned())).collect();
        last.reverse();
        let mut succeeded = Vec::new();
        for told in last {
            match told.token {
                Some(token) => self.token(token),
                None if told.outcome == Verdict::Succeeded.as_str() => succeeded.push(told.job),
                None => self.resumed.jobs.push(told.job),
            }
        }
        (self.resumed, succeeded)
    }
}

fn named<J: Shown>(succeeded: &[J]) -> String {
    let named = succeeded.iter().take(MAX_NAMED).map(|job| format!("{} (succeeded)", word(job.id())));
    let named = named.collect::<Vec<_>>().join(", ");
    match succeeded.len().saturating_sub(MAX_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn bounded(input: impl io::Read) -> io::Result<String> {
    plain_text::bounded(input, MAX_FILE).and_then(plain_text::text)
}

#[cfg(test)]
mod tests {
    use kore_sdk::BotImportId;

    use super::*;

    type Resumed = super::Resumed<BotImportId>;

    fn read(text: &OsStr) -> Result<Resumed, Failure> {
        super::read(text)
    }

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
        resumed.jobs.iter().map(|job| job.as_str()).collect()
    }

    #[test]
    fn the_document_of_json_is_resumed_but_for_what_succeeded() {
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
            let known: Vec<_> = resumed.tokens.iter().map(|token| token.job.as_str()).collect();
            assert_eq!(known, ["bir-2", "bir-4"]);
            let skipped = resumed.skipped.expect("one has succeeded");
            assert!(skipped.ends_with("not watched again: bir-1 (succeeded)"), "{skipped}");
        }
    }

    #[test]
    fn the_lines_of_ndjson_are_resumed_whatever_was_added_or_cut_off() {
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
    fn a_token_without_its_quotes_is_told_as_the_shell_s() {
        let text = format!("[{}]", token("bir-1").replace('"', ""));
        let told = read(OsStr::new(&text)).expect_err("no token").to_string();
        assert!(told.contains("PowerShell") && told.contains("write it to a file"), "{told}");
    }

    #[test]
    fn a_file_without_an_end_or_a_token_is_told() {
        let over = format!(r#"{{"imports":[{}]}}"#, import("bir-1", "succeeded", true));
        let over = in_file(&over).expect("an end");
        assert!(over.jobs.is_empty() && over.skipped.is_some());
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
        assert_eq!(ids(&resumed), ["bir-2"]);
        assert!(resumed.skipped.is_some_and(|skipped| skipped.contains("bir-1")));
    }
}
