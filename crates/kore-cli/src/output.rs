//! Writing to standard output and standard error, for all commands.
//!
//! All text goes through the queue of its stream, so that a watch never waits for a slow reader. Only
//! [`text`] and its like wait, for commands that have nothing else to do.

pub(crate) mod config;
mod human;
pub(crate) mod json;
mod lines;
mod live;
pub(crate) mod messages;
pub(crate) mod patience;
mod queue;
mod row;
mod say;
mod screen;
mod stream;
mod uploads;
mod verdicts;

use std::io;
use std::path::Path;
use std::time::Duration;

pub(crate) use lines::{Lines, left_out};
pub(crate) use live::Live;
use queue::Undelivered;
pub(crate) use stream::Stream;
pub(crate) use uploads::Uploads;
pub(crate) use verdicts::{final_people, total};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::plural;
use crate::time::span;
use crate::watch::Document;

/// The width of lines that no terminal shows.
const DEFAULT_WIDTH: usize = 80;

/// How often it is checked whether all was written.
const LOOK: Duration = Duration::from_millis(20);

/// Writes a job for people.
pub(crate) fn human(document: &Document) -> Result<(), Failure> {
    text(&human::render(document, width()))
}

/// The width of standard output.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0))
}

/// Says on standard error how to resume; the command stands alone on its line, as it is.
/// Of `unfetched` jobs that are over the file alone is missing.
pub(crate) fn resume(noun: &str, unended: usize, unfetched: usize, lost: usize, command: &str) {
    let nouns = plural(noun);
    let resume = match unended {
        0 => None,
        1 => Some(format!("resume the {noun} that is not over")),
        _ => Some(format!("resume the {nouns} that are not over")),
    };
    let fetch = match unfetched {
        0 => None,
        1 => Some(format!("fetch the file of the {noun} that succeeded")),
        _ => Some(format!("fetch the files of the {nouns} that succeeded")),
    };
    let what = resume.into_iter().chain(fetch).collect::<Vec<_>>().join(", and ");
    let lost = match lost {
        0 => String::new(),
        lost => format!(" ({lost} that did not succeed: polled again, for the exit code and reports)"),
    };
    Stream::Stderr.raw(format!("To {what}{lost}:\n  {command}\n"));
}

/// Writes a body as it came, with a line end behind it.
pub(crate) fn json(body: &[u8]) -> Result<(), Failure> {
    raw(with_line_end(body))
}

/// A body as it came, with a line end behind it.
pub(crate) fn with_line_end(body: &[u8]) -> Vec<u8> {
    let line_end: &[u8] = if body.ends_with(b"\n") { b"" } else { b"\n" };
    [body, line_end].concat()
}

/// Waits until all that was said is written, as long as its readers take something: what is said next
/// may be the last.
pub(crate) fn settle() {
    Stream::BOTH.into_iter().for_each(|stream| stream.queue().settle());
}

/// Writes text as it is, however long its reader takes.
pub(crate) fn raw(text: Vec<u8>) -> Result<(), Failure> {
    Stream::Stdout.raw(text);
    written()
}

/// Writes text, however long its reader takes. Colours stay only if a terminal shows them, and
/// `NO_COLOR` is not set.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    Stream::Stdout.styled(text);
    written()
}

fn written() -> Result<(), Failure> {
    Stream::Stdout.queue().drain(true);
    undelivered().map_or(Ok(()), Err)
}

/// From now on a reader is waited for only while it takes something.
pub(crate) fn end() {
    Stream::BOTH.into_iter().for_each(|stream| stream.queue().end());
}

/// Whether lines of standard output were left out, so that its reader will not have all.
pub(crate) fn has_left_out() -> bool {
    Stream::Stdout.queue().has_left_out(Stream::Stdout)
}

/// The name of the stream whose file is one that is asked for: `/dev/stdout` leads there.
pub(crate) fn stream_to(is_there: impl Fn(&Path) -> bool) -> Option<&'static str> {
    let streams = [("/dev/stdout", "standard output"), ("/dev/stderr", "standard error")];
    let is_file = |path: &Path| path.metadata().is_ok_and(|is| is.is_file());
    let mut streams = streams.into_iter().map(|(path, name)| (Path::new(path), name));
    streams.find(|(path, _)| is_file(path) && is_there(path)).map(|(_, name)| name)
}

/// Waits until standard output has all, or is given up; then says what it has not.
pub(crate) fn drain() -> Option<Failure> {
    Stream::Stdout.queue().drain(false);
    undelivered()
}

/// The same for a command that serves meanwhile.
pub(crate) async fn delivered() -> Result<(), Failure> {
    while !Stream::Stdout.queue().is_idle() {
        tokio::time::sleep(LOOK).await;
    }
    undelivered().map_or(Ok(()), Err)
}

/// The last of a process: what is still on its way is written, or given up. The exit code is another
/// than that of a success if standard output does not have all.
pub(crate) fn finish(exit: Exit) -> Exit {
    end();
    let failure = drain();
    if let Some(failure) = &failure {
        messages::error(failure);
    }
    Stream::Stderr.queue().drain(false);
    if exit == Exit::Success && failure.is_some() { Exit::Output } else { exit }
}

/// What standard output does not have. A reader that has seen enough, `head` for one, is no failure.
fn undelivered() -> Option<Failure> {
    let why = match Stream::Stdout.queue().undelivered(Stream::Stdout)? {
        Undelivered::Failed(error) if error.kind() == io::ErrorKind::BrokenPipe => return None,
        Undelivered::Failed(error) => format!("cannot write to standard output: {error}"),
        Undelivered::GivenUp => format!(
            "cannot write to standard output: its reader took nothing for {}",
            span(patience::PATIENCE)
        ),
        Undelivered::LeftOut(lines) => {
            format!("{lines} lines were not written to standard output: its reader was too slow")
        }
    };
    Some(Failure::new(Exit::Output, why))
}
