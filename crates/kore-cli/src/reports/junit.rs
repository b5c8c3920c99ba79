//! JUnit XML, for Jenkins, GitLab and Azure.

use std::collections::{HashMap, HashSet};

use kore_sdk::Outcome;
use kore_sdk::types::Printable;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::reasons;
use crate::text::noun;
use crate::watch::{Ending, Task, Verdict};

/// The report: a suite for each job, in it a test case for each task. Where the tasks
/// do not say how the job ended there is a test case for the job itself, so that a report
/// is never green, nor empty, when it should not be. A task that failed in a job that succeeded is
/// said in the output of its case, and is no failure: report and exit code have one verdict.
pub(crate) fn junit(step: &str, endings: &[Ending]) -> String {
    let noun = endings.first().map_or("job", |ending| noun(ending.kind));
    let mut report = Report::new(format!("kore {noun} {step}"));
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
    let mut suite = TestSuite::new(&*ending.id);
    suite.set_time(ending.elapsed);
    let mut names = Names::default();
    for task in ending.tasks() {
        let name = names.unique(&task.kind, task.name.clone());
        let is_outvoted = ending.succeeded() && task.outcome == Outcome::Failed;
        let mut case =
            TestCase::new(name, if is_outvoted { TestCaseStatus::success() } else { status(task) });
        case.set_classname(&*task.kind);
        if is_outvoted {
            let said = format!("warning: it failed, and the {} succeeded\n{}", noun(ending.kind), said(task));
            case.set_system_out(xml_text(&said));
        }
        suite.add_test_case(case);
    }
    let says_how = match ending.verdict {
        Verdict::Succeeded => !ending.tasks().is_empty(),
        // What is said of it as a whole has no other place.
        Verdict::Failed => {
            ending.tasks().iter().any(|task| task.outcome == Outcome::Failed) && ending.reasons().is_empty()
        }
        _ => false,
    };
    if !says_how {
        let class = noun(ending.kind);
        let mut case = TestCase::new(names.unique(class, ending.id.clone()), of_job(ending));
        case.set_classname(class);
        suite.add_test_case(case);
    }
    suite
}

fn status(task: &Task) -> TestCaseStatus {
    let word = &task.status;
    let mut status = match task.outcome {
        Outcome::Succeeded => return TestCaseStatus::success(),
        Outcome::Failed => {
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure.set_type(&**word);
            failure
        }
        Outcome::Running | Outcome::Unknown => TestCaseStatus::skipped(),
    };
    status.set_message(match (task.outcome, task.reasons.first()) {
        (Outcome::Failed, Some(first)) => first.first_line(),
        (Outcome::Failed, None) => format!("the status is {word}"),
        _ => format!("not ended: the status is {word}"),
    });
    status.set_description(xml_text(&said(task)));
    status
}

fn said(task: &Task) -> String {
    format!("status: {}\n{}", task.status, reasons::lines(&task.reasons))
}

fn of_job(ending: &Ending) -> TestCaseStatus {
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
    let said = reasons::lines(ending.reasons());
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
