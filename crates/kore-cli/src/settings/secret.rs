//! Reading the client secret: from a variable, a profile, a file or standard input.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use kore_sdk::auth::Secret;

use crate::failure::Failure;
use crate::file_name::is_missing;
use crate::origin::Sourced;
use crate::plain_text::{bounded, utf8};
use crate::unexpanded::{self, Unexpanded};

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

/// The secret: the one line of its source ([`Secret::from_line`]), in any form of
/// [`plain_text`](crate::plain_text).
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
            SecretSource::File(path) => unexpanded::path_hint(path, origin, &error).or_else(|| {
                is_missing(error.kind()).then(|| {
                    "it names a file with the secret; the secret itself goes into KORE_CLIENT_SECRET".into()
                })
            }),
            SecretSource::Inline(_) | SecretSource::Stdin => None,
        };
        Failure::usage(format!("cannot read the client secret from {origin}{place}: {error}")).hint_if(hint)
    })?;
    let place = format!("{origin}{place}");
    Unexpanded::refuse(&String::from_utf8_lossy(&bytes), &place)?;
    Secret::from_line(bytes).map_err(|error| match error.line() {
        Some(_) => Failure::usage(format!("{place}, {error}"))
            .hint("write the secret alone on the first line, without blanks around it"),
        None => Failure::usage(format!("{place}: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{Origin, Source};

    fn inline(bytes: &[u8]) -> Result<Secret, Failure> {
        let origin = Origin { source: Source::Environment, key: "client_secret" };
        read(&Sourced::new(SecretSource::Inline(bytes.to_vec()), origin))
    }

    #[test]
    fn a_secret_that_would_sign_wrongly_is_told_with_its_place_and_not_shown() {
        let failure = inline(b"hunter2\nhunter3\n").expect_err("two lines").to_string();
        assert!(
            failure.starts_with("KORE_CLIENT_SECRET, line 2: expected the client secret alone"),
            "{failure}"
        );
        assert!(!failure.contains("hunter"), "{failure}");
    }

    #[test]
    fn nothing_but_line_ends_is_no_secret_and_says_where() {
        for bytes in [&b"\n"[..], b" \r\n", b""] {
            let failure = inline(bytes).expect_err("empty").to_string();
            assert!(failure.starts_with("KORE_CLIENT_SECRET: the client secret is empty"), "{failure}");
        }
    }
}
