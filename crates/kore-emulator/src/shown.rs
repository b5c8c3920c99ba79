//! What is shown of a text that came from elsewhere: its start, in characters that are what they seem.

use kore_types::Printable;

/// How many characters of a name or a value are shown.
const SHOWN: usize = 300;

/// The start of a text, without what would make a reader see another one.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", Printable::text(&text[..end])),
        None => Printable::text(text).to_string(),
    }
}
