//! Makes text from outside safe to print: it escapes control characters and cuts what is too long.
//!
//! Errors, the command and the emulator show names and bodies through it, so that a hostile name
//! cannot steer a terminal or break a report.

use std::fmt::{self, Write as _};

/// Shows bytes from outside on one line: control characters, bidirectional overrides and invisible
/// characters are escaped, invalid UTF-8 becomes U+FFFD, and what is over the limit is cut.
///
/// ```
/// use kore_types::Printable;
/// assert_eq!(Printable::new(b"a\x1b[31m\nb", 64).to_string(), r"a\u{1b}[31m\nb");
/// assert_eq!(Printable::new(b"abcdef", 4).to_string(), "abcd… (6 bytes in all)");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a> {
    bytes: &'a [u8],
    max: usize,
}

impl<'a> Printable<'a> {
    /// Shows at most `max` bytes of `bytes`, counted before escaping.
    pub fn new(bytes: &'a [u8], max: usize) -> Self {
        Self { bytes, max }
    }

    /// Shows all of `text`.
    pub fn text(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), max: usize::MAX }
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.bytes.len().min(self.max);
        for chunk in self.bytes[..cut].utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    c if c.is_control() || is_invisible(c) => write!(f, "{}", c.escape_unicode())?,
                    c => f.write_char(c)?,
                }
            }
            // The limit may cut a character in two; that is no invalid text, so it gets no mark.
            let at_the_cut = cut < self.bytes.len()
                && chunk.invalid().as_ptr_range().end == self.bytes[..cut].as_ptr_range().end;
            if !chunk.invalid().is_empty() && !at_the_cut {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        if cut < self.bytes.len() {
            write!(f, "… ({} bytes in all)", self.bytes.len())?;
        }
        Ok(())
    }
}

/// Characters that a terminal does not show but that change what a reader sees, and code points that
/// Unicode reserves as no characters, which XML refuses.
fn is_invisible(c: char) -> bool {
    let is_none = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    is_none
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
                | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_cut_in_two_leaves_no_mark() {
        assert_eq!(Printable::new("aé".as_bytes(), 2).to_string(), "a… (3 bytes in all)");
    }

    #[test]
    fn invalid_utf8_and_overrides_are_shown() {
        assert_eq!(Printable::new(b"a\xffb", 9).to_string(), "a\u{fffd}b");
        assert_eq!(Printable::text("a\u{202e}b").to_string(), r"a\u{202e}b");
        assert_eq!(Printable::text("a\u{fffe}b\u{1ffff}").to_string(), r"a\u{fffe}b\u{1ffff}");
    }
}
