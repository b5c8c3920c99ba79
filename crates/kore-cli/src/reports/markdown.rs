//! A summary in Markdown, as the page of a pipeline shows it.

use std::fmt::Write as _;

use super::annotations::capitalized;
use crate::output::total;
use crate::reasons;
use crate::text::{noun, plural, word};
use crate::time::span;
use crate::watch::{Document, Ending, Task};

/// How many jobs have a row, and how many failed tasks are listed in all.
const MAX_JOBS: usize = 500;
const MAX_TASKS: usize = 200;
/// How much of what a job or a task says is shown, in characters.
const MAX_REASONS: usize = 1000;

/// What stays free for the notes of what is left out, in bytes.
const NOTES: usize = 1000;

/// A table of the jobs, then the tasks that failed, then how to resume; in all at most `room` bytes.
/// It is empty if that is too little to say anything.
pub(super) fn markdown(endings: &[Ending], resume_command: Option<&str>, room: usize) -> String {
    let go_on = resume_command.map(go_on).unwrap_or_default();
    let mut page = Page { text: String::new(), room: room.saturating_sub(go_on.len() + NOTES) };
    let kind = endings.first().map_or("job", |ending| ending.kind);
    let head = format!("## {}\n\n{}\n", capitalized(kind), total(endings));
    if !page.add(&head) {
        let note = format!("{head}\n… all else is left out: the page would be too long\n");
        return if note.len() <= room { note } else { String::new() };
    }
    let noun = noun(kind);
    let jobs = endings.iter().take(MAX_JOBS).map(job);
    let shown = page.table(&format!("\n| {noun} | outcome | tasks | time |\n|---|---|---|---|\n"), jobs);
    page.left_out(endings.len() - shown, &plural(noun), "--output json");

    let failed = || endings.iter().flat_map(|ending| ending.blamed().map(move |failed| (ending, failed)));
    let tasks = failed().take(MAX_TASKS).map(|(ending, failed)| task(ending, failed));
    let shown = page.table(
        &format!("\n### Failed tasks\n\n| {noun} | type | name | status | why |\n|---|---|---|---|---|\n"),
        tasks,
    );
    page.left_out(failed().count() - shown, "failed tasks", "--output json and --junit");

    let warnings = endings.iter().filter_map(|ending| ending.warning());
    let count = warnings.clone().count();
    let shown = page.table("", warnings.map(|text| format!("\n{}\n", escaped(&format!("Warning: {text}")))));
    page.left_out(count - shown, "warnings", "standard error");
    page.text + &go_on
}

/// Text that is added as long as there is room.
struct Page {
    text: String,
    room: usize,
}

impl Page {
    fn add(&mut self, text: &str) -> bool {
        let fits = self.text.len() + text.len() <= self.room;
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// As many rows as there is room for, with the head if there is one; and how many these are.
    fn table(&mut self, head: &str, rows: impl Iterator<Item = String>) -> usize {
        let (mut shown, start) = (0, self.text.len());
        let has_room = self.add(head);
        shown += rows.take_while(|row| has_room && self.add(row)).count();
        if shown == 0 {
            self.text.truncate(start);
        }
        shown
    }

    /// Says in the room that is free for it what is missing, and what has it.
    fn left_out(&mut self, count: usize, what: &str, has_all: &str) {
        if count > 0 {
            let note = format!("\n… and {count} more {what}, left out here: {has_all} would have all\n");
            self.room += note.len();
            self.add(&note);
        }
    }
}

fn job(ending: &Ending) -> String {
    let tasks = ending.document.as_ref().and_then(Document::plainly_counted).unwrap_or("-".into());
    let outcome = match &ending.message {
        Some(message) if !ending.verdict.is_of_platform() => message.clone(),
        _ => {
            let said = format!("{}\n{}", ending.verdict.words(), reasons::lines(ending.reasons()));
            said.trim_end().chars().take(MAX_REASONS).collect()
        }
    };
    let id = escaped(&word(&ending.id));
    format!("| {id} | {} | {tasks} | {} |\n", escaped(&outcome), span(ending.elapsed))
}

fn task(ending: &Ending, task: &Task) -> String {
    let why = reasons::lines(&task.reasons);
    let why: String = why.trim_end().chars().take(MAX_REASONS).collect();
    let cells = [&word(&ending.id), &task.kind, &task.name, &task.status, &why];
    format!("| {} |\n", cells.map(|cell| escaped(cell)).join(" | "))
}

fn go_on(command: &str) -> String {
    // A fence that is longer than any in the command.
    let fence = "`".repeat(command.split(|c| c != '`').map(str::len).max().unwrap_or(0).max(2) + 1);
    format!("\nResume with:\n\n{fence}sh\n{command}\n{fence}\n")
}

/// Text that means itself in a cell of a table: every character of Markdown and HTML that could
/// mean something is one of a numbered entity, which none of them reads twice.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            c if c.is_control() => out.push(' '),
            c if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '-' | '/' | ' ' | '\'' | ';' | '?') => {
                write!(out, "&#{};", u32::from(c)).expect("a string takes all");
            }
            // A dash or a number with a dot begins a list only where a line begins.
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_means_anything_in_markdown_or_html() {
        let hostile = "a|b `c` <img src=x> [l](http://x) *b* _i_ ~s~ #h @user :smile: &amp; \\|\u{7}\r\nd";
        let shown = escaped(hostile);
        for c in ['|', '`', '>', '[', ']', '(', ')', '*', '_', '~', '@', '\\', '\n', '\r', '\u{7}', ':'] {
            assert!(!shown.replace("<br>", "").contains(c), "{c:?} in {shown}");
        }
        assert!(shown.starts_with("a&#124;b &#96;c&#96; &#60;img src&#61;x&#62; "), "{shown}");
        assert!(shown.ends_with(" &#38;amp; &#92;&#124;  <br>d"), "{shown}");
    }
}
