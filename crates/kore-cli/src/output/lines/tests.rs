use kore_sdk::types::TaskType;
use kore_sdk::{BotImportId, Status, StatusLog};

use super::*;

const ID: &str = "bir-1";

fn event(lines: &mut Lines, event: &Event<StatusLog>, now: Instant) -> Vec<String> {
    lines.event::<BotImportId>(ID, event, now, SystemTime::UNIX_EPOCH)
}

fn entry(name: &str, status: Status) -> StatusLog {
    StatusLog::new(TaskType::Dialog, name, status)
}

fn plain(lines: Vec<String>) -> Vec<String> {
    lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
}

/// The line of an event, if it has one; that of a task comes with the next event.
fn said(event: &Event<StatusLog>) -> Option<String> {
    let now = Instant::now();
    let mut lines = Lines::new(now);
    let mut said = self::event(&mut lines, event, now);
    said.extend(self::event(&mut lines, &Event::NextPoll { at: now, left: [60, 1800] }, now));
    assert!(said.len() < 2, "{said:?}");
    plain(said).pop()
}

#[test]
fn each_change_is_a_line_with_a_time() {
    let mut failed = entry("a", Status::Failed);
    failed.extra.insert("error".to_owned(), "no\nentity".into());
    let now = Instant::now();
    for (event, text) in [
        (Event::StatusChanged { before: None, now: Some(Status::Pending) }, "status pending"),
        (
            Event::StatusChanged { before: Some(Status::Pending), now: Some(Status::Success) },
            "status pending -> success",
        ),
        (Event::TaskAppeared { index: 0, entry: entry("a", Status::InProgress) }, "Dialog a: inprogress"),
        (
            Event::TaskChanged { index: 0, before: entry("a", Status::InProgress), entry: failed },
            "Dialog a: inprogress -> failed (error: no\\nentity)",
        ),
        (
            Event::Retrying { because: "HTTP 503".to_owned(), failures: 2, at: now },
            "the poll failed (2 times in a row): HTTP 503; next try in 0 s",
        ),
    ] {
        assert_eq!(said(&event).as_deref(), Some(&*format!("1970-01-01T00:00:00Z bir-1 {text}\n")));
    }
    assert_eq!(said(&Event::NextPoll { at: now, left: [60, 1800] }), None);
}

#[test]
fn a_name_cannot_begin_a_line_of_its_own() {
    let line = said(&Event::TaskAppeared { index: 0, entry: entry("\n::error::x\x1b[2J", Status::Success) });
    let line = line.expect("a line");
    assert_eq!(line.lines().count(), 1);
    assert!(!line.contains('\x1b'), "{line:?}");
}

#[test]
fn silence_ends_after_half_a_minute_and_a_line_puts_it_off() {
    let began = Instant::now();
    let board = Board::new(&[BotImportId::new(ID).expect("valid")], began);
    let mut lines = Lines::new(began);
    let mut beat =
        |seconds| lines.heartbeat(&board, began + Duration::from_secs(seconds), SystemTime::UNIX_EPOCH);
    assert_eq!(beat(29), None);
    assert!(beat(30).expect("a line").ends_with("bir-1 still no response yet after 30 s: 0/0 tasks\n"));
    assert_eq!(beat(59), None);
    assert!(beat(60).is_some());
    let changed = Event::StatusChanged { before: None, now: Some(Status::Pending) };
    let told = event(&mut lines, &changed, began + Duration::from_secs(80));
    assert_eq!(told.len(), 1);
    assert_eq!(lines.heartbeat(&board, began + Duration::from_secs(109), SystemTime::UNIX_EPOCH), None);
}

#[test]
fn of_a_document_with_many_changes_the_failures_have_lines_and_the_rest_is_counted() {
    let now = Instant::now();
    let next = Event::NextPoll { at: now, left: [60, 1800] };
    for (tasks, failures) in [(1000, 10), (1001, 10), (5000, 10), (5000, 3000)] {
        let mut lines = Lines::new(now);
        for index in 0..tasks {
            // The failures are the last ones.
            let status = if index < tasks - failures { Status::Success } else { Status::Failed };
            let entry = entry(&format!("task {index}"), status);
            let said = event(&mut lines, &Event::TaskAppeared { index, entry }, now);
            assert!(said.is_empty());
        }
        let said = plain(event(&mut lines, &next, now));
        let left = tasks.saturating_sub(1000);
        assert_eq!(said.len(), 1000 + usize::from(left > 0));
        assert_eq!(said.iter().filter(|line| line.ends_with(": failed\n")).count(), failures.min(1000));
        let places: Vec<_> =
            said.iter().filter_map(|line| line.split("task ").nth(1)?.split(':').next()).collect();
        assert!(places.is_sorted_by_key(|place| place.parse::<usize>().expect("a number")), "{places:?}");
        if left > 0 {
            let last = said.last().expect("a line");
            assert!(last.contains(&format!("… and {left} more changes to tasks; --output json")), "{last}");
        }
        assert!(event(&mut lines, &next, now).is_empty(), "it is told once");
    }
}

#[test]
fn no_clock_makes_a_panic() {
    let year = std::time::Duration::from_secs(365 * 86_400);
    for (wall, expected) in [
        (SystemTime::UNIX_EPOCH - year * 100, "1970-01-01T00:00:00Z"),
        (SystemTime::UNIX_EPOCH + year * 9000, "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(seconds(wall), expected);
    }
}
