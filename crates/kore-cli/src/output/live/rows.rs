//! The rows of the view.

use std::time::{Duration, Instant};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::super::human::{LABEL, style};
use super::super::lines::verdict_style;
use super::super::span::{span, until};
use super::super::text::{column, pad, word};
use crate::watch::{Board, Import, Next, Verdict};

/// The widest column of ids; a longer id pushes its own row only.
const MAX_ID_WIDTH: usize = 40;

/// One row, made of pieces that are fit for a terminal.
#[derive(Debug, Default)]
pub(crate) struct Row(Vec<(Style, String)>);

impl Row {
    pub(super) fn plain(self, text: &str) -> Self {
        self.styled(Style::new(), text)
    }

    fn styled(mut self, style: Style, text: &str) -> Self {
        self.0.push((style, text.to_owned()));
        self
    }

    /// At most `width` columns of it, `…` in place of the rest; and how many these are.
    pub(super) fn cut(&self, width: usize, colours: bool) -> (String, usize) {
        let whole: usize = self.0.iter().map(|(_, text)| text.width()).sum();
        let room = if whole <= width { whole } else { width.saturating_sub(1) };
        let (mut out, mut used) = (String::new(), 0);
        'pieces: for (style, text) in &self.0 {
            let (on, off) = if colours {
                (style.render().to_string(), style.render_reset().to_string())
            } else {
                Default::default()
            };
            out.push_str(&on);
            for c in text.chars() {
                let needed = c.width().unwrap_or(0);
                if used + needed > room {
                    out.push_str(&off);
                    break 'pieces;
                }
                used += needed;
                out.push(c);
            }
            out.push_str(&off);
        }
        if whole > width && width > 0 {
            out.push('…');
            used += 1;
        }
        (out, used)
    }
}

/// How many running tasks are named.
const MAX_RUNNING: usize = 20;

/// The view while it goes on: as many imports as there is room for, and a summary.
pub(super) fn frame(board: &Board, now: Instant, timeout: Duration, room: usize) -> Vec<Row> {
    let waited = now.saturating_duration_since(board.began);
    let mut rows = imports(board, now, room);
    let hidden = board.imports.len() - rows.len();
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
    let mut rows = imports(board, now, room);
    if board.imports.len() > 1 {
        let hidden = board.imports.len() - rows.len();
        let hidden = if hidden > 0 { format!(", {hidden} not shown") } else { String::new() };
        let waited = span(now.saturating_duration_since(board.began));
        rows.push(Row::default().styled(LABEL, &format!("{}{hidden}; {waited}", counts(board))));
    }
    rows
}

