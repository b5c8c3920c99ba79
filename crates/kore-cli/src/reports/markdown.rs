//! A summary in Markdown, as the page of a pipeline shows it.

use std::fmt::Write as _;

use crate::output::{plainly_counted, span, task_name, task_status, task_type, total, word};
use crate::reasons;
use crate::watch::Ending;

/// How many imports have a row, and how many failed tasks are listed in all; GitHub takes 1 MiB.
const MAX_IMPORTS: usize = 500;
const MAX_TASKS: usize = 200;
/// How long it is before the command that goes on, in bytes; escaped text is up to five times as long.
const MAX_BYTES: usize = 900_000;
/// How much of what an import or a task says is shown, in characters.
const MAX_REASONS: usize = 1000;

/// A table of the imports, then the tasks that failed, then how to go on.
pub(crate) fn markdown(endings: &[Ending], resume_command: Option<&str>) -> String {
    let mut out = String::from("## Bot import\n\n");
    let mut line = |text: String| writeln!(out, "{text}").expect("a string takes all");
    line(format!("{}\n", total(endings)));
    line("| import | outcome | tasks | time |\n|---|---|---|---|".to_owned());
    for ending in endings.iter().take(MAX_IMPORTS) {
        let tasks = ending.import.as_ref().map_or("-".into(), |import| plainly_counted(import.counts()));
        let outcome = match &ending.message {
            Some(message) if !ending.verdict.is_of_platform() => message.clone(),
            _ => {
                let said = format!("{}\n{}", ending.verdict.words(), reasons::lines(&ending.reasons()));
                said.trim_end().chars().take(MAX_REASONS).collect()
            }
        };
        line(format!(
            "| {} | {} | {} | {} |",
            escaped(&word(ending.id.as_str())),
            escaped(&outcome),
            tasks,
            span(ending.elapsed)
        ));
    }
    if endings.len() > MAX_IMPORTS {
        line(format!("\n… and {} more imports", endings.len() - MAX_IMPORTS));
    }
    let failed = endings.iter().flat_map(|ending| ending.blamed_entries().map(move |entry| (ending, entry)));
    let failed: Vec<_> = failed.collect();
    if !failed.is_empty() {
        line(
            "\n### Failed tasks\n\n| import | type | name | status | why |\n|---|---|---|---|---|".to_owned(),
        );
    }
    for (ending, entry) in failed.iter().take(MAX_TASKS) {
        let why = reasons::lines(&reasons::of_entry(entry));
        let why = why.trim_end().chars().take(MAX_REASONS).collect();
        let cells = [word(ending.id.as_str()), task_type(entry), task_name(entry), task_status(entry), why];
        line(format!("| {} |", cells.map(|cell| escaped(&cell)).join(" | ")));
    }
    if failed.len() > MAX_TASKS {
        line(format!("\n… and {} more failed tasks", failed.len() - MAX_TASKS));
    }
    for warning in endings.iter().filter_map(|ending| ending.warning.as_deref()) {
        line(format!("\n{}", escaped(&format!("Warning: {warning}"))));
    }
    if out.len() > MAX_BYTES {
        let line_end = out.as_bytes()[..MAX_BYTES].iter().rposition(|byte| *byte == b'\n');
        out.truncate(line_end.map_or(0, |line_end| line_end + 1));
        out.push_str("\n… and more, which is left out here\n");
    }
    let mut line = |text: String| writeln!(out, "{text}").expect("a string takes all");
    if let Some(command) = resume_command {
        // A fence that is longer than any in the command.
        let fence = "`".repeat(command.split(|c| c != '`').map(str::len).max().unwrap_or(0).max(2) + 1);
        line(format!("\nGo on with:\n\n{fence}sh\n{command}\n{fence}"));
    }
    out
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
