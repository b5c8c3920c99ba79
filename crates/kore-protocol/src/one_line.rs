//! A document as JSON on one line, as it came.

use bytes::Bytes;

/// The bytes without the white space between their values, or what is written in place of none.
pub(crate) fn json(body: &Bytes, written: impl FnOnce() -> serde_json::Result<Vec<u8>>) -> Bytes {
    if body.is_empty() {
        return written().unwrap_or_default().into();
    }
    let (mut in_text, mut is_escaped) = (false, false);
    let is_kept = |byte: &u8| {
        let is_blank = !in_text && byte.is_ascii_whitespace();
        in_text = if *byte == b'"' { in_text == is_escaped } else { in_text };
        is_escaped = in_text && *byte == b'\\' && !is_escaped;
        !is_blank
    };
    body.iter().copied().filter(is_kept).collect()
}
