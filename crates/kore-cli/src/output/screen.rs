//! A frame of the view, and the sequences that draw it over the one before.

use super::row::Row;
use super::stream::Stream;

/// What a terminal is taken for that does not tell its size.
pub(super) const USUAL: (usize, usize) = (80, 24);

/// What the view is to show. It is painted when it is written: over what has been written till then.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) rows: Vec<Row>,
    pub(super) is_last: bool,
}

/// What is on the screen: the width of each row that was drawn last. The cursor stands at the
/// start of the row below them.
#[derive(Debug)]
pub(super) struct Screen {
    drawn: Vec<usize>,
    reflows: bool,
}

impl Screen {
    /// On the terminal of this process. When a terminal becomes narrower, nearly every one breaks
    /// the rows that are too long now, so that there are more of them; these two cut them.
    pub(super) fn of_process() -> Self {
        let cuts = ["XTERM_VERSION", "STY"].iter().any(|name| std::env::var_os(name).is_some());
        Self { drawn: Vec::new(), reflows: !cuts }
    }

    /// What is to be written: up to the first row, the new rows each over an old one, and the rest
    /// erased. Some terminals keep in their history what is erased from the first row of the screen,
    /// so it is not all erased before.
    fn paint(&mut self, rows: &[Row], width: usize, colours: bool) -> String {
        let lines = |drawn: &usize| if self.reflows { drawn.div_ceil(width).max(1) } else { 1 };
        let up: usize = self.drawn.iter().map(lines).sum();
        let mut out = String::new();
        if up > 0 {
            out.push_str(&format!("\x1b[{up}A"));
        }
        // What was typed meanwhile, ^C for one, stands before the cursor.
        out.push('\r');
        self.drawn.clear();
        for row in rows {
            // The last column stays free: some terminals break the row after it.
            let (text, drawn) = row.cut(width - 1, colours);
            out.push_str(&text);
            out.push_str("\x1b[K\r\n");
            self.drawn.push(drawn);
        }
        out.push_str("\x1b[J");
        out
    }
}

impl Frame {
    /// What is to be written for it to be on the screen.
    pub(super) fn paint(self, stream: Stream, screen: &mut Screen) -> String {
        let (width, _) = stream.size().unwrap_or(USUAL);
        let text = screen.paint(&self.rows, width, stream.has_colours());
        if self.is_last {
            *screen = Screen::of_process();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[&str]) -> Vec<Row> {
        texts.iter().map(|text| Row::default().plain(text)).collect()
    }

    #[test]
    fn the_next_frame_is_drawn_over_the_last_one() {
        let mut screen = Screen { drawn: Vec::new(), reflows: true };
        assert_eq!(screen.paint(&rows(&["a", "b"]), 80, false), "\ra\x1b[K\r\nb\x1b[K\r\n\x1b[J");
        assert_eq!(screen.paint(&rows(&["c"]), 80, false), "\x1b[2A\rc\x1b[K\r\n\x1b[J");
        assert_eq!(screen.paint(&[], 80, false), "\x1b[1A\r\x1b[J");
    }

    #[test]
    fn rows_that_a_narrower_terminal_has_broken_count_as_more() {
        let long = "x".repeat(70);
        let mut screen = Screen { drawn: Vec::new(), reflows: true };
        screen.paint(&rows(&[&long, "b"]), 80, false);
        assert!(screen.paint(&rows(&[&long]), 40, false).starts_with("\x1b[3A\r"));
        let mut cutting = Screen { drawn: Vec::new(), reflows: false };
        cutting.paint(&rows(&[&long, "b"]), 80, false);
        assert!(cutting.paint(&rows(&[&long]), 40, false).starts_with("\x1b[2A\r"));
    }
}
