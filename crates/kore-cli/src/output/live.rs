//! A watch on a terminal: a view that is drawn anew in its place, ten times a second.

mod rows;

use std::time::{Duration, Instant};

use rows::{frame, settled};

use super::screen::{Frame, USUAL};
use super::stream::Stream;
use super::uploads::Uploads;
use crate::watch::Board;

/// The most rows of jobs, however high the terminal is.
const MAX_ROWS: usize = 30;

/// The view, on standard output or standard error.
#[derive(Debug)]
pub(crate) struct Live {
    stream: Stream,
    timeout: Duration,
}

impl Live {
    /// How often it is to be drawn.
    pub(crate) const TICK: Duration = rows::TICK;

    /// `timeout` is how long all jobs may take together.
    pub(crate) fn new(stream: Stream, timeout: Duration) -> Self {
        Self { stream, timeout }
    }

    /// Draws the state of things.
    pub(crate) fn draw(&self, board: &Board, now: Instant) {
        let rows = frame(board, now, self.timeout, self.room());
        self.stream.frame(Frame { rows, is_last: false });
    }

    /// Draws how far an upload is.
    pub(crate) fn draw_uploads(&self, uploads: &Uploads, now: Instant) {
        self.stream.frame(Frame { rows: vec![uploads.row(now)], is_last: false });
    }

    /// Writes a line that stays above what is drawn from then on.
    pub(crate) fn say(&self, line: &str) {
        self.clear();
        self.stream.raw(format!("{line}\n"));
    }

    /// Leaves the last state behind, for good.
    pub(crate) fn settle(&self, board: &Board, now: Instant) {
        let rows = settled(board, now, self.room());
        self.stream.last_frame(Frame { rows, is_last: true });
    }

    /// Takes the view away.
    pub(crate) fn clear(&self) {
        self.stream.last_frame(Frame { rows: Vec::new(), is_last: true });
    }

    /// How many rows of jobs there is room for: one is for the summary, one for the cursor.
    fn room(&self) -> usize {
        let (_, height) = self.stream.size().unwrap_or(USUAL);
        height.saturating_sub(2).clamp(1, MAX_ROWS)
    }
}
