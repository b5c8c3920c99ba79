//! How jobs ended, in words: the line of one, the sum of all, and what stays on a terminal at the end.

use anstyle::Style;
use kore_sdk::Outcome;

use super::human;
use crate::text::{noun, number_of, outcome_style, word};
use crate::time::span;
use crate::watch::{Ending, Verdict};

/// How many jobs that succeeded have a line.
const MAX_SUCCEEDED: usize = 50;
/// How many that did not.
const MAX_OTHERS: usize = 500;

/// `succeeded after 5 s: 20 tasks: 20 succeeded`; behind a failure stands why.
pub(super) fn verdict(ending: &Ending) -> String {
    let after = span(ending.elapsed);
    let style = verdict_style(ending.verdict);
    let words = ending.verdict.words();
    let why = match (&ending.verdict, &ending.message, &ending.document) {
        (Verdict::Succeeded | Verdict::Failed, _, Some(document)) => {
            let parts = document.counted().into_iter().chain(ending.why.clone());
            parts.collect::<Vec<_>>().join("; ")
        }
        (Verdict::AwaitsApproval | Verdict::DeadlineReached | Verdict::Cancelled, Some(message), _) => {
            message.split_once(": ").map_or(&**message, |(_, why)| why).to_owned()
        }
        (_, message, _) => message.clone().unwrap_or_default(),
    };
    let colon = if why.is_empty() { "" } else { ": " };
    format!("{style}{words}{style:#} after {after}{colon}{why}")
}

pub(super) fn verdict_style(verdict: Verdict) -> Style {
    outcome_style(match verdict {
        Verdict::Succeeded => Outcome::Succeeded,
        Verdict::AwaitsApproval | Verdict::DeadlineReached | Verdict::Cancelled => Outcome::Running,
        Verdict::NotDownloaded
        | Verdict::Failed
        | Verdict::CouldNotPoll
        | Verdict::AboutAnother
        | Verdict::MayHaveStarted
        | Verdict::NotStarted => Outcome::Failed,
    })
}

/// `3 imports: 2 succeeded, 1 failed`.
pub(crate) fn total(endings: &[Ending]) -> String {
    const ORDER: [Verdict; 10] = [
        Verdict::Succeeded,
        Verdict::NotDownloaded,
        Verdict::Failed,
        Verdict::CouldNotPoll,
        Verdict::AboutAnother,
        Verdict::AwaitsApproval,
        Verdict::DeadlineReached,
        Verdict::Cancelled,
        Verdict::MayHaveStarted,
        Verdict::NotStarted,
    ];
    let count = |verdict| endings.iter().filter(|ending| ending.verdict == verdict).count();
    let parts = ORDER.into_iter().map(|verdict| (verdict, count(verdict))).filter(|(_, count)| *count > 0);
    let parts: Vec<_> = parts.map(|(verdict, count)| format!("{count} {}", verdict.words())).collect();
    let noun = endings.first().map_or("job", |ending| noun(ending.kind));
    format!("{}: {}", number_of(endings.len(), noun), parts.join(", "))
}

/// For a terminal on which the view has been: one job as `kore import status` shows it, several with a
/// line each and the tasks that failed.
pub(crate) fn final_people(endings: &[Ending], width: usize) -> String {
    match endings {
        [one] => {
            let document = one.document.as_ref().map(|document| human::render(document, width) + "\n");
            format!("{}{} {}\n", document.unwrap_or_default(), word(&one.id), verdict(one))
        }
        several => {
            let mut out = String::new();
            let (succeeded, others): (Vec<&Ending>, Vec<&Ending>) =
                several.iter().partition(|ending| ending.succeeded());
            for ending in succeeded.iter().take(MAX_SUCCEEDED).chain(others.iter().take(MAX_OTHERS)) {
                out.push_str(&format!("{} {}\n", word(&ending.id), verdict(ending)));
                if let Some(document) = &ending.document {
                    out.push_str(&human::blamed(document));
                }
            }
            for (of, max, what) in
                [(&succeeded, MAX_SUCCEEDED, "succeeded"), (&others, MAX_OTHERS, "did not succeed")]
            {
                if of.len() > max {
                    out.push_str(&format!("… and {} more that {what}\n", of.len() - max));
                }
            }
            let style = verdict_style(if others.is_empty() { Verdict::Succeeded } else { Verdict::Failed });
            format!("{out}{style}{}{style:#}\n", total(several))
        }
    }
}
