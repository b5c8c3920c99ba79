//! The rows of the view on a terminal: one for each job, and a summary.

use std::time::{Duration, Instant};

use super::super::human::LABEL;
use super::super::row::Row;
use super::super::verdicts::verdict_style;
use crate::text::{column, number_of, outcome_style, pad, word};
use crate::time::{span, until};
use crate::watch::{Board, Next, Progress, Verdict};

/// How often the view is to be drawn.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// The widest column of ids; a longer id pushes its own row only.
const MAX_ID_WIDTH: usize = 40;

/// How many running tasks are named.
const MAX_RUNNING: usize = 20;

/// The view while it goes on: as many jobs as there is room for, and a summary.
pub(super) fn frame(board: &Board, now: Instant, timeout: Duration, room: usize) -> Vec<Row> {
    let waited = now.saturating_duration_since(board.began);
    let mut rows = jobs(board, now, room);
    let hidden = board.jobs.len() - rows.len();
    let mut summary = counts(board);
    if hidden > 0 {
        summary.push_str(&format!(", {hidden} not shown"));
    }
    summary.push_str(&format!("; {} of {}", span(waited), span(timeout)));
    rows.push(Row::default().styled(LABEL, &summary));
    rows
}

/// The last state of all.
pub(super) fn settled(board: &Board, now: Instant, room: usize) -> Vec<Row> {
    let mut rows = jobs(board, now, room);
    if board.jobs.len() > 1 {
        let hidden = board.jobs.len() - rows.len();
        let hidden = if hidden > 0 { format!(", {hidden} not shown") } else { String::new() };
        let waited = span(now.saturating_duration_since(board.began));
        rows.push(Row::default().styled(LABEL, &format!("{}{hidden}; {waited}", counts(board))));
    }
    rows
}

