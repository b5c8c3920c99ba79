//! Reading the client secret.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use kore_sdk::auth::Secret;

use super::{Sourced, unexpanded_path};
use crate::failure::Failure;
use crate::plain_text::{bounded, utf8};
use crate::unexpanded::Unexpanded;

/// The most that is read of a file that should hold a secret.
const MAX_LEN: u64 = 64 * 1024;

/// Where the secret is. It may be the secret itself, hence no `Debug`.
pub(crate) enum SecretSource {
    Inline(Vec<u8>),
    File(PathBuf),
    Stdin,
}

impl SecretSource {
    /// `-` is standard input.
    pub(crate) fn file_or_stdin(path: PathBuf) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::File(path) }
    }
}

/// The secret: the one line of its source, in any form of [`plain_text`](crate::plain_text). What no
/// one means to be a part of it is refused, as it would sign wrongly in silence.
pub(crate) fn read(source: &Sourced<SecretSource>) -> Result<Secret, Failure> {
    let origin = &source.origin;
    let (bytes, place) = match &source.value {
        SecretSource::Inline(bytes) => (Ok(bytes.clone()), String::new()),
        SecretSource::File(path) => {
            // A name without a directory may be the secret itself, in the wrong variable.
            let is_path = path.components().nth(1).is_some() || path.exists();
            let place = if is_path { format!(" ({})", path.display()) } else { String::new() };
            (File::open(path).and_then(|file| bounded(file, MAX_LEN)), place)
        }
        SecretSource::Stdin => (bounded(io::stdin().lock(), MAX_LEN), " (standard input)".to_owned()),
    };
    let bytes = bytes.and_then(utf8).map_err(|error| {
        let hint = match &source.value {
            SecretSource::File(path) => unexpanded_path::hint(path, origin, &error).or_else(|| {
                (error.kind() == io::ErrorKind::NotFound).then(|| {
                    "it names a file with the secret; the secret itself goes into KORE_CLIENT_SECRET".into()
                })
            }),
            SecretSource::Inline(_) | SecretSource::Stdin => None,
        };
        Failure::usage(format!("cannot read the client secret from {origin}{place}: {error}")).hint_if(hint)
    })?;
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    let secret = &bytes[..end];
    check(&String::from_utf8_lossy(secret), &format!("{origin}{place}"))?;
    Secret::new(secret).map_err(|error| Failure::usage(format!("{origin}{place}: {error}")))
}

/// Names the line that is wrong, and never shows it.
fn check(secret: &str, place: &str) -> Result<(), Failure> {
    Unexpanded::refuse(secret, place)?;
    let (line, problem) = if secret.trim().is_empty() {
        return match secret {
            "" => Ok(()),
            _ => Err(Failure::usage(format!("{place}: the client secret is empty: it is blank"))),
        };
    } else if secret.contains(['\n', '\r']) {
        (2, "expected the client secret alone, and found a second line")
    } else if secret.contains('\0') {
        (1, "expected text, and found a NUL character")
    } else if secret.starts_with(char::is_whitespace) {
        (1, "a blank stands in front of the client secret")
    } else if secret.ends_with(char::is_whitespace) {
        (1, "a blank stands behind the client secret")
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!("{place}, line {line}: {problem}"))
        .hint("write the secret alone on the first line, without blanks around it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Origin;

    fn inline(bytes: &[u8]) -> Result<Secret, Failure> {
        read(&Sourced::new(SecretSource::Inline(bytes.to_vec()), Origin::Variable("KORE_CLIENT_SECRET")))
    }

    #[test]
    fn line_ends_behind_it_are_no_part_of_it_and_blanks_within_are() {
        assert_eq!(inline(b"a b\r\n\n").expect("a secret").expose(), b"a b");
        assert_eq!(inline(b"\x80\xff\n").expect("a secret").expose(), b"\x80\xff");
    }

    #[test]
    fn what_would_sign_wrongly_is_told_with_its_line_and_not_shown() {
        for (bytes, says) in [
            (&b" hunter2"[..], ", line 1: a blank stands in front"),
            (b"\thunter2", ", line 1: a blank stands in front"),
            ("\u{a0}hunter2".as_bytes(), ", line 1: a blank stands in front"),
            (b"hunter2 \r\n", ", line 1: a blank stands behind"),
            (b"hunter2\nhunter3\n", ", line 2: expected the client secret alone"),
            (b"\nhunter2", ", line 2: expected the client secret alone"),
            (b"hunter2\rhunter3", ", line 2: expected the client secret alone"),
            (b"hunter2\n ", ", line 2: expected the client secret alone"),
            (b"hunter\x002", ", line 1: expected text, and found a NUL"),
        ] {
            let failure = inline(bytes).expect_err(says).to_string();
            assert!(failure.starts_with(&format!("KORE_CLIENT_SECRET{says}")), "{failure}");
            assert!(!failure.contains("hunter"), "{failure}");
        }
    }

    #[test]
    fn nothing_but_line_ends_is_no_secret_and_says_where() {
        for bytes in [&b"\n"[..], b" \r\n", b""] {
            let failure = inline(bytes).expect_err("empty").to_string();
            assert!(failure.starts_with("KORE_CLIENT_SECRET: the client secret is empty"), "{failure}");
        }
    }
}
