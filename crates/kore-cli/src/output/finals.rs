//! What is printed when all is over.

use std::time::SystemTime;

use serde::Serialize;

use super::human;
use super::lines::{total, verdict, verdict_style};
use super::ndjson::Ended;
use super::tasks;
use super::text::word;
use crate::watch::{Ending, Verdict};

/// How many imports that succeeded have a line.
const MAX_SUCCEEDED: usize = 50;
/// How many that did not.
const MAX_OTHERS: usize = 500;

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    imports: Vec<Import<'a>>,
    resume_command: Option<&'a str>,
}

#[derive(Serialize)]
struct Import<'a> {
    id: &'a str,
    #[serde(flatten)]
    ended: Ended<'a>,
}

/// The one document of `--output json`.
pub(crate) fn json(endings: &[Ending], exit_code: u8, resume_command: Option<&str>) -> String {
    let imports =
        endings.iter().map(|ending| Import { id: ending.id.as_str(), ended: Ended::new(ending) }).collect();
    let document = Document { exit_code, imports, resume_command };
    serde_json::to_string(&document).expect("text, numbers and JSON as it came") + "\n"
}

/// For a terminal on which the view has been: one import as `kore import status` shows it, several
/// with a line each and the tasks that failed.
pub(crate) fn people(endings: &[Ending], now: SystemTime, width: usize) -> String {
    match endings {
        [one] => {
            let mut out = one.import.as_ref().map(|import| human::render(import, now, width));
            if let Some(out) = &mut out {
                out.push('\n');
            }
            format!("{}{} {}\n", out.unwrap_or_default(), word(one.id.as_str()), verdict(one))
        }
        several => {
            let mut out = String::new();
            let (succeeded, others): (Vec<&Ending>, Vec<&Ending>) =
                several.iter().partition(|ending| ending.succeeded());
            for ending in succeeded.iter().take(MAX_SUCCEEDED).chain(others.iter().take(MAX_OTHERS)) {
                out.push_str(&format!("{} {}\n", word(ending.id.as_str()), verdict(ending)));
                if let Some(import) = &ending.import {
                    out.push_str(&tasks::blamed(import));
                }
            }
            for (of, max, what) in
                [(&succeeded, MAX_SUCCEEDED, "succeeded"), (&others, MAX_OTHERS, "did not succeed")]
            {
                if of.len() > max {
                    out.push_str(&format!("… and {} more that {what}\n", of.len() - max));
                }
            }
            let style = match several.iter().find(|ending| !ending.succeeded()) {
                Some(_) => verdict_style(Verdict::Failed),
                None => verdict_style(Verdict::Succeeded),
            };
            format!("{out}{style}{}{style:#}\n", total(several))
        }
    }
}
