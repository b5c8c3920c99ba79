//! Text as people's tools write it: editors and shells on Windows put a byte order mark in front,
//! end lines with CR LF, and PowerShell's `>` writes UTF-16. Settings, ids and tokens are read by it.

use std::borrow::Cow;
use std::io::{self, Read};

/// The mark in front of a text, as a character.
const MARK: char = '\u{feff}';

/// All of a source, if it is not longer than that.
pub(crate) fn bounded(source: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::other(format!("it is over {} KiB, which is too long", max / 1024)));
    }
    Ok(bytes)
}

/// The same text in UTF-8 and without a mark. What is neither UTF-16 nor marked stays as it is: it
/// may be no text at all.
pub(crate) fn utf8(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let pair = |at: usize| bytes.get(at..at + 2);
    match &*bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(rest.to_vec()),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Err(unreadable("it is UTF-32: save it as UTF-8")),
        [0xff, 0xfe, rest @ ..] => of_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => of_utf16(rest, u16::from_be_bytes),
        _ if pair(0).is_some_and(|pair| pair[0] == 0) && is_narrow_utf16(&bytes, 1) => {
            of_utf16(&bytes, u16::from_be_bytes)
        }
        _ if pair(0).is_some_and(|pair| pair[1] == 0) && is_narrow_utf16(&bytes, 0) => {
            of_utf16(&bytes, u16::from_le_bytes)
        }
        _ => Ok(bytes),
    }
}

/// Whether these are pairs of a byte, at this place, and a zero: characters up to U+00FF.
fn is_narrow_utf16(bytes: &[u8], at: usize) -> bool {
    let is_narrow = |pair: &[u8]| pair[at] != 0 && pair[1 - at] == 0;
    bytes.len().is_multiple_of(2) && bytes.chunks_exact(2).all(is_narrow)
}

fn of_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> io::Result<Vec<u8>> {
    let pairs = bytes.chunks_exact(2);
    let is_whole = pairs.remainder().is_empty();
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if is_whole => Ok(text.into_bytes()),
        _ => Err(unreadable("it begins as UTF-16, and is not: save it as UTF-8")),
    }
}

fn unreadable(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// All of a text, as [`utf8`] reads it.
pub(crate) fn text(bytes: Vec<u8>) -> io::Result<String> {
    let not_text = |_| unreadable("it is not text in UTF-8 or UTF-16");
    String::from_utf8(utf8(bytes)?).map_err(not_text)
}

/// A value that has no blanks around it, without those and without a mark.
pub(crate) fn trimmed(value: &str) -> &str {
    value.trim_matches(|c: char| c.is_whitespace() || c == MARK)
}

/// The lines that hold something, trimmed, with their numbers from 1.
pub(crate) fn lines(bytes: Vec<u8>) -> io::Result<Vec<(usize, String)>> {
    let bytes = utf8(bytes)?;
    let text: Cow<'_, str> = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(trimmed).zip(1..).filter(|(line, _)| !line.is_empty());
    Ok(lines.map(|(line, number)| (number, line.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn each_way_to_write_a_text_is_read() {
        for text in ["cs-1", "é\r\n", "日本 😀", ""] {
            let marked = format!("{MARK}{text}");
            for bytes in [
                text.as_bytes().to_vec(),
                marked.as_bytes().to_vec(),
                utf16(&marked, u16::to_le_bytes),
                utf16(&marked, u16::to_be_bytes),
            ] {
                assert_eq!(super::text(bytes).expect("text"), text);
            }
        }
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_eq!(text(utf16("é-1\r\n", bytes)).expect("text"), "é-1\r\n");
        }
    }

    #[test]
    fn what_is_no_such_text_stays_or_is_told() {
        for bytes in [&b"\0"[..], b"a\0b", b"\0\0", b"\x80\xff", b"a\0\0b"] {
            assert_eq!(utf8(bytes.to_vec()).expect("as it is"), bytes);
        }
        for (bytes, says) in [
            (&b"\xff\xfea"[..], "begins as UTF-16"),
            (b"\xff\xfe\0\xd8", "begins as UTF-16"),
            (b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
            (b"\x80", "not text"),
        ] {
            assert!(text(bytes.to_vec()).expect_err("no text").to_string().contains(says));
        }
    }

    #[test]
    fn lines_are_trimmed_and_keep_their_numbers() {
        let bytes = "\u{feff}a\r\n\n \u{feff}b \n".as_bytes().to_vec();
        assert_eq!(lines(bytes).expect("text"), [(1, "a".to_owned()), (3, "b".to_owned())]);
    }
}
