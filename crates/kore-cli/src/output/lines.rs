//! A watch where no terminal shows it: one line a change, for the log of a pipeline.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use kore_sdk::types::Timestamp;
use kore_sdk::watch::Event;
use kore_sdk::{Outcome, Status};

use super::verdicts::{total, verdict};
use crate::reasons;
use crate::text::{noun, number_of, outcome_style, word};
use crate::time::{span, until};
use crate::watch::{Board, Ending, Shown, Task};

/// How long it may be silent.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How many lines the tasks of one document have at the most.
const MAX_TASKS: usize = 1000;

/// How many tasks that failed are named once more at the end of their job.
const MAX_FAILED: usize = 100;

/// The line in the place of so many that were left out.
pub(crate) fn left_out(lines: u64) -> String {
    let wall = seconds(SystemTime::now());
    format!("{wall} … {lines} lines were not written: the reader was too slow\n")
}

/// `2026-07-29T07:24:17Z`, whatever the clock shows.
fn seconds(wall: SystemTime) -> String {
    let time = Timestamp::from(wall);
    let end = time.as_str().find('.').unwrap_or(time.as_str().len());
    format!("{}Z", &time.as_str()[..end])
}

/// Makes the lines, each with the time in front.
#[derive(Debug)]
pub(crate) struct Lines {
    last: Instant,
    /// The changes of the document that is being told, for each job.
    changes: HashMap<String, Changes>,
}

/// What one document changed. Of too many changes those to a failure are kept.
#[derive(Debug, Default)]
struct Changes {
    count: usize,
    failures: Vec<(usize, String)>,
    others: Vec<(usize, String)>,
}

impl Changes {
    fn add(&mut self, is_failure: bool, text: impl FnOnce() -> String) {
        let kept = if is_failure { &mut self.failures } else { &mut self.others };
        if kept.len() < MAX_TASKS {
            kept.push((self.count, text()));
        }
        self.count += 1;
    }

    /// The lines in their order, then how many more there were.
    fn told(mut self) -> impl Iterator<Item = String> {
        self.others.truncate(MAX_TASKS - self.failures.len());
        let mut kept = [self.failures, self.others].concat();
        kept.sort_unstable_by_key(|(at, _)| *at);
        let left = self.count - kept.len();
        let rest = (left > 0)
            .then(|| format!("… and {left} more changes to tasks; --output json and --junit have all tasks"));
        kept.into_iter().map(|(_, text)| text).chain(rest)
    }
}

impl Lines {
    pub(crate) fn new(now: Instant) -> Self {
        Self { last: now, changes: HashMap::new() }
    }

    fn line(&mut self, now: Instant, wall: SystemTime, text: &str) -> String {
        self.last = now;
        format!("{} {text}\n", seconds(wall))
    }

    /// The lines of an event, if it is a change; changes to tasks are told with the event behind them.
    pub(crate) fn event<J: Shown>(
        &mut self,
        id: &str,
        event: &Event<J::Task>,
        now: Instant,
        wall: SystemTime,
    ) -> Vec<String> {
        if let Event::TaskAppeared { entry, .. }
        | Event::TaskChanged { entry, .. }
        | Event::TaskVanished { entry, .. } = event
        {
            let task = J::task(entry);
            let changes = self.changes.entry(id.to_owned()).or_default();
            changes.add(task.outcome == Outcome::Failed, || changed_task::<J>(event, &task));
            return Vec::new();
        }
        let mut lines = self.changes(id, now, wall);
        lines.extend(changed(noun(J::KIND), event, now).map(|text| self.about(id, &text, now, wall)));
        lines
    }

    /// Words about no job in particular.
    pub(crate) fn say(&mut self, text: &str, now: Instant, wall: SystemTime) -> String {
        self.line(now, wall, text)
    }

    /// Words of another kind if there was no line for too long.
    pub(crate) fn still(&mut self, text: &str, now: Instant, wall: SystemTime) -> Option<String> {
        (now.saturating_duration_since(self.last) >= HEARTBEAT).then(|| self.line(now, wall, text))
    }

