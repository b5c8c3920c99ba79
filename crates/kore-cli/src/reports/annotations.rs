//! Failed tasks as errors on the page of a GitHub Actions run.

use std::fmt::Write as _;

use super::reasons;
use crate::output::{field, word};
use crate::watch::{Ending, task};

/// How many are made: the page shows no more than ten of a step.
const MAX: usize = 10;

/// A line for each failed task, and for each import that did not succeed without one.
pub(crate) fn annotations(endings: &[Ending]) -> String {
    let mut out = String::new();
    let mut left = MAX;
    for ending in endings.iter().filter(|ending| !ending.succeeded() || ending.warning.is_some()) {
        let id = word(ending.id.as_str());
        let mut tasks = ending.failed_entries().take(left).peekable();
        if tasks.peek().is_none() && left > 0 && !ending.succeeded() {
            left -= 1;
            let why = ending.message.as_deref().unwrap_or(ending.verdict.words());
            error(&mut out, &format!("Bot import {id}"), why);
        }
        for entry in tasks {
            left -= 1;
            let why = format!("{}: {}\n{}", task(entry), field(&entry.status), reasons(entry));
            error(&mut out, &format!("{} failed in bot import {id}", task(entry)), why.trim_end());
        }
    }
    out
}

fn error(out: &mut String, title: &str, message: &str) {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    writeln!(out, "::error title={title}::{}", escaped(message)).expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_that_have_a_meaning_are_escaped() {
        let mut out = String::new();
        error(&mut out, "50%: a,b\nc", "50%: a,b\r\nc");
        assert_eq!(out, "::error title=50%25%3A a%2Cb%0Ac::50%25: a,b%0D%0Ac\n");
    }
}
