//! The log of an import, grouped so that a thousand tasks stay readable.

use kore_sdk::{BotImport, Outcome, StatusLog};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::human::{HEADING, LABEL, style};
use super::text::{column, counted, names, pad, task_name, task_status, task_type};
use crate::reasons;

/// How many failed tasks are shown one by one.
const MAX_FAILED: usize = 100;
/// How many tasks are shown one by one that have not ended, or whose word is not known.
const MAX_OPEN: usize = 20;
/// How many types of succeeded tasks have a line.
const MAX_TYPES: usize = 30;

/// The widest column of types and of names; what is wider pushes its own line only.
const MAX_TYPE_WIDTH: usize = 24;
const MAX_NAME_WIDTH: usize = 40;

/// `20 tasks: 1 failed, 2 running, 17 succeeded`.
pub(super) fn summary(import: &BotImport) -> String {
    match (&import.status_logs, import.extra.get("statusLogs")) {
        (Some(_), _) => counted(import.counts()),
        (None, None | Some(Value::Null)) => "the answer has no log".to_owned(),
        (None, Some(odd)) => format!("the log is not a list: {}", reasons::odd(odd)),
    }
}

pub(super) fn render(import: &BotImport, width: usize) -> String {
    let of = |outcome| {
        let entries = import.entries().iter().filter(move |entry| entry.outcome() == outcome);
        entries.collect::<Vec<_>>()
    };
    let mut out = String::new();
    one_by_one(&mut out, "Failed", &of(Outcome::Failed), MAX_FAILED);
    one_by_one(&mut out, "Unknown", &of(Outcome::Unknown), MAX_OPEN);
    not_entries(&mut out, import);
    one_by_one(&mut out, "Running", &of(Outcome::Running), MAX_OPEN);
    by_type(&mut out, &of(Outcome::Succeeded), width);
    out
}

/// The tasks that a failure is put down to, without a heading.
pub(super) fn blamed(import: &BotImport) -> String {
    let blamed: Vec<_> = reasons::blamed(import).collect();
    let mut out = String::new();
    rows(&mut out, &blamed, MAX_FAILED);
    out
}

fn heading(out: &mut String, title: &str) {
    out.push_str(&format!("\n{HEADING}{title}{HEADING:#}\n"));
}

fn one_by_one(out: &mut String, title: &str, entries: &[&StatusLog], max: usize) {
    if !entries.is_empty() {
        heading(out, title);
        rows(out, entries, max);
    }
}

/// A line for each task, its further keys beneath.
fn rows(out: &mut String, entries: &[&StatusLog], max: usize) {
    let (shown, left) = entries.split_at(entries.len().min(max));
    let rows: Vec<_> =
        shown.iter().map(|entry| (task_type(entry), task_name(entry), task_status(entry), *entry)).collect();
    let types = column(rows.iter().map(|row| &*row.0), MAX_TYPE_WIDTH);
    let names = column(rows.iter().map(|row| &*row.1), MAX_NAME_WIDTH);
    for (task_type, name, status, entry) in &rows {
        let style = style(entry.outcome());
        let (task_type, name) = (pad(task_type, types), pad(name, names));
        out.push_str(&format!("  {task_type}  {name}  {style}{status}{style:#}\n"));
        for reason in reasons::of_entry(entry) {
            out.push_str(&format!("      {LABEL}{}:{LABEL:#} {}\n", reason.key, reason.line()));
        }
    }
    if !left.is_empty() {
        out.push_str(&format!("  … and {} more; --output json shows all\n", left.len()));
    }
}

/// Elements of the log that are no entries at all.
fn not_entries(out: &mut String, import: &BotImport) {
    let Some(logs) = import.status_logs.as_ref().filter(|logs| !logs.others.is_empty()) else { return };
    heading(out, "Not entries");
    for (at, other) in logs.others.iter().take(MAX_OPEN) {
        out.push_str(&format!("  at {at}: {}\n", reasons::odd(other)));
    }
    let left = logs.others.len().saturating_sub(MAX_OPEN);
    if left > 0 {
        out.push_str(&format!("  … and {left} more; --output json shows all\n"));
    }
}

/// A line for each type of task, with as many names as the width has room for.
fn by_type(out: &mut String, entries: &[&StatusLog], width: usize) {
    if entries.is_empty() {
        return;
    }
    heading(out, "Succeeded");
    let groups = grouped(entries);
    let shown = &groups[..groups.len().min(MAX_TYPES)];
    let types = column(shown.iter().map(|group| &*group.task_type), MAX_TYPE_WIDTH);
    let digits = shown.iter().map(|group| group.names.len()).max().unwrap_or(0).to_string().len();
    for Group { task_type, names: all } in shown {
        let start = format!("  {}  {:>digits$}  ", pad(task_type, types), all.len());
        let room = width.saturating_sub(start.width());
        out.push_str(&format!("{start}{}\n", names(all, room)));
    }
    let left = &groups[shown.len()..];
    if !left.is_empty() {
        let tasks: usize = left.iter().map(|group| group.names.len()).sum();
        let types = left.len();
        out.push_str(&format!("  … and {tasks} more of {types} other types; --output json shows all\n"));
    }
}

struct Group {
    task_type: String,
    names: Vec<String>,
}

/// In the order in which each type comes first.
fn grouped(entries: &[&StatusLog]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for entry in entries {
        let task_type = task_type(entry);
        let at = *places.entry(task_type).or_insert_with_key(|task_type| {
            groups.push(Group { task_type: task_type.clone(), names: Vec::new() });
            groups.len() - 1
        });
        groups[at].names.push(task_name(entry));
    }
    groups
}
