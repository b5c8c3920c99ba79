//! One row of the view on a terminal, and how it is cut at a width.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// One row, made of pieces that are fit for a terminal.
#[derive(Debug, Default)]
pub(crate) struct Row(Vec<(Style, String)>);

impl Row {
    pub(super) fn plain(self, text: &str) -> Self {
        self.styled(Style::new(), text)
    }

    pub(super) fn styled(mut self, style: Style, text: &str) -> Self {
        self.0.push((style, text.to_owned()));
        self
    }

    /// At most `width` columns of it, `…` in place of the rest; and how many these are.
    pub(super) fn cut(&self, width: usize, colours: bool) -> (String, usize) {
        let whole: usize = self.0.iter().map(|(_, text)| text.width()).sum();
        let room = if whole <= width { whole } else { width.saturating_sub(1) };
        let (mut out, mut used) = (String::new(), 0);
        'pieces: for (style, text) in &self.0 {
            let (on, off) = if colours {
                (style.render().to_string(), style.render_reset().to_string())
            } else {
                Default::default()
            };
            out.push_str(&on);
            for c in text.chars() {
                let needed = c.width().unwrap_or(0);
                if used + needed > room {
                    out.push_str(&off);
                    break 'pieces;
                }
                used += needed;
                out.push(c);
            }
            out.push_str(&off);
        }
        if whole > width && width > 0 {
            out.push('…');
            used += 1;
        }
        (out, used)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::human::LABEL;
    use super::*;

    /// What is drawn of a row, which is as wide as it says.
    pub(in super::super) fn text(row: &Row, width: usize) -> String {
        let (text, drawn) = row.cut(width, false);
        assert_eq!(text.width(), drawn);
        assert!(drawn <= width, "{text}");
        text
    }

    #[test]
    fn a_row_is_cut_at_the_width_and_wide_characters_count_twice() {
        let row = Row::default().plain("ab").styled(LABEL, "日本語");
        assert_eq!(text(&row, 8), "ab日本語");
        assert_eq!(text(&row, 7), "ab日本…");
        assert_eq!(text(&row, 6), "ab日…");
        assert_eq!(text(&row, 1), "…");
        assert_eq!(text(&row, 0), "");
        let (coloured, drawn) = row.cut(6, true);
        assert_eq!((&*coloured, drawn), ("ab\x1b[2m日\x1b[0m…", 5));
    }
}
