//! Text as people's tools write it: UTF-8 or UTF-16, with a mark, blanks and line ends of any system. All
//! files and values of users are read by way of this.

use std::io;

pub(crate) use kore_emulator::plain_text::{bounded, open, text, utf8};

/// The mark that editors put in front of a text.
const MARK: char = '\u{feff}';

/// A value that has no blanks around it, without those and without a mark.
pub(crate) fn trimmed(value: &str) -> &str {
    value.trim_matches(|c: char| c.is_whitespace() || c == MARK)
}

/// The lines that hold something, trimmed, with their numbers from 1.
pub(crate) fn lines(bytes: Vec<u8>) -> io::Result<Vec<(usize, String)>> {
    let bytes = utf8(bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(trimmed).zip(1..).filter(|(line, _)| !line.is_empty());
    Ok(lines.map(|(line, number)| (number, line.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_and_keep_their_numbers() {
        let bytes = "\u{feff}a\r\n\n \u{feff}b \n".as_bytes().to_vec();
        assert_eq!(lines(bytes).expect("text"), [(1, "a".to_owned()), (3, "b".to_owned())]);
    }
}
