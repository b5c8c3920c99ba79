//! The queue of a stream: text that waits to be written, and the thread that writes it.
//!
//! A write takes as long as its reader likes: for ever, on a terminal that Ctrl-S has stopped. A
//! watch must go on polling meanwhile, keep its deadline and hear signals. So whoever has something
//! to say leaves it here and goes on. Of a view only the newest frame waits; lines wait up to a
//! bound, and those that do not fit are counted; what is said at the end waits in any case.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::patience::{LOOK, Patience};
use super::screen::{Frame, Screen};
use super::stream::Stream;

/// How many bytes of lines may wait.
const MAX_WAITING: usize = 64 * 1024 * 1024;

/// For how long a stream that would block, and does not, is left alone.
const NOT_NOW: Duration = Duration::from_millis(20);

/// Why a reader does not have all.
#[derive(Debug)]
pub(crate) enum Undelivered {
    Failed(io::Error),
    /// It took nothing any more.
    GivenUp,
    /// It was too slow for so many lines.
    LeftOut(u64),
}

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

enum Piece {
    Text(Vec<u8>),
    Frame(Frame),
}

struct State {
    waiting: VecDeque<(Stream, Piece)>,
    /// How many bytes of text these are.
    bytes: usize,
    frame: Option<(Stream, Frame)>,
    /// The stream that is written to now.
    writes: Option<Stream>,
    /// When something was taken last, or when the first came in that waits.
    written: Instant,
    /// When the end began.
    end: Option<Instant>,
    is_given_up: bool,
    of: [OfStream; 2],
}

/// What became of one stream.
#[derive(Default)]
struct OfStream {
    failed: Option<io::Error>,
    /// Nothing is written to it any more.
    is_broken: bool,
    /// It had text that nobody took.
    is_given_up: bool,
    untold: Option<Untold>,
    left_out: u64,
}

/// Lines that were left out and are not told yet.
struct Untold {
    told: fn(u64) -> String,
    lines: u64,
}

