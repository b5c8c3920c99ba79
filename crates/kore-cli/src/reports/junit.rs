//! JUnit XML, for Jenkins, GitLab and Azure.

use std::collections::{HashMap, HashSet};

use kore_sdk::types::Printable;
use kore_sdk::{Outcome, StatusLog};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::output::{task_name, task_status, task_type};
use crate::reasons;
use crate::watch::{Ending, Verdict};

const NAME: &str = "kore import watch";

/// The report: a suite for each import, in it a test case for each entry of the log. Where the log
/// does not say how the import ended there is a test case for the import itself, so that a report
/// is never green, nor empty, when it should not be.
pub(crate) fn junit(endings: &[Ending]) -> String {
    let mut report = Report::new(NAME);
    report.add_test_suites(endings.iter().map(suite));
    if let Some(longest) = endings.iter().map(|ending| ending.elapsed).max() {
        report.set_time(longest);
    }
    let xml = report.to_string().expect("no text has a character that XML forbids");
    without_skipped_in_root(&xml)
}

/// The schema of Jenkins' xUnit plugin knows the attribute of a suite, but not of the root.
fn without_skipped_in_root(xml: &str) -> String {
    let Some((start, rest)) = xml.split_once(" skipped=\"") else { return xml.to_owned() };
    match rest.split_once('"') {
        Some((_, rest)) if start.ends_with('"') => format!("{start}{rest}"),
        _ => xml.to_owned(),
    }
}

fn suite(ending: &Ending) -> TestSuite {
    let mut suite = TestSuite::new(ending.id.as_str());
    suite.set_time(ending.elapsed);
    let mut names = Names::default();
    for entry in ending.entries() {
        let class = task_type(entry);
        let name = names.unique(&class, task_name(entry));
        let mut case = TestCase::new(name, status(entry));
        case.set_classname(class);
        suite.add_test_case(case);
    }
    let says_how = match ending.verdict {
        Verdict::Succeeded => !ending.entries().is_empty(),
        // What is said of it as a whole has no other place.
        Verdict::Failed => {
            ending.entries().iter().any(|entry| entry.outcome() == Outcome::Failed)
                && ending.reasons().is_empty()
        }
        _ => false,
    };
    if !says_how {
        let class = "import".to_owned();
        let name = names.unique(&class, ending.id.as_str().to_owned());
        let mut case = TestCase::new(name, of_import(ending));
        case.set_classname(class);
        suite.add_test_case(case);
    }
    suite
}

fn status(entry: &StatusLog) -> TestCaseStatus {
    let word = task_status(entry);
    let mut status = match entry.outcome() {
        Outcome::Succeeded => return TestCaseStatus::success(),
        Outcome::Failed => {
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure.set_type(word.clone());
            failure
        }
        Outcome::Running | Outcome::Unknown => TestCaseStatus::skipped(),
    };
    let reasons = reasons::of_entry(entry);
    status.set_message(match (entry.outcome(), reasons.first()) {
        (Outcome::Failed, Some(first)) => first.first_line(),
        (Outcome::Failed, None) => format!("the status is {word}"),
        _ => format!("not ended: the status is {word}"),
    });
    status.set_description(xml_text(&format!("status: {word}\n{}", reasons::lines(&reasons))));
    status
}

fn of_import(ending: &Ending) -> TestCaseStatus {
    if ending.succeeded() {
        return TestCaseStatus::success();
    }
    let kind = match ending.verdict {
        Verdict::Failed => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    let message = ending.message.as_deref().unwrap_or(ending.verdict.words());
    status.set_type(ending.verdict.as_str());
    status.set_message(printable(message));
    let said = reasons::lines(&ending.reasons());
    let said = if said.is_empty() { said } else { format!("\n{}", said.trim_end()) };
    let hint = ending.hint.as_deref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    status.set_description(xml_text(&format!("{message}{said}{hint}")));
    status
}

fn printable(text: &str) -> String {
    Printable::text(text).to_string()
}

/// Line by line, so that characters that XML forbids are shown and not dropped.
fn xml_text(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// GitLab shows one of two cases that have class and name in common.
#[derive(Default)]
struct Names {
    taken: HashSet<(String, String)>,
    /// The number that a name gets next, so that many equal ones are soon told apart.
    next: HashMap<(String, String), usize>,
}

impl Names {
    fn unique(&mut self, class: &str, name: String) -> String {
        let mut candidate = name.clone();
        let next = self.next.entry((class.to_owned(), name.clone())).or_insert(2);
        while !self.taken.insert((class.to_owned(), candidate.clone())) {
            candidate = format!("{name} ({next})");
            *next += 1;
        }
        candidate
    }
}

#[cfg(test)]
mod tests;
