//! What `kore config` prints: the settings as a table for people or as one JSON document, and what a
//! check has found.

use anstyle::{AnsiColor, Style};
use kore_sdk::protocol::Excerpt;
use serde::Serialize;

use super::human::{HEADING, LABEL};
use crate::commands::{Check, Passed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::origin::{Origin, Source};
use crate::settings::{Form, Key, Proxy, Row, State};
use crate::text::{column, pad, word};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The widest column of values; what is wider pushes its own line only.
const MAX_VALUE: usize = 40;

/// What stands in the place of a secret.
const SECRET: &str = "set, not shown";

/// The settings as a table, and what a check has found.
pub(crate) fn human(rows: &[Row], proxies: &[Proxy], check: Option<&Check>) -> String {
    let cells: Vec<_> = rows.iter().map(|row| (row, value(row))).collect();
    let keys = column(rows.iter().map(|row| row.key.name()), usize::MAX);
    let values = column(cells.iter().map(|(_, (_, value))| &**value), MAX_VALUE);
    let mut out = format!("{HEADING}{}  {}  From{HEADING:#}\n", pad("Setting", keys), pad("Value", values));
    for (row, (style, value)) in cells {
        let (key, value) = (pad(row.key.name(), keys), pad(&value, values));
        out.push_str(&format!("{key}  {style}{value}{style:#}  {}\n", from(row)));
        let mut beneath = |label: &str, text: &str| {
            out.push_str(&format!("    {LABEL}{label}:{LABEL:#} {}\n", word(text)));
        };
        row.note.iter().for_each(|note| beneath("note", note));
        for failure in &row.failures {
            out.push_str(&format!("    {BAD}error:{BAD:#} {}\n", failure.message()));
            if let Some(hint) = failure.advice() {
                out.push_str(&format!("    {LABEL}hint:{LABEL:#} {}\n", crate::failure::shown(hint)));
            }
        }
    }
    if !proxies.is_empty() {
        out.push_str(&format!("\n{HEADING}Proxies{HEADING:#} {LABEL}without user and password{LABEL:#}\n"));
        for proxy in proxies {
            out.push_str(&format!("  {}  {}\n", pad(proxy.variable, 11), word(&proxy.shown())));
        }
    }
    if let Some(check) = check {
        out.push_str(&format!("\n{HEADING}Check{HEADING:#} {LABEL}{}{LABEL:#}\n", word(&check.request)));
        for step in &check.steps {
            let style = match step.passed {
                Passed::Yes => GOOD,
                Passed::No => BAD,
                Passed::Unknown | Passed::Unused => LABEL,
            };
            let (name, passed) = (pad(step.name, 8), pad(step.passed.as_str(), 7));
            let line = format!("  {name}  {style}{passed}{style:#}  {}", word(&step.detail));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

fn value(row: &Row) -> (Style, String) {
    match &row.state {
        State::Set(Some(value)) | State::Default(value) => (Style::new(), word(value)),
        State::Set(None) => (Style::new(), SECRET.to_owned()),
        State::Unset => (LABEL, "-".to_owned()),
        State::Missing => (BAD, "missing".to_owned()),
        State::Wrong => (BAD, "wrong".to_owned()),
    }
}

/// Where a value came from; else how to set one.
fn from(row: &Row) -> String {
    let names = names(row.key).join(", ");
    let Some(origin) = &row.origin else {
        return match row.state {
            State::Default(_) => format!("default {LABEL}({names}){LABEL:#}"),
            State::Missing => format!("set {names}, or {} of a profile", row.key.name()),
            State::Set(_) | State::Unset | State::Wrong => format!("{LABEL}({names}){LABEL:#}"),
        };
    };
    let overridden: Vec<_> = row.overridden.iter().map(place).collect();
    match &*overridden {
        [] => place(origin),
        overridden => format!("{}, before {}", place(origin), overridden.join(" and ")),
    }
}

/// What sets it beside the key of a profile, which stands in front.
fn names(key: Key) -> Vec<&'static str> {
    let named = key.named();
    let in_file = (key == Key::Profile).then_some("default_profile");
    let of_jobs = (key == Key::Timeout).then_some("--request-timeout for run and watch");
    named.flag.into_iter().chain(of_jobs).chain(named.variable).chain(in_file).collect()
}

fn place(origin: &Origin) -> String {
    match origin.line {
        Some(line) => format!("{} (line {line})", word(&origin.to_string())),
        None => word(&origin.to_string()),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    settings: Vec<Setting<'a>>,
    proxies: Vec<ProxyOf>,
    check: Option<Checked<'a>>,
    errors: Vec<Wrong<'a>>,
}

#[derive(Serialize)]
struct Setting<'a> {
    key: &'static str,
    flag: Option<&'static str>,
    variable: Option<&'static str>,
    state: &'static str,
    value: Option<&'a str>,
    is_secret: bool,
    origin: Option<Place<'a>>,
    overridden: Vec<Place<'a>>,
    note: Option<&'a str>,
    errors: Vec<Wrong<'a>>,
}

#[derive(Serialize)]
struct ProxyOf {
    variable: &'static str,
    value: String,
}

/// Where a value came from.
#[derive(Serialize)]
struct Place<'a> {
    source: &'static str,
    name: String,
    profile: Option<&'a str>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct Wrong<'a> {
    message: String,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Checked<'a> {
    request: &'a str,
    steps: Vec<Stepped<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Stepped<'a> {
    step: &'static str,
    result: &'static str,
    detail: &'a str,
}

impl<'a> From<&'a Origin> for Place<'a> {
    fn from(origin: &'a Origin) -> Self {
        let (source, profile) = match &origin.source {
            Source::Flags => ("flag", None),
            Source::Environment => ("variable", None),
            Source::Profile(profile) => ("profile", Some(&**profile)),
            Source::File => ("file", None),
        };
        Self { source, name: origin.to_string(), profile, line: origin.line }
    }
}

impl<'a> From<&'a Failure> for Wrong<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self { message: failure.message(), hint: failure.advice() }
    }
}