    /// How a job ended, and what failed once more: the line that said so first may be far above.
    pub(crate) fn ended(&mut self, ending: &Ending, now: Instant, wall: SystemTime) -> Vec<String> {
        let mut lines = self.changes(&ending.id, now, wall);
        lines.push(self.about(&ending.id, &verdict(ending), now, wall));
        let failed =
            ending.blamed().take(MAX_FAILED).map(|task| format!("  {}: {}", task.title(), stands(task)));
        let left = ending.blamed().skip(MAX_FAILED).count();
        let left = (left > 0).then(|| format!("  … and {left} more that failed"));
        lines.extend(failed.chain(left).map(|text| self.about(&ending.id, &text, now, wall)));
        lines
    }

    fn changes(&mut self, id: &str, now: Instant, wall: SystemTime) -> Vec<String> {
        let changes = self.changes.remove(id).into_iter().flat_map(Changes::told);
        changes.map(|text| self.about(id, &text, now, wall)).collect()
    }

    fn about(&mut self, id: &str, text: &str, now: Instant, wall: SystemTime) -> String {
        self.line(now, wall, &format!("{} {text}", word(id)))
    }

    /// A line if there was none for too long.
    pub(crate) fn heartbeat(&mut self, board: &Board, now: Instant, wall: SystemTime) -> Option<String> {
        if now.saturating_duration_since(self.last) < HEARTBEAT {
            return None;
        }
        let open: Vec<_> = board.jobs.iter().filter(|job| job.verdict.is_none()).collect();
        let waited = span(now.saturating_duration_since(board.began));
        let text = match &open[..] {
            [one] => {
                let status = one.status.as_deref().unwrap_or("no response yet");
                let runs = one.running.front().map(|task| format!(", {task} runs")).unwrap_or_default();
                let tasks = format!(": {}/{} tasks{runs}", one.done, one.seen);
                let tasks = if board.has_tasks { &*tasks } else { "" };
                format!("{} still {status} after {waited}{tasks}", one.id)
            }
            open => {
                let all = number_of(board.jobs.len(), board.noun);
                format!("still waiting after {waited}: {} of {all}", open.len())
            }
        };
        Some(self.line(now, wall, &text))
    }

    /// All together, if there are several.
    pub(crate) fn total(&mut self, endings: &[Ending], now: Instant, wall: SystemTime) -> Option<String> {
        (endings.len() > 1).then(|| self.line(now, wall, &total(endings)))
    }
}

/// Why a word ends nothing, if it is not known.
fn waited_on(status: &Status) -> &'static str {
    match status.outcome() {
        Outcome::Unknown if !status.awaits_approval() => {
            " (not a word that is known here: nothing is concluded from it)"
        }
        _ => "",
    }
}

fn changed<T>(noun: &str, event: &Event<T>, now: Instant) -> Option<String> {
    Some(match event {
        Event::StatusChanged { now: None, .. } => format!("the response has no status of this {noun}"),
        Event::StatusChanged { before: None, now: Some(now) } => {
            format!("status {}{}", word(now.as_str()), waited_on(now))
        }
        Event::StatusChanged { before: Some(before), now: Some(now) } => {
            format!("status {} -> {}{}", word(before.as_str()), word(now.as_str()), waited_on(now))
        }
        Event::Throttled { until: at } => {
            format!("the rate limit is used up; next poll in {}", until(*at, now))
        }
        Event::Retrying { because, failures, at } => {
            let again = if *failures > 1 { format!(" ({failures} times in a row)") } else { String::new() };
            format!("the poll failed{again}: {}; next try in {}", word(because), until(*at, now))
        }
        Event::TokenRenewed => "the platform refused the token that was kept; a new one is signed".into(),
        _ => return None,
    })
}

fn changed_task<J: Shown>(event: &Event<J::Task>, task: &Task) -> String {
    let title = task.title();
    match event {
        Event::TaskChanged { before, .. } if J::task(before).status != task.status => {
            format!("{title}: {} -> {}", J::task(before).status, stands(task))
        }
        Event::TaskVanished { .. } => format!("{title}: not in the log any more"),
        _ => format!("{title}: {}", stands(task)),
    }
}

/// The status of a task, coloured, and what else it says.
fn stands(task: &Task) -> String {
    let style = outcome_style(task.outcome);
    let why = match &task.reasons[..] {
        [] => String::new(),
        reasons => format!(" ({})", reasons::line(reasons)),
    };
    format!("{style}{}{style:#}{why}", task.status)
}

#[cfg(test)]
mod tests;
