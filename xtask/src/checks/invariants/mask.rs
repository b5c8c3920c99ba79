//! Splits Rust source into code and strings, so that no rule is misled by a comment or a string.

/// Two texts with the length and lines of the source. Each has one kind of text, and spaces elsewhere.
pub(crate) struct Masked {
    /// Without comments and without what stands in string and character literals.
    pub(crate) code: String,
    /// What stands in string literals, nothing else.
    pub(crate) strings: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    String,
    Char,
}

pub(crate) fn mask(source: &str) -> Masked {
    let mut kinds = Vec::with_capacity(source.len());
    while kinds.len() < source.len() {
        let at = kinds.len();
        let (kind, length) =
            token(&source.as_bytes()[at..], at.checked_sub(1).map(|before| source.as_bytes()[before]));
        kinds.resize((at + length).min(source.len()), kind);
    }
    let only = |wanted: Kind| {
        let keep = |(byte, kind): (u8, &Kind)| if *kind == wanted || byte == b'\n' { byte } else { b' ' };
        let bytes = source.bytes().zip(&kinds).map(keep).collect();
        String::from_utf8(bytes).expect("tokens end between characters")
    };
    Masked { code: only(Kind::Code), strings: only(Kind::String) }
}

/// What begins here, and how many bytes of it there are.
fn token(rest: &[u8], before: Option<u8>) -> (Kind, usize) {
    match rest {
        [b'/', b'/', ..] => (Kind::Comment, find(rest, b"\n").unwrap_or(rest.len())),
        [b'/', b'*', ..] => (Kind::Comment, block_comment(rest)),
        [b'"', ..] => (Kind::String, quoted(rest, b'"')),
        [b'\'', ..] => character(rest),
        [b'r', ..] if !before.is_some_and(is_word_except_prefix) => match raw_string(rest) {
            Some(length) => (Kind::String, length),
            None => (Kind::Code, 1),
        },
        _ => (Kind::Code, 1),
    }
}

/// `br"…"` and `cr"…"` are raw strings too; in `for"…"` the `r` ends a word.
fn is_word_except_prefix(byte: u8) -> bool {
    !matches!(byte, b'b' | b'c') && (byte.is_ascii_alphanumeric() || byte == b'_')
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a quoted text with both quotes. A backslash escapes the next character.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// A literal such as `'"'`, or the `'` of a lifetime.
fn character(rest: &[u8]) -> (Kind, usize) {
    let width = match rest.get(1) {
        Some(b'\\') => return (Kind::Char, quoted(rest, b'\'')),
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        Some(0xc0..) => 2,
        _ => 1,
    };
    if rest.get(1 + width) == Some(&b'\'') { (Kind::Char, width + 2) } else { (Kind::Code, 1) }
}

fn raw_string(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    let content = hashes + 2;
    if rest.get(content - 1) != Some(&b'"') {
        return None;
    }
    let end = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    Some(find(&rest[content..], &end).map_or(rest.len(), |length| content + length + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn comments_are_neither_code_nor_strings() {
        let masked = mask("a // b \"c\"\nd /* e /* f */ g */ h //! i");
        assert_eq!(words(&masked.code), ["a", "d", "h"]);
        assert_eq!(words(&masked.strings), [""; 0]);
    }

    #[test]
    fn strings_of_every_kind_are_found() {
        let masked = mask(r####"f("a // b", b"c\"d", r"e\", r#"g"h"#, br##"i"#j"##) + for_r"k""####);
        assert_eq!(words(&masked.code), ["f(", ",", "b", ",", ",", ",", "b", ")", "+", "for_r"]);
        for content in ["a // b", "c\\\"d", "e\\", "g\"h", "i\"#j", "k"] {
            assert!(masked.strings.contains(content), "{content} in {}", masked.strings);
        }
    }

    #[test]
    fn a_quote_as_a_character_opens_no_string_and_a_lifetime_no_character() {
        let masked = mask(r##"if c == '"' || c == '\'' || c == 'é' { x::<'a>(r#type) } // gone"##);
        assert_eq!(words(&masked.strings), [""; 0]);
        assert!(masked.code.contains("x::<'a>(r#type)"), "{}", masked.code);
        assert!(!masked.code.contains("gone"));
    }

    #[test]
    fn lines_stay_where_they_are() {
        let source = "a\n\"b\nc\" d\n/* e\nf */ g\n'é' h";
        let masked = mask(source);
        assert_eq!(masked.code.lines().nth(2).map(str::trim), Some("d"));
        assert_eq!(masked.code.lines().nth(5).map(str::trim), Some("h"));
        assert_eq!((masked.code.len(), masked.strings.len()), (source.len(), source.len()));
    }

    #[test]
    fn an_unfinished_file_is_masked_to_its_end() {
        for source in ["a \"b", "a /* b", "a r#\"b", "a '\\", "a \"\\"] {
            assert_eq!(words(&mask(source).code), ["a"], "{source}");
        }
    }
}
