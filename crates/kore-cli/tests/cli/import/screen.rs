//! What a person at a terminal sees of an import, and is asked.

use std::time::Duration;

use super::platform::{ID, Platform, Start};
use crate::watch::screen::{Screen, has};

#[test]
fn a_bar_shows_the_bytes_and_goes_when_the_import_starts() {
    let platform = Platform::with(Start::Accepted, Duration::from_millis(400), |_| ());
    let mut screen = Screen::with_keyboard(platform.kore("run", &["--new", "Shop"]));
    let rows = screen.until("the bar", |rows| has(rows, "█") && has(rows, "░"));
    let bar = rows.iter().find(|row| row.starts_with("uploading 4 files  █")).expect("a bar");
    assert!(bar.contains(" of 193 bytes  "), "{bar}");
    screen.until("the view", |rows| has(rows, "pending"));
    let (code, rows) = screen.end();
    assert_eq!(code, 0);
    assert!(!has(&rows, "uploading"), "{rows:#?}");
    let starting = rows.iter().position(|row| row.starts_with("starting the import into a new bot"));
    assert_eq!(rows[starting.expect("it stays") + 1], format!("started {ID}"), "{rows:#?}");
    assert!(has(&rows, &format!("{ID} succeeded after ")), "{rows:#?}");
}

#[test]
fn a_full_import_asks_once_on_a_terminal() {
    for (said, code, starts) in [("n\n", 2, 0), ("\n", 2, 0), ("y\n", 0, 1)] {
        let platform = Platform::new(Start::Accepted);
        let mut screen = Screen::with_keyboard(platform.kore("start", &["--into", "st-1", "--full"]));
        let asks = "A full import deletes what the files lack in the bot st-1. Go on? [y/N]";
        screen.until("the question", |rows| has(rows, asks));
        screen.types(said);
        let (ended, rows) = screen.end();
        assert_eq!(ended, code, "{rows:#?}");
        assert_eq!(has(&rows, "error: not confirmed: nothing was sent"), code == 2, "{rows:#?}");
        assert_eq!(platform.seen(|seen| seen.starts.len()), starts);
        assert_eq!(platform.seen(|seen| seen.uploads.is_empty()), starts == 0);
    }
    let platform = Platform::new(Start::Accepted);
    for args in [&["--into", "st-1", "--full", "--yes"][..], &["--new", "Shop"]] {
        let (code, rows) = Screen::with_keyboard(platform.kore("start", args)).end();
        assert_eq!((code, has(&rows, "Go on?")), (0, false), "{rows:#?}");
        assert!(has(&rows, ID), "{rows:#?}");
    }
}
