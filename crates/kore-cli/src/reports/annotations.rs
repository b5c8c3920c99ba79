//! Failed tasks as errors on the page of a GitHub Actions run, and as warnings if the job succeeded.

use std::fmt::Write as _;

use crate::reasons;
use crate::text::{noun, word};
use crate::watch::Ending;

/// How many are made: the page shows no more than ten of a step.
const MAX: usize = 10;

/// A line for each failed task, and one for each job that did not succeed if no task failed or if
/// the platform says more of it.
pub(crate) fn annotations(endings: &[Ending]) -> String {
    let mut out = String::new();
    let mut left = MAX;
    for ending in endings.iter().filter(|ending| !ending.succeeded() || ending.warning().is_some()) {
        let id = word(&ending.id);
        let reasons = ending.reasons();
        let no_task = ending.blamed().next().is_none();
        if (no_task || !reasons.is_empty()) && left > 0 && !ending.succeeded() {
            left -= 1;
            let why = match reasons {
                [] => ending.message.clone().unwrap_or_else(|| ending.verdict.words().to_owned()),
                reasons => format!("the {} failed\n{}", noun(ending.kind), reasons::lines(reasons)),
            };
            line(&mut out, "error", &format!("{} {id}", capitalized(ending.kind)), why.trim_end());
        }
        for task in ending.blamed().take(left) {
            left -= 1;
            let why = format!("{}: {}\n{}", task.title(), task.status, reasons::lines(&task.reasons));
            let level = if ending.succeeded() { "warning" } else { "error" };
            line(
                &mut out,
                level,
                &format!("{} failed in {} {id}", task.title(), ending.kind),
                why.trim_end(),
            );
        }
    }
    out
}

/// `Bot import`
pub(super) fn capitalized(kind: &str) -> String {
    let mut chars = kind.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn line(out: &mut String, level: &str, title: &str, message: &str) {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    writeln!(out, "::{level} title={title}::{}", escaped(message)).expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_that_have_a_meaning_are_escaped() {
        let mut out = String::new();
        line(&mut out, "error", "50%: a,b\nc", "50%: a,b\r\nc");
        assert_eq!(out, "::error title=50%25%3A a%2Cb%0Ac::50%25: a,b%0D%0Ac\n");
    }
}
