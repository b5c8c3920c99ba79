//! A job for people, as `kore import status` shows it and a watch of one job at its end: facts, then
//! tasks, grouped so that a thousand of them stay readable.

use anstyle::Style;
use kore_sdk::Outcome;
use unicode_width::UnicodeWidthStr as _;

use crate::text::{column, names, outcome_style, pad};
use crate::watch::{Document, Task};

pub(super) const LABEL: Style = Style::new().dimmed();
pub(super) const HEADING: Style = Style::new().bold();

/// How many failed tasks are shown one by one.
const MAX_FAILED: usize = 100;
/// How many tasks are shown one by one that have not ended, or whose word is not known.
const MAX_OPEN: usize = 20;
/// How many types of succeeded tasks have a line.
const MAX_TYPES: usize = 30;

/// The widest column of types and of names; what is wider pushes its own line only.
const MAX_TYPE_WIDTH: usize = 24;
const MAX_NAME_WIDTH: usize = 40;

/// The whole document as lines, styled, and bounded however long its log is.
pub(super) fn render(document: &Document, width: usize) -> String {
    let mut out = String::new();
    for (label, text) in &document.facts {
        out.push_str(&format!("{LABEL}{label:<8}{LABEL:#} {text}\n"));
    }
    let of = |outcome| document.tasks_with(outcome).collect::<Vec<_>>();
    one_by_one(&mut out, "Failed", &of(Outcome::Failed), MAX_FAILED);
    one_by_one(&mut out, "Unknown", &of(Outcome::Unknown), MAX_OPEN);
    others(&mut out, document);
    one_by_one(&mut out, "Running", &of(Outcome::Running), MAX_OPEN);
    by_type(&mut out, &of(Outcome::Succeeded), width);
    out
}

/// The tasks that a failure is put down to, without a heading.
pub(super) fn blamed(document: &Document) -> String {
    let mut out = String::new();
    rows(&mut out, &document.blamed().collect::<Vec<_>>(), MAX_FAILED);
    out
}

fn heading(out: &mut String, title: &str) {
    out.push_str(&format!("\n{HEADING}{title}{HEADING:#}\n"));
}

fn one_by_one(out: &mut String, title: &str, entries: &[&Task], max: usize) {
    if !entries.is_empty() {
        heading(out, title);
        rows(out, entries, max);
    }
}

/// A line for each task, its further keys beneath.
fn rows(out: &mut String, entries: &[&Task], max: usize) {
    let (shown, left) = entries.split_at(entries.len().min(max));
    let kinds = column(shown.iter().map(|task| &*task.kind), MAX_TYPE_WIDTH);
    let names = column(shown.iter().map(|task| &*task.name), MAX_NAME_WIDTH);
    for task in shown {
        let style = outcome_style(task.outcome);
        let (kind, name) = (pad(&task.kind, kinds), pad(&task.name, names));
        out.push_str(&format!("  {kind}  {name}  {style}{}{style:#}\n", task.status));
        for reason in &task.reasons {
            out.push_str(&format!("      {LABEL}{}:{LABEL:#} {}\n", reason.key, reason.line()));
        }
    }
    if !left.is_empty() {
        out.push_str(&format!("  … and {} more; --output json shows all\n", left.len()));
    }
}

/// Elements of the log that are no tasks at all.
fn others(out: &mut String, document: &Document) {
    if document.others.is_empty() {
        return;
    }
    heading(out, "Not entries");
    for (at, other) in document.others.iter().take(MAX_OPEN) {
        out.push_str(&format!("  at {at}: {other}\n"));
    }
    let left = document.others.len().saturating_sub(MAX_OPEN);
    if left > 0 {
        out.push_str(&format!("  … and {left} more; --output json shows all\n"));
    }
}

/// A line for each type of task, with as many names as the width has room for.
fn by_type(out: &mut String, entries: &[&Task], width: usize) {
    if entries.is_empty() {
        return;
    }
    heading(out, "Succeeded");
    let groups = grouped(entries);
    let shown = &groups[..groups.len().min(MAX_TYPES)];
    let types = column(shown.iter().map(|group| group.kind), MAX_TYPE_WIDTH);
    let digits = shown.iter().map(|group| group.names.len()).max().unwrap_or(0).to_string().len();
    for Group { kind, names: all } in shown {
        let start = format!("  {}  {:>digits$}  ", pad(kind, types), all.len());
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

/// The tasks of one type.
struct Group<'a> {
    kind: &'a str,
    names: Vec<&'a str>,
}

/// In the order in which each type comes first.
fn grouped<'a>(tasks: &[&'a Task]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for task in tasks {
        let at = *places.entry(&*task.kind).or_insert_with(|| {
            groups.push(Group { kind: &task.kind, names: Vec::new() });
            groups.len() - 1
        });
        groups[at].names.push(&task.name);
    }
    groups
}

#[cfg(test)]
mod tests;
