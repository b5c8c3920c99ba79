//! The start of a body, fit for a message: printable, short, and without tokens. Every error that
//! shows what a server sent uses it.

use std::fmt;

use kore_types::Printable;

/// The start of what a server sent, on one line: at most [`Excerpt::MAX`] bytes, made printable.
/// Whatever looks like a JWT is masked, since a server may echo what it received.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt {
    shown: Box<str>,
}

impl Excerpt {
    /// The default length in bytes.
    pub const MAX: usize = 512;

    /// An excerpt of the default length.
    pub fn new(bytes: &[u8]) -> Self {
        Self::cut(bytes, Self::MAX)
    }

    /// A whole text in which whatever looks like a JWT is masked.
    pub fn masked(text: &str) -> String {
        redact(text)
    }

    /// An excerpt of another length in bytes.
    pub fn cut(bytes: &[u8], max: usize) -> Self {
        Self { shown: redact(&Printable::new(bytes, max).to_string()).into() }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.shown)
    }
}

/// Replaces each run of base64url and dots that may be a token, or the start of one, by `[JWT]`. What
/// follows `Basic`, as a proxy may echo it, is replaced by `[credentials]`.
fn redact(text: &str) -> String {
    let text = basic(text);
    let in_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(in_token) {
        let (before, run) = rest.split_at(start);
        let (run, after) = run.split_at(run.find(|c| !in_token(c)).unwrap_or(run.len()));
        shown.push_str(before);
        match token_start(run) {
            Some(at) => {
                shown.push_str(&run[..at]);
                shown.push_str("[JWT]");
            }
            None => shown.push_str(run),
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

fn basic(text: &str) -> String {
    const SCHEME: &str = "basic ";
    let in_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let lower = text.to_ascii_lowercase();
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in lower.match_indices(SCHEME) {
        let start = at + SCHEME.len();
        let length = text[start..].find(|c| !in_base64(c)).unwrap_or(text.len() - start);
        // A shorter one is a word, and not a user and a password.
        if start >= done && length >= 8 {
            shown.push_str(&text[done..start]);
            shown.push_str("[credentials]");
            done = start + length;
        }
    }
    shown.push_str(&text[done..]);
    shown
}

/// Where a token begins in a run: at a JOSE header, or at the first of three long parts. A header is a
/// JSON object in base64url, so it mostly begins with `eyJ`.
fn token_start(run: &str) -> Option<usize> {
    let long = |part: &str| part.len() >= 16;
    let written_tight = run.find("eyJ").filter(|at| long(&run[*at..]));
    let header = || run.split('.').find(|part| long(part) && is_object(part));
    written_tight.or_else(|| header().map(|part| part.as_ptr().addr() - run.as_ptr().addr())).or_else(|| {
        let mut parts = run.split('.');
        (parts.by_ref().take(3).filter(|part| long(part)).count() == 3).then_some(0)
    })
}

/// Whether base64url decodes to the start of a JSON object, with or without blanks.
fn is_object(part: &str) -> bool {
    let (mut bits, mut count) = (0u32, 0);
    let bytes = part.bytes().filter_map(|byte| {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            _ => 63,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        (count >= 8).then(|| {
            count -= 8;
            (bits >> count) as u8
        })
    });
    let mut tokens = bytes.filter(|byte| !b" \t\r\n".contains(byte));
    (tokens.next(), tokens.next()) == (Some(b'{'), Some(b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_masked_even_if_it_is_cut() {
        let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", "a".repeat(60), "b".repeat(43));
        let body = format!("<p>auth: {token}</p>");
        assert_eq!(Excerpt::new(body.as_bytes()).to_string(), "<p>auth: [JWT]</p>");
        let at_the_cut = format!("{}{token}", " ".repeat(Excerpt::MAX - 20));
        assert!(!Excerpt::new(at_the_cut.as_bytes()).to_string().contains("eyJ"));
        let other_header = format!("ewogICJhbGciOiAiSFMyNTYiCn0.{}.{}", "a".repeat(60), "b".repeat(43));
        assert_eq!(Excerpt::new(other_header.as_bytes()).to_string(), "[JWT]");
        // {"alg":…} with blanks, of a token whose other parts are short or none.
        for header in ["eyAiYWxnIjogIkhTMjU2IiB9", "ewogICJhbGciOiAibm9uZSIKfQ", "IHsgImFsZyI6ICJkaXIiIH0"] {
            let token = format!("auth={header}..aXY.dGFn;");
            assert_eq!(Excerpt::new(token.as_bytes()).to_string(), "auth=[JWT];");
        }
    }

    #[test]
    fn credentials_of_a_proxy_are_masked() {
        let body = "Proxy-Authorization: basic YW5uOmh1bnRlcjI=\r\nBasic YW5uOmh1bnRlcjI=, a Basic error";
        let shown = Excerpt::new(body.as_bytes()).to_string();
        assert_eq!(shown, r"Proxy-Authorization: basic [credentials]\r\nBasic [credentials], a Basic error");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        let body = "<html>502 Bad Gateway on bots.kore.ai, see com.example.AVeryLongNameOfAClass.andALongMethodOfIt</html>";
        assert_eq!(Excerpt::new(body.as_bytes()).to_string(), body);
    }
}
