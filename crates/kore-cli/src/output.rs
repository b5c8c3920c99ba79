//! Writing to standard output.

mod age;
mod human;
mod tasks;
mod text;

use std::io::{self, Write as _};
use std::time::SystemTime;

use kore_sdk::BotImport;

pub(crate) use age::age;

use crate::exit::Exit;
use crate::failure::Failure;

/// The width of lines that no terminal shows.
const DEFAULT_WIDTH: usize = 80;

/// Writes an import for people.
pub(crate) fn human(import: &BotImport) -> Result<(), Failure> {
    let width = terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0));
    text(&human::render(import, SystemTime::now(), width))
}

/// Writes a body as it came, with a line end behind it.
pub(crate) fn json(body: &[u8]) -> Result<(), Failure> {
    let line_end: &[u8] = if body.ends_with(b"\n") { b"" } else { b"\n" };
    bytes(&[body, line_end].concat())
}

/// Writes bytes at once, as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    finish(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Writes text at once. Colours stay only if a terminal shows them, and `NO_COLOR` is not set.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    finish(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A reader that has seen enough, `head` for one, is no failure.
fn finish(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Output, format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
