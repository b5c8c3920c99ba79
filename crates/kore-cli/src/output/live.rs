//! A watch on a terminal: a view that is drawn anew in its place.

mod rows;
mod screen;

use std::time::{Duration, Instant};

pub(crate) use rows::Row;
use rows::{frame, settled};
use screen::Screen;

use super::stream::{Stream, Writer};
use crate::watch::Board;

/// The most rows of imports, however high the terminal is.
const MAX_ROWS: usize = 30;

/// What a terminal is taken for that does not tell its size.
const USUAL: (usize, usize) = (80, 24);

/// The view, on standard output or standard error.
#[derive(Debug)]
pub(crate) struct Live {
    writer: Writer,
    screen: Screen,
    timeout: Duration,
}

impl Live {
    /// How often it is to be drawn.
    pub(crate) const TICK: Duration = Duration::from_millis(100);

    /// `timeout` is how long all imports may take together.
    pub(crate) fn new(stream: Stream, timeout: Duration) -> Self {
        Self { writer: Writer::new(stream), screen: Screen::of_process(), timeout }
    }

    /// Draws the state of things.
    pub(crate) fn draw(&mut self, board: &Board, now: Instant) {
        let (width, height) = self.size();
        // One row for the summary, one for the cursor.
        let room = height.saturating_sub(2).clamp(1, MAX_ROWS);
        self.paint(&frame(board, now, self.timeout, room), width);
    }

    /// Leaves the last state behind, for good.
    pub(crate) fn settle(&mut self, board: &Board, now: Instant) {
        let (width, height) = self.size();
        let room = height.saturating_sub(2).clamp(1, MAX_ROWS);
        self.paint(&settled(board, now, room), width);
        self.screen = Screen::of_process();
    }

    /// Takes the view away.
    pub(crate) fn clear(&mut self) {
        let (width, _) = self.size();
        self.paint(&[], width);
    }

    fn size(&self) -> (usize, usize) {
        self.writer.stream.size().unwrap_or(USUAL)
    }

    fn paint(&mut self, rows: &[Row], width: usize) {
        let text = self.screen.paint(rows, width, self.writer.has_colours());
        self.writer.raw(&text);
    }
}
