//! The view, on a real pseudo-terminal, through a terminal emulator that breaks rows anew when it
//! becomes narrower, as most do.

mod picture;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use alacritty_terminal::Term;
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions as _;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::Config;
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::vte::ansi::Processor;
use rustix::fd::OwnedFd;
use rustix::process::{Signal, WaitOptions, kill_process, waitpid};
use tempfile::TempDir;

use super::script::{Script, document, failed, running, succeeded};
use crate::process::{pid, resize, terminal};
use crate::run::Kore;

/// How long something may take to be seen; it ends the test, and measures nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many rows are on the terminal before.
const BEFORE: usize = 30;

pub(crate) struct Screen {
    term: Term<VoidListener>,
    parser: Processor,
    output: Receiver<Vec<u8>>,
    master: OwnedFd,
    child: Child,
    _home: TempDir,
}

impl Screen {
    /// Runs it with standard error on a terminal of that size, and standard output too unless that
    /// is a file.
    pub(super) fn start(kore: Kore, columns: usize, lines: usize, stdout: Option<File>) -> Self {
        Self::run(kore, columns, lines, stdout, false)
    }

    /// The same with a person at the keyboard: standard input is the terminal as well.
    pub(crate) fn with_keyboard(kore: Kore) -> Self {
        Self::run(kore, 120, 20, None, true)
    }

    fn run(kore: Kore, columns: usize, lines: usize, stdout: Option<File>, has_keyboard: bool) -> Self {
        let (master, slave) = terminal(columns, lines);
        let (mut command, home) = kore.env("TERM", "xterm-256color").into_command();
        let keyboard = || Stdio::from(slave.try_clone().expect("cloned"));
        let child = command
            .stdin(if has_keyboard { keyboard() } else { Stdio::null() })
            .stdout(stdout.unwrap_or_else(|| slave.try_clone().expect("cloned")))
            .stderr(slave)
            .spawn()
            .expect("starts");
        // The command would keep the other end open.
        drop(command);
        let (sender, output) = channel();
        let mut reader = File::from(master.try_clone().expect("cloned"));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // At the end of the last writer Linux says that there is no such device.
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut term = Term::new(Config::default(), &TermSize::new(columns, lines), VoidListener);
        let mut parser = Processor::new();
        // A shell was there before, and the cursor is at the bottom, as it is mostly.
        (0..BEFORE).for_each(|n| parser.advance(&mut term, format!("before {n}\r\n").as_bytes()));
        Self { term, parser, output, master, child, _home: home }
    }

    pub(crate) fn types(&self, text: &str) {
        File::from(self.master.try_clone().expect("cloned")).write_all(text.as_bytes()).expect("typed");
    }

    /// Between two frames: one for another width that is still on its way is drawn wrongly on any
    /// terminal.
    fn resize(&mut self, columns: usize, lines: usize) {
        kill_process(pid(&self.child), Signal::STOP).expect("it runs");
        waitpid(Some(pid(&self.child)), WaitOptions::UNTRACED).expect("it is ours").expect("it has stopped");
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(50)) {
            self.parser.advance(&mut self.term, &bytes);
        }
        self.term.resize(TermSize::new(columns, lines));
        resize(&self.master, columns, lines);
        kill_process(pid(&self.child), Signal::CONT).expect("it is there");
    }

    /// The rows that are not empty.
    fn rows(&self) -> Vec<String> {
        self.all_rows().into_iter().filter(|row| !row.is_empty()).collect()
    }

    /// All rows, those that have scrolled away first; and that nothing was erased that had been there
    /// before.
    fn all_rows(&self) -> Vec<String> {
        let grid = self.term.grid();
        let first = -i32::try_from(grid.history_size()).expect("small");
        let last = i32::try_from(grid.screen_lines()).expect("small");
        let row = |line| {
            let cells = (0..grid.columns()).map(|column| grid[Line(line)][Column(column)].c);
            cells.collect::<String>().trim_end().to_owned()
        };
        let mut rows = (first..last).map(row).skip_while(String::is_empty);
        for n in 0..BEFORE {
            assert_eq!(rows.next(), Some(format!("before {n}")));
        }
        rows.collect()
    }

    /// Reads on until the screen is as asked for.
    pub(crate) fn until(&mut self, what: &str, is: impl Fn(&[String]) -> bool) -> Vec<String> {
        let start = Instant::now();
        loop {
            let rows = self.rows();
            if is(&rows) {
                return rows;
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.parser.advance(&mut self.term, &bytes),
                Err(_) => panic!("{what} is never on the screen: {rows:#?}"),
            }
        }
    }

    /// Reads to the end; the exit code and the screen.
    pub(crate) fn end(mut self) -> (i32, Vec<String>) {
        let code = self.child.wait().expect("it ends").code().expect("no signal");
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.parser.advance(&mut self.term, &bytes);
        }
        (code, self.rows())
    }

    fn interrupt(&self) {
        kill_process(pid(&self.child), Signal::INT).expect("it runs");
    }
}

