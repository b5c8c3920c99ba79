//! Secrets and tokens: texts that no `Debug` and no error shows.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A client secret. It is wiped on drop and never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// A text that cannot be a client secret. With an empty one anyone could sign; blanks or line ends
/// from a file would make every signature wrong, and nothing would say why. The message never shows
/// the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSecret {
    line: usize,
    problem: &'static str,
}

impl InvalidSecret {
    const EMPTY: Self = Self {
        line: 0,
        problem: "the client secret is empty: expected that of the app from the Admin Console",
    };

    /// The line on which something is wrong, from 1; none if the text is empty or blank.
    pub fn line(&self) -> Option<usize> {
        (self.line > 0).then_some(self.line)
    }
}

impl fmt::Display for InvalidSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line() {
            write!(f, "line {line}: ")?;
        }
        f.write_str(self.problem)
    }
}

impl std::error::Error for InvalidSecret {}

impl From<Infallible> for InvalidSecret {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Secret {
    /// Makes a secret of these bytes as they are, white space included. For text from people, files
    /// and variables use [`from_line`](Self::from_line).
    ///
    /// # Errors
    /// If it is empty.
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, InvalidSecret> {
        let secret = Zeroizing::new(secret.into());
        if secret.is_empty() { Err(InvalidSecret::EMPTY) } else { Ok(Self(secret)) }
    }

    /// Makes a secret of the first line of a text, on which it stands alone. Line ends behind it are
    /// cut: files have them, and so have variables made from files.
    ///
    /// # Errors
    /// For a second line, a NUL character, blanks around the secret, or an empty text.
    pub fn from_line(text: impl Into<Vec<u8>>) -> Result<Self, InvalidSecret> {
        let mut secret = Zeroizing::new(text.into());
        let end = secret.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        secret.truncate(end);
        // A secret need not be UTF-8.
        let text = String::from_utf8_lossy(&secret);
        let (line, problem) = if secret.is_empty() {
            return Err(InvalidSecret::EMPTY);
        } else if text.trim().is_empty() {
            (0, "the client secret is empty: it is blank")
        } else if text.contains(['\n', '\r']) {
            (2, "expected the client secret alone, and found a second line")
        } else if text.contains('\0') {
            (1, "expected text, and found a NUL character")
        } else if text.starts_with(char::is_whitespace) {
            (1, "a blank stands in front of the client secret")
        } else if text.ends_with(char::is_whitespace) {
            (1, "a blank stands behind the client secret")
        } else {
            drop(text);
            return Ok(Self(secret));
        };
        Err(InvalidSecret { line, problem })
    }

    /// The secret itself.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Text becomes a secret by [`Secret::from_line`].
macro_rules! from_text {
    ($($text:ty),*) => {$(
        impl TryFrom<$text> for Secret {
            type Error = InvalidSecret;

            fn try_from(text: $text) -> Result<Self, InvalidSecret> {
                Self::from_line(text)
            }
        }
    )*};
}

from_text!(&str, String, &[u8], Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A JWT, ready for the header `auth`. It is wiped when its last clone is dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Arc<Zeroizing<String>>);

impl Token {
    /// Takes a JWT that was made elsewhere, as it is.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(token.into())))
    }

    /// The JWT itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Token {
    fn from(jwt: T) -> Self {
        Self::new(jwt)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_secret_is_printed() {
        let shown = format!("{:?} {:?}", Secret::new("hunter2").expect("not empty"), Token::new("eyJ.a.b"));
        assert_eq!(shown, "Secret(…) Token(…)");
    }

    #[test]
    fn an_empty_secret_is_refused() {
        assert_eq!(Secret::new("").err(), Some(InvalidSecret::EMPTY));
    }

    #[test]
    fn line_ends_behind_a_secret_are_cut_and_blanks_within_stay() {
        for (text, secret) in [(&b"a b\r\n\n"[..], &b"a b"[..]), (b"\x80\xff\n", b"\x80\xff"), (b"x", b"x")] {
            assert_eq!(Secret::from_line(text).expect("a secret").expose(), secret);
        }
        assert_eq!(Secret::try_from("hunter2\n").expect("a secret").expose(), b"hunter2");
    }

    #[test]
    fn a_text_that_would_sign_wrongly_is_refused_by_line_and_not_shown() {
        for (text, says) in [
            (&b" hunter2"[..], "line 1: a blank stands in front"),
            (b"\thunter2", "line 1: a blank stands in front"),
            ("\u{a0}hunter2".as_bytes(), "line 1: a blank stands in front"),
            (b"hunter2 \r\n", "line 1: a blank stands behind"),
            (b"hunter2\nhunter3\n", "line 2: expected the client secret alone"),
            (b"\nhunter2", "line 2: expected the client secret alone"),
            (b"hunter2\rhunter3", "line 2: expected the client secret alone"),
            (b"hunter2\n ", "line 2: expected the client secret alone"),
            (b"hunter\x002", "line 1: expected text, and found a NUL"),
            (b"\n", "the client secret is empty"),
            (b" \r\n", "the client secret is empty: it is blank"),
            (b"", "the client secret is empty"),
        ] {
            let refused = Secret::from_line(text).expect_err(says).to_string();
            assert!(refused.starts_with(says) && !refused.contains("hunter"), "{refused}");
        }
    }
}