/// `3 imports: 1 succeeded, 1 failed, 1 not over`.
fn counts(board: &Board) -> String {
    let count = |is: fn(&Progress) -> bool| board.jobs.iter().filter(|job| is(job)).count();
    let parts = [
        (count(|job| job.verdict == Some(Verdict::Succeeded)), "succeeded"),
        (count(|job| job.verdict == Some(Verdict::Failed)), "failed"),
        (count(|job| job.verdict.is_some_and(|verdict| !verdict.is_of_platform())), "without an outcome"),
        (count(|job| job.verdict.is_none()), "not over"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    format!("{}: {}", number_of(board.jobs.len(), board.noun), parts.join(", "))
}

/// Those that matter most, in the order in which they were given.
fn jobs(board: &Board, now: Instant, room: usize) -> Vec<Row> {
    let mut chosen: Vec<_> = board.jobs.iter().enumerate().collect();
    if chosen.len() > room {
        chosen.sort_by_key(|(at, job)| (rank(job), *at));
        chosen.truncate(room);
        chosen.sort_by_key(|(at, _)| *at);
    }
    let ids = column(chosen.iter().map(|(_, job)| &*job.id), MAX_ID_WIDTH);
    chosen.into_iter().map(|(_, job)| row(job, board, now, ids)).collect()
}

fn rank(job: &Progress) -> u8 {
    match (job.verdict, &job.trouble) {
        (Some(Verdict::Succeeded), _) => 5,
        (Some(_), _) => 0,
        (None, Some(_)) => 1,
        (None, None) if job.failed > 0 => 2,
        (None, None) if job.next != Next::FirstResponse => 3,
        (None, None) => 4,
    }
}

fn row(job: &Progress, board: &Board, now: Instant, ids: usize) -> Row {
    let id = pad(&job.id, ids);
    let tasks = if !board.has_tasks || job.seen == 0 && job.status.is_none() {
        String::new()
    } else {
        format!("  {}/{} tasks", job.done, job.seen)
    };
    let failed = if job.failed > 0 { format!(", {} failed", job.failed) } else { String::new() };
    let failure = outcome_style(kore_sdk::Outcome::Failed);
    if let Some(verdict) = job.verdict {
        let style = verdict_style(verdict);
        let mark = if verdict == Verdict::Succeeded { "✓" } else { "✗" };
        let row = Row::default().styled(style, mark).plain(&format!(" {id}  "));
        let row = row.styled(style, verdict.words()).plain(&tasks).styled(failure, &failed);
        return match &job.why {
            Some(why) => row.plain(&format!("  {why}")),
            None => row,
        };
    }
    let row = Row::default().plain(&format!("{} {id}  ", spinner(board.began, now)));
    let row = match &job.status {
        Some(status) => row.styled(outcome_style(kore_sdk::Outcome::Running), status).plain(&tasks),
        None => row.plain("no response yet"),
    };
    let row = row.styled(failure, &failed);
    let row = match &job.trouble {
        Some(because) => row.styled(failure, &format!("  the poll failed: {}", word(because))),
        None => row,
    };
    let next = match job.next {
        Next::FirstResponse => String::new(),
        Next::Poll(at) if at <= now => "  polling".to_owned(),
        Next::Poll(at) => format!("  next poll in {}", until(at, now)),
        Next::Retry(at) => format!("  next try in {}", until(at, now)),
        Next::RateLimit(at) => format!("  rate limit: next poll in {}", until(at, now)),
    };
    let row = row.styled(LABEL, &next);
    // More than a row has room for are of no use.
    let running: Vec<_> = job.running.iter().take(MAX_RUNNING).map(String::as_str).collect();
    if running.is_empty() { row } else { row.plain(&format!("  {}", running.join(", "))) }
}

fn spinner(began: Instant, now: Instant) -> char {
    const TURNS: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
    let turn = now.saturating_duration_since(began).as_millis() / TICK.as_millis();
    TURNS[(turn % TURNS.len() as u128) as usize]
}

#[cfg(test)]
mod tests {
    use kore_sdk::watch::Event;
    use kore_sdk::{BotImportId, Status};

    use super::super::super::row::tests::text;
    use super::*;

    fn board(count: usize) -> (Board, Vec<BotImportId>) {
        let ids: Vec<BotImportId> = (0..count).map(|n| format!("bir-{n}").parse().expect("valid")).collect();
        (Board::new(&ids, Instant::now()), ids)
    }

    #[test]
    fn what_needs_attention_has_a_row_when_there_are_too_many() {
        let (mut board, ids) = board(100);
        let now = board.began;
        let trouble = Event::Retrying { because: "HTTP 503".to_owned(), failures: 1, at: now };
        board.event(&ids[70], &trouble);
        board.jobs[0].verdict = Some(Verdict::Succeeded);
        board.jobs[99].verdict = Some(Verdict::Failed);
        let frame = frame(&board, now, Duration::from_secs(60), 4);
        let rows: Vec<_> = frame.iter().map(|row| text(row, 120)).collect();
        assert_eq!(rows.len(), 5);
        for (row, part) in rows.iter().zip(["bir-1 ", "bir-2 ", "HTTP 503", "✗ bir-99", ""]) {
            assert!(row.contains(part), "{rows:?}");
        }
        assert_eq!(rows[4], "100 imports: 1 succeeded, 1 failed, 98 not over, 96 not shown; 0 s of 1 min");
    }

    #[test]
    fn a_row_tells_status_tasks_the_next_poll_and_what_runs() {
        let (mut board, ids) = board(1);
        let now = board.began;
        let entry =
            |name: &str, status| kore_sdk::StatusLog::new(kore_sdk::types::TaskType::Dialog, name, status);
        for event in [
            Event::StatusChanged { before: None, now: Some(Status::Pending) },
            Event::TaskAppeared { index: 0, entry: entry("a", Status::Success) },
            Event::TaskAppeared { index: 1, entry: entry("b", Status::InProgress) },
            Event::NextPoll { at: now + Duration::from_secs(2), left: [59, 1799] },
        ] {
            board.event(&ids[0], &event);
        }
        let rows = jobs(&board, now, 4);
        assert_eq!(text(&rows[0], 80), "⠋ bir-0  pending  1/2 tasks  next poll in 2 s  Dialog b");
    }
}
