//! Writing to standard output.

mod age;
mod finals;
mod human;
mod lines;
mod live;
pub(crate) mod ndjson;
mod span;
mod stream;
mod tasks;
mod text;

use std::io::{self, Write as _};
use std::time::SystemTime;

use kore_sdk::BotImport;

pub(crate) use age::age;
pub(crate) use finals::{json as final_json, people as final_people};
pub(crate) use lines::{Lines, total};
pub(crate) use live::Live;
pub(crate) use span::span;
pub(crate) use stream::{Stream, Writer};
pub(crate) use text::{field, harmless, plainly_counted, word};

use crate::exit::Exit;
use crate::failure::Failure;

/// The width of lines that no terminal shows.
const DEFAULT_WIDTH: usize = 80;

/// Writes an import for people.
pub(crate) fn human(import: &BotImport) -> Result<(), Failure> {
    text(&human::render(import, SystemTime::now(), width()))
}

/// The width of standard output.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0))
}

/// Says on standard error how to go on; the command stands alone on its line, as it is.
pub(crate) fn resume(imports: usize, command: &str) {
    let what = if imports == 1 { "the import that is" } else { "the imports that are" };
    // If standard error is closed there is no one to tell.
    let _ = writeln!(io::stderr().lock(), "To go on with {what} not over:\n  {command}");
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

fn finish(written: io::Result<()>) -> Result<(), Failure> {
    written.or_else(|error| failure(&error).map_or(Ok(()), Err))
}

/// A reader that has seen enough, `head` for one, is no failure.
fn failure(error: &io::Error) -> Option<Failure> {
    (error.kind() != io::ErrorKind::BrokenPipe)
        .then(|| Failure::new(Exit::Output, format!("cannot write to standard output: {error}")))
}