impl Queue {
    /// With a thread that writes, for as long as the process lives.
    pub(super) fn start(write: impl Fn(Stream, &[u8]) -> io::Result<usize> + Send + 'static) -> Arc<Self> {
        let state = State {
            waiting: VecDeque::new(),
            bytes: 0,
            frame: None,
            writes: None,
            written: Instant::now(),
            end: None,
            is_given_up: false,
            of: Default::default(),
        };
        let queue = Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() });
        let writer = Arc::clone(&queue);
        std::thread::spawn(move || {
            let mut screen = Screen::of_process();
            loop {
                let (stream, piece) = writer.next();
                let text = match piece {
                    Piece::Text(text) => text,
                    Piece::Frame(frame) => frame.paint(stream, &mut screen).into_bytes(),
                };
                writer.write(stream, &text, &write);
            }
        });
        queue
    }

    pub(super) fn text(&self, stream: Stream, text: Vec<u8>) {
        self.lock().put(stream, Piece::Text(text));
        self.changed.notify_all();
    }

    pub(super) fn line(&self, stream: Stream, line: String, told: fn(u64) -> String) {
        let mut state = self.lock();
        if state.takes(stream) && state.bytes + line.len() > MAX_WAITING {
            let of = &mut state.of[stream as usize];
            of.untold.get_or_insert(Untold { told, lines: 0 }).lines += 1;
            of.left_out += 1;
            return;
        }
        state.tell(stream);
        state.put(stream, Piece::Text(line.into_bytes()));
        self.changed.notify_all();
    }

    pub(super) fn frame(&self, stream: Stream, frame: Frame) {
        let mut state = self.lock();
        if state.takes(stream) {
            state.frame = Some((stream, frame));
            self.changed.notify_all();
        }
    }

    pub(super) fn last_frame(&self, stream: Stream, frame: Frame) {
        let mut state = self.lock();
        state.frame = None;
        state.put(stream, Piece::Frame(frame));
        self.changed.notify_all();
    }

    /// From now on a reader is waited for only while it takes something.
    pub(super) fn end(&self) {
        self.lock().end.get_or_insert_with(Instant::now);
    }

    /// Waits until all is written, or given up: with `is_patient` that is never.
    pub(super) fn drain(&self, is_patient: bool) {
        let mut state = self.lock();
        Stream::BOTH.into_iter().for_each(|stream| state.tell(stream));
        self.changed.notify_all();
        let mut patience = Patience::new(*state.end.get_or_insert_with(Instant::now));
        while !state.is_idle() && !state.is_given_up {
            let now = Instant::now();
            let unread = Stream::BOTH.into_iter().find_map(Stream::unread);
            patience.note(state.written, unread, now);
            if !is_patient && patience.is_over(now) {
                state.give_up();
            }
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.end = None;
    }

    /// Waits until all is written, as long as the reader takes something. What it does not take waits
    /// on.
    pub(super) fn settle(&self) {
        let mut state = self.lock();
        let mut patience = Patience::new(Instant::now());
        while !state.is_idle() && !state.is_given_up && !patience.is_over(Instant::now()) {
            let unread = Stream::BOTH.into_iter().find_map(Stream::unread);
            patience.note(state.written, unread, Instant::now());
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.lock().is_idle()
    }

    pub(super) fn has_left_out(&self, stream: Stream) -> bool {
        self.lock().of[stream as usize].left_out > 0
    }

    /// What a stream's reader does not have. It is told once.
    pub(super) fn undelivered(&self, stream: Stream) -> Option<Undelivered> {
        let mut state = self.lock();
        let of = &mut state.of[stream as usize];
        let is_given_up = std::mem::take(&mut of.is_given_up);
        let left_out = std::mem::take(&mut of.left_out);
        match of.failed.take() {
            Some(error) => Some(Undelivered::Failed(error)),
            None if is_given_up => Some(Undelivered::GivenUp),
            None => (left_out > 0).then_some(Undelivered::LeftOut(left_out)),
        }
    }

    fn next(&self) -> (Stream, Piece) {
        let mut state = self.lock();
        loop {
            if let Some(piece) = state.take() {
                state.writes = Some(piece.0);
                return piece;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn write(&self, stream: Stream, text: &[u8], write: impl Fn(Stream, &[u8]) -> io::Result<usize>) {
        let mut rest = text;
        let piece = stream.piece();
        while !rest.is_empty() && self.lock().takes(stream) {
            match write(stream, &rest[..rest.len().min(piece)]) {
                Ok(0) => self.lock().fail(stream, io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    rest = &rest[written..];
                    self.lock().written = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(NOT_NOW),
                Err(error) => self.lock().fail(stream, error),
            }
        }
        self.lock().writes = None;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.frame.is_none() && self.writes.is_none()
    }

    fn takes(&self, stream: Stream) -> bool {
        !self.is_given_up && !self.of[stream as usize].is_broken
    }

    fn put(&mut self, stream: Stream, piece: Piece) {
        if !self.takes(stream) {
            return;
        }
        if self.is_idle() {
            self.written = Instant::now();
        }
        if let Piece::Text(text) = &piece {
            self.bytes += text.len();
        }
        self.waiting.push_back((stream, piece));
    }

    fn take(&mut self) -> Option<(Stream, Piece)> {
        let Some((stream, piece)) = self.waiting.pop_front() else {
            return self.frame.take().map(|(stream, frame)| (stream, Piece::Frame(frame)));
        };
        if let Piece::Text(text) = &piece {
            self.bytes -= text.len();
        }
        Some((stream, piece))
    }

    /// Says how many lines were left out, where they are missing.
    fn tell(&mut self, stream: Stream) {
        if let Some(Untold { told, lines }) = self.of[stream as usize].untold.take() {
            self.put(stream, Piece::Text(told(lines).into_bytes()));
        }
    }

    /// Only the first failure counts.
    fn fail(&mut self, stream: Stream, error: io::Error) {
        let of = &mut self.of[stream as usize];
        if !std::mem::replace(&mut of.is_broken, true) {
            of.failed = Some(error);
        }
    }

    fn give_up(&mut self) {
        self.is_given_up = true;
        let waiting = self.waiting.iter().map(|(stream, _)| *stream);
        for stream in waiting.chain(self.writes).collect::<Vec<_>>() {
            self.of[stream as usize].is_given_up = true;
        }
        self.waiting.clear();
        self.frame = None;
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests;
