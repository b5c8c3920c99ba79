//! Text as people's tools write it: editors and shells on Windows put a byte order mark in front,
//! end lines with CR LF, and PowerShell's `>` writes UTF-16. The emulator reads its files and bodies by it,
//! and the command its settings, ids and tokens.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Opens a file that a user names: a regular file, or a stream that this process has open already, such
/// as `/dev/stdin` and what `<(…)` of a shell stands for. Another pipe may have nobody at its other end,
/// and a device may have no end: opening or reading it would hang for ever.
///
/// # Errors
/// If it is another thing, or cannot be opened.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    let path = path.as_ref();
    let is = fs::metadata(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let is_open = [Path::new("/dev/fd"), Path::new("/proc/self/fd")].contains(&folder)
        || [Path::new("/dev/stdin"), Path::new("/dev/null")].contains(&path);
    // A folder says itself that it is one.
    if is.is_file() || is.is_dir() || is_open {
        return File::open(path);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "expected a regular file, found a pipe, a socket or a device (/dev/stdin and <(…) are read)",
    ))
}

/// All of a source, if it is not longer than that.
///
/// # Errors
/// If it is longer, or cannot be read.
pub fn bounded(source: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::other(format!("it is over {} KiB, which is too long", max / 1024)));
    }
    Ok(bytes)
}

/// The same text in UTF-8 and without a mark. What is neither UTF-16 nor marked stays as it is: it
/// may be no text at all.
///
/// # Errors
/// If it is UTF-32, or begins as UTF-16 and is not.
pub fn utf8(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    Ok(decoded(&bytes)?.unwrap_or(bytes))
}

/// The same; `None` for what stays as it is.
pub(crate) fn decoded(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(rest.to_vec()),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Err(unreadable("it is UTF-32: save it as UTF-8")),
        [0xff, 0xfe, rest @ ..] => of_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => of_utf16(rest, u16::from_be_bytes),
        [0, _, ..] if is_narrow_utf16(bytes, 1) => of_utf16(bytes, u16::from_be_bytes),
        [_, 0, ..] if is_narrow_utf16(bytes, 0) => of_utf16(bytes, u16::from_le_bytes),
        _ => return Ok(None),
    }
    .map(Some)
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
///
/// # Errors
/// If it is none.
pub fn text(bytes: Vec<u8>) -> io::Result<String> {
    let not_text = |_| unreadable("it is not text in UTF-8 or UTF-16");
    String::from_utf8(utf8(bytes)?).map_err(not_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: char = '\u{feff}';

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
}