/// `3 imports: 1 succeeded, 1 failed, 1 not over`.
fn counts(board: &Board) -> String {
    let count = |is: fn(&Import) -> bool| board.imports.iter().filter(|import| is(import)).count();
    let parts = [
        (count(|import| import.verdict == Some(Verdict::Succeeded)), "succeeded"),
        (count(|import| import.verdict == Some(Verdict::Failed)), "failed"),
        (
            count(|import| import.verdict.is_some_and(|verdict| !verdict.is_of_platform())),
            "without an outcome",
        ),
        (count(|import| import.verdict.is_none()), "not over"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let imports = if board.imports.len() == 1 { "import" } else { "imports" };
    format!("{} {imports}: {}", board.imports.len(), parts.join(", "))
}

/// Those that matter most, in the order in which they were given.
fn imports(board: &Board, now: Instant, room: usize) -> Vec<Row> {
    let mut chosen: Vec<_> = board.imports.iter().enumerate().collect();
    if chosen.len() > room {
        chosen.sort_by_key(|(at, import)| (rank(import), *at));
        chosen.truncate(room);
        chosen.sort_by_key(|(at, _)| *at);
    }
    let ids = column(chosen.iter().map(|(_, import)| &*import.id), MAX_ID_WIDTH);
    chosen.into_iter().map(|(_, import)| row(import, board.began, now, ids)).collect()
}

fn rank(import: &Import) -> u8 {
    match (import.verdict, &import.trouble) {
        (Some(Verdict::Succeeded), _) => 5,
        (Some(_), _) => 0,
        (None, Some(_)) => 1,
        (None, None) if import.failed > 0 => 2,
        (None, None) if import.next != Next::FirstAnswer => 3,
        (None, None) => 4,
    }
}

fn row(import: &Import, began: Instant, now: Instant, ids: usize) -> Row {
    let id = pad(&import.id, ids);
    let tasks = if import.seen == 0 && import.status.is_none() {
        String::new()
    } else {
        format!("  {}/{} tasks", import.done, import.seen)
    };
    let failed = if import.failed > 0 { format!(", {} failed", import.failed) } else { String::new() };
    let failure = style(kore_sdk::Outcome::Failed);
    if let Some(verdict) = import.verdict {
        let style = verdict_style(verdict);
        let mark = if verdict == Verdict::Succeeded { "✓" } else { "✗" };
        let row = Row::default().styled(style, mark).plain(&format!(" {id}  "));
        let row = row.styled(style, verdict.words()).plain(&tasks).styled(failure, &failed);
        return match &import.why {
            Some(why) => row.plain(&format!("  {why}")),
            None => row,
        };
    }
    let row = Row::default().plain(&format!("{} {id}  ", spinner(began, now)));
    let row = match &import.status {
        Some(status) => row.styled(style(kore_sdk::Outcome::Running), status).plain(&tasks),
        None => row.plain("no answer yet"),
    };
    let row = row.styled(failure, &failed);
    let row = match &import.trouble {
        Some(because) => row.styled(failure, &format!("  the look failed: {}", word(because))),
        None => row,
    };
    let next = match import.next {
        Next::FirstAnswer => String::new(),
        Next::Poll(at) if at <= now => "  looking".to_owned(),
        Next::Poll(at) => format!("  next look in {}", until(at, now)),
        Next::Retry(at) => format!("  next try in {}", until(at, now)),
        Next::Slot(at) => format!("  rate limit: next look in {}", until(at, now)),
    };
    let row = row.styled(LABEL, &next);
    // More than a row has room for are of no use.
    let running: Vec<_> = import.running.iter().take(MAX_RUNNING).collect();
    if running.is_empty() { row } else { row.plain(&format!("  {}", running.join(", "))) }
}

fn spinner(began: Instant, now: Instant) -> char {
    const TURNS: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
    let turn = now.saturating_duration_since(began).as_millis() / super::Live::TICK.as_millis();
    TURNS[(turn % TURNS.len() as u128) as usize]
}

#[cfg(test)]
mod tests {
    use kore_sdk::watch::Event;
    use kore_sdk::{BotImportId, Status};

    use super::*;

    fn text(row: &Row, width: usize) -> String {
        let (text, drawn) = row.cut(width, false);
        assert_eq!(text.width(), drawn);
        assert!(drawn <= width, "{text}");
        text
    }

    fn board(count: usize) -> (Board, Vec<BotImportId>) {
        let ids: Vec<BotImportId> = (0..count).map(|n| format!("bir-{n}").parse().expect("valid")).collect();
        (Board::new(&ids, Instant::now()), ids)
    }

    #[test]
    fn a_row_is_cut_at_the_width_and_wide_characters_count_twice() {
        let row = Row::default().plain("ab").styled(LABEL, "日本語");
        assert_eq!(text(&row, 8), "ab日本語");
        assert_eq!(text(&row, 7), "ab日本…");
        assert_eq!(text(&row, 6), "ab日…");
        assert_eq!(text(&row, 1), "…");
        assert_eq!(text(&row, 0), "");
        let (coloured, drawn) = row.cut(6, true);
        assert_eq!((&*coloured, drawn), ("ab\x1b[2m日\x1b[0m…", 5));
    }

    #[test]
    fn what_needs_attention_has_a_row_when_there_are_too_many() {
        let (mut board, ids) = board(100);
        let now = board.began;
        let trouble = Event::Retrying { because: "HTTP 503".to_owned(), failures: 1, at: now };
        board.event(&ids[70], &trouble);
        board.imports[0].verdict = Some(Verdict::Succeeded);
        board.imports[99].verdict = Some(Verdict::Failed);
        let frame = frame(&board, now, Duration::from_secs(60), 4);
        let rows: Vec<_> = frame.iter().map(|row| text(row, 120)).collect();
        assert_eq!(rows.len(), 5);
        for (row, part) in rows.iter().zip(["bir-1 ", "bir-2 ", "HTTP 503", "✗ bir-99", ""]) {
            assert!(row.contains(part), "{rows:?}");
        }
        assert_eq!(rows[4], "100 imports: 1 succeeded, 1 failed, 98 not over, 96 not shown; 0 s of 1 min");
    }

    #[test]
    fn a_row_tells_status_tasks_the_next_look_and_what_runs() {
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
        let rows = imports(&board, now, 4);
        assert_eq!(text(&rows[0], 80), "⠋ bir-0  pending  1/2 tasks  next look in 2 s  Dialog b");
    }
}