impl<'a> From<&'a Row> for Setting<'a> {
    fn from(row: &'a Row) -> Self {
        let named = row.key.named();
        let (state, value) = match &row.state {
            State::Set(value) => ("set", value.as_deref()),
            State::Default(value) => ("default", Some(&**value)),
            State::Unset => ("unset", None),
            State::Missing => ("missing", None),
            State::Wrong => ("wrong", None),
        };
        Self {
            key: named.name,
            flag: named.flag,
            variable: named.variable,
            state,
            value,
            is_secret: named.form == Form::Secret,
            origin: row.origin.as_ref().map(Place::from),
            overridden: row.overridden.iter().map(Place::from).collect(),
            note: row.note.as_deref(),
            errors: row.failures.iter().map(Wrong::from).collect(),
        }
    }
}

/// One document, with a line end behind it.
pub(crate) fn json<'a>(
    rows: &'a [Row],
    proxies: &[Proxy],
    check: Option<&'a Check>,
    failures: impl Iterator<Item = &'a Failure>,
    exit: Exit,
) -> Vec<u8> {
    let check = check.map(|check| {
        let steps = check.steps.iter();
        let steps =
            steps.map(|step| Stepped { step: step.name, result: step.passed.as_str(), detail: &step.detail });
        Checked { request: &check.request, steps: steps.collect(), warnings: &check.warnings }
    });
    let document = Document {
        exit_code: exit as u8,
        settings: rows.iter().map(Setting::from).collect(),
        proxies: proxies
            .iter()
            .map(|proxy| ProxyOf { variable: proxy.variable, value: Excerpt::masked(&proxy.shown()) })
            .collect(),
        check,
        errors: failures.map(Wrong::from).collect(),
    };
    let mut json = serde_json::to_vec_pretty(&document).expect("texts and numbers");
    json.push(b'\n');
    json
}