pub(crate) fn has(rows: &[String], text: &str) -> bool {
    rows.iter().any(|row| row.contains(text))
}

#[test]
fn one_import_is_drawn_in_its_place_until_its_end_is_all_that_is_left() {
    let pending = |tasks: &[(&str, &str)]| document("bir-1", "pending", tasks);
    let script = Script::new().import("bir-1", &[pending(&[("a", "inprogress")])]);
    let mut screen = Screen::start(script.watch_slowly(&["bir-1"]), 90, 20, None);
    screen.until("the first task", |rows| has(rows, "bir-1  pending  0/1 tasks") && has(rows, "Dialog a"));
    script.answer("bir-1", &[pending(&[("a", "success"), ("b", "inprogress"), ("c", "inprogress")])]);
    let rows =
        screen.until("the next tasks", |rows| has(rows, "1/3 tasks") && has(rows, "Dialog b, Dialog c"));
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert!(rows[1].starts_with("1 import: 1 not over; ") && rows[1].ends_with(" of 30 min"), "{rows:#?}");

    let long = "a name that is far too long for the width of this terminal, and goes on and on".repeat(2);
    script.answer(
        "bir-1",
        &[pending(&[("a", "success"), ("b", "success"), ("c", "success"), (&long, "inprogress")])],
    );
    screen.until("a cut row", |rows| has(rows, "3/4 tasks") && has(rows, "…"));
    for columns in [40, 25, 120] {
        screen.resize(columns, 20);
        let rows = screen.until("two rows", |rows| {
            let width = columns.min(100);
            rows.len() == 2 && rows[0].chars().count() > width - 6 && rows[0].contains('…')
        });
        assert!(rows[0].contains("bir-1") && rows[1].contains("1 import"), "{columns}: {rows:#?}");
    }

    script.answer("bir-1", &failed("bir-1"));
    let (code, rows) = screen.end();
    assert_eq!(code, 1);
    assert!(rows[0].starts_with("Import   bir-1"), "{rows:#?}");
    assert!(rows.last().expect("rows").starts_with("bir-1 failed after "), "{rows:#?}");
    assert!(!has(&rows, "not over") && !has(&rows, "pending"), "{rows:#?}");
}

#[test]
fn more_imports_than_rows_have_a_summary() {
    let ids: Vec<_> = (0..20).map(|n| format!("bir-{n}")).collect();
    let script = ids.iter().fold(Script::new(), |script, id| script.import(id, &running(id)));
    script.answer("bir-17", &failed("bir-17"));
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let mut screen = Screen::start(script.watch_slowly(&ids), 80, 8, None);
    let text = "20 imports: 1 failed, 19 not over, 14 not shown; ";
    let rows = screen.until("the summary", |rows| has(rows, text) && has(rows, "✗ bir-17"));
    assert_eq!(rows.len(), 7, "{rows:#?}");
    for id in &ids {
        script.answer(id, &succeeded(id));
    }
    let (code, rows) = screen.end();
    assert_eq!((code, rows.len()), (1, 22), "{rows:#?}");
    assert_eq!(rows.last().expect("rows"), "20 imports: 19 succeeded, 1 failed");
}

#[test]
fn ctrl_c_leaves_a_clean_screen_and_the_command() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    let mut screen = Screen::start(script.watch_slowly(&["bir-1"]), 240, 20, None);
    screen.until("the view", |rows| has(rows, "pending  1/2 tasks"));
    screen.interrupt();
    let (code, rows) = screen.end();
    assert_eq!(code, 130);
    assert!(has(&rows, "bir-1 given up after ") && !has(&rows, "next poll"), "{rows:#?}");
    assert!(rows[rows.len() - 2].starts_with("To resume the import that is not over:"), "{rows:#?}");
}

/// The document goes to a file; the person sees how it goes all the same.
#[test]
fn a_view_is_there_beside_a_document_in_a_file() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    let kore = script.watch_slowly(&["bir-1", "--output", "json"]);
    let json = kore.home().join("out.json");
    let file = File::create(&json).expect("created");
    let mut screen = Screen::start(kore, 80, 20, Some(file));
    screen.until("the view", |rows| has(rows, "pending  1/2 tasks"));
    script.answer("bir-1", &succeeded("bir-1"));
    screen.until("the last state", |rows| *rows == ["✓ bir-1  succeeded  1/1 tasks"]);
    screen.child.wait().expect("it ends");
    let text = std::fs::read_to_string(json).expect("written");
    assert!(text.starts_with("{\"exit_code\":0,"), "{text}");
}
