//! A watch where no terminal shows it: one line a change.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use kore_sdk::types::Timestamp;
use kore_sdk::watch::Event;
use kore_sdk::{BotImportId, Outcome, Status, StatusLog};

use super::human::style;
use super::span::{span, until};
use super::text::{counted, task_status, word};
use crate::reasons;
use crate::watch::{Board, Ending, Verdict, task};

/// How long it may be silent.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How many lines the tasks of one document have at the most.
const MAX_TASKS: usize = 1000;

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
    /// The changes of the document that is being told, for each import.
    changes: HashMap<BotImportId, Changes>,
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
    pub(crate) fn event(
        &mut self,
        id: &BotImportId,
        event: &Event<StatusLog>,
        now: Instant,
        wall: SystemTime,
    ) -> Vec<String> {
        if let Event::TaskAppeared { entry, .. }
        | Event::TaskChanged { entry, .. }
        | Event::TaskVanished { entry, .. } = event
        {
            let is_failure = entry.outcome() == Outcome::Failed;
            let changes = self.changes.entry(id.clone()).or_default();
            changes.add(is_failure, || changed(event, now).unwrap_or_default());
            return Vec::new();
        }
        let mut lines = self.changes(id, now, wall);
        lines.extend(changed(event, now).map(|text| self.about(id, &text, now, wall)));
        lines
    }

    pub(crate) fn ended(&mut self, ending: &Ending, now: Instant, wall: SystemTime) -> Vec<String> {
        let mut lines = self.changes(&ending.id, now, wall);
        lines.push(self.about(&ending.id, &verdict(ending), now, wall));
        lines
    }

    fn changes(&mut self, id: &BotImportId, now: Instant, wall: SystemTime) -> Vec<String> {
        let changes = self.changes.remove(id).into_iter().flat_map(Changes::told);
        changes.map(|text| self.about(id, &text, now, wall)).collect()
    }

    fn about(&mut self, id: &BotImportId, text: &str, now: Instant, wall: SystemTime) -> String {
        self.line(now, wall, &format!("{} {text}", word(id.as_str())))
    }

    /// A line if there was none for too long.
    pub(crate) fn heartbeat(&mut self, board: &Board, now: Instant, wall: SystemTime) -> Option<String> {
        if now.saturating_duration_since(self.last) < HEARTBEAT {
            return None;
        }
        let open: Vec<_> = board.imports.iter().filter(|import| import.verdict.is_none()).collect();
        let waited = span(now.saturating_duration_since(board.began));
        let text = match &open[..] {
            [one] => {
                let status = one.status.as_deref().unwrap_or("no answer yet");
                let runs = one.running.iter().next().map(|task| format!(", {task} runs")).unwrap_or_default();
                format!("{} still {status} after {waited}: {}/{} tasks{runs}", one.id, one.done, one.seen)
            }
            open => {
                format!("still waiting after {waited}: {} of {} imports", open.len(), board.imports.len())
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
        Outcome::Unknown => " (not a word that is known here: nothing is concluded from it)",
        _ => "",
    }
}

fn changed(event: &Event<StatusLog>, now: Instant) -> Option<String> {
    Some(match event {
        Event::StatusChanged { now: None, .. } => "the answer has no status".to_owned(),
        Event::StatusChanged { before: None, now: Some(now) } => {
            format!("status {}{}", word(now.as_str()), waited_on(now))
        }
        Event::StatusChanged { before: Some(before), now: Some(now) } => {
            format!("status {} -> {}{}", word(before.as_str()), word(now.as_str()), waited_on(now))
        }
        Event::TaskAppeared { entry, .. } => format!("{}: {}", task(entry), stands(entry)),
        Event::TaskChanged { before, entry, .. } if before.status == entry.status => {
            format!("{}: {}", task(entry), stands(entry))
        }
        Event::TaskChanged { before, entry, .. } => {
            format!("{}: {} -> {}", task(entry), task_status(before), stands(entry))
        }
        Event::TaskVanished { entry, .. } => format!("{}: not in the log any more", task(entry)),
        Event::Throttled { until: at } => {
            format!("the platform's rate limits are used up; next look in {}", until(*at, now))
        }
        Event::Retrying { because, failures, at } => {
            let again = if *failures > 1 { format!(" ({failures} times in a row)") } else { String::new() };
            format!("the look failed{again}: {}; next try in {}", word(because), until(*at, now))
        }
        Event::TokenRenewed => "the platform refused the token that was kept; a new one is signed".into(),
        _ => return None,
    })
}

/// The status of a task, coloured, and its further keys.
fn stands(entry: &StatusLog) -> String {
    let style = style(entry.outcome());
    let reasons = reasons::of_entry(entry);
    let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons::line(&reasons)) };
    format!("{style}{}{style:#}{why}", task_status(entry))
}

/// `succeeded after 5 s: 20 tasks: 20 succeeded`; behind a failure stands why.
pub(super) fn verdict(ending: &Ending) -> String {
    let after = span(ending.elapsed);
    let style = verdict_style(ending.verdict);
    let words = ending.verdict.words();
    let why = match (&ending.verdict, &ending.message, &ending.import) {
        (Verdict::Succeeded | Verdict::Failed, _, Some(import)) => {
            let why = ending.why.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
            format!("{}{why}", counted(import.counts()))
        }
        (Verdict::DeadlineReached | Verdict::Cancelled, Some(message), _) => {
            message.split_once(": ").map_or(&**message, |(_, why)| why).to_owned()
        }
        (_, message, _) => message.clone().unwrap_or_default(),
    };
    format!("{style}{words}{style:#} after {after}: {why}")
}

pub(super) fn verdict_style(verdict: Verdict) -> anstyle::Style {
    use kore_sdk::Outcome;
    style(match verdict {
        Verdict::Succeeded => Outcome::Succeeded,
        Verdict::DeadlineReached | Verdict::Cancelled => Outcome::Running,
        Verdict::Failed | Verdict::CouldNotPoll | Verdict::AboutAnother => Outcome::Failed,
    })
}

/// `3 imports: 2 succeeded, 1 failed`.
pub(crate) fn total(endings: &[Ending]) -> String {
    const ORDER: [Verdict; 6] = [
        Verdict::Succeeded,
        Verdict::Failed,
        Verdict::CouldNotPoll,
        Verdict::AboutAnother,
        Verdict::DeadlineReached,
        Verdict::Cancelled,
    ];
    let count = |verdict| endings.iter().filter(|ending| ending.verdict == verdict).count();
    let parts = ORDER.into_iter().map(|verdict| (verdict, count(verdict))).filter(|(_, count)| *count > 0);
    let parts: Vec<_> = parts.map(|(verdict, count)| format!("{count} {}", verdict.words())).collect();
    let imports = if endings.len() == 1 { "import" } else { "imports" };
    format!("{} {imports}: {}", endings.len(), parts.join(", "))
}

#[cfg(test)]
mod tests;
