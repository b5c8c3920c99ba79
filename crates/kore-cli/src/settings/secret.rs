//! Reading the client secret: from a variable, a profile, a file or standard input.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use kore_sdk::auth::Secret;

use crate::failure::Failure;
use crate::file_name::is_missing;
use crate::origin::Source;
use crate::plain_text::{bounded, open, utf8};
use crate::unexpanded::{self, Unexpanded};

/// The most that is read of a file that should hold a secret.
const MAX_LEN: u64 = 64 * 1024;

/// Where the secret is. It may be the secret itself, hence no `Debug`.
pub(crate) enum SecretSource {
    Inline(Vec<u8>),
    File {
        path: PathBuf,
        /// A name without a folder may be the secret itself, in the wrong place.
        is_path: bool,
    },
    Stdin,
}

impl SecretSource {
    /// `-` is standard input.
    pub(crate) fn file_or_stdin(path: PathBuf) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::file(&path.clone(), path) }
    }

    /// A file, as it is written and as it leads to it.
    pub(crate) fn file(written: &Path, path: PathBuf) -> Self {
        let is_path = written.components().nth(1).is_some() || path.exists();
        Self::File { path, is_path }
    }

    /// What can be shown of it: nothing of the secret itself.
    pub(crate) fn place(&self) -> Option<String> {
        match self {
            Self::Inline(_) | Self::File { is_path: false, .. } => None,
            Self::File { path, .. } => Some(path.display().to_string()),
            Self::Stdin => Some("standard input".to_owned()),
        }
    }
}

/// The secret: the one line of its source ([`Secret::from_line`]), in any form of
/// [`plain_text`](crate::plain_text). The name is that of the setting, which comes from there.
pub(crate) fn read(source: &SecretSource, name: impl fmt::Display, from: &Source) -> Result<Secret, Failure> {
    let place = source.place().map(|place| format!(" ({place})")).unwrap_or_default();
    let place = format!("{name}{place}");
    let bytes = match source {
        SecretSource::Inline(bytes) => Ok(bytes.clone()),
        SecretSource::File { path, .. } => open(path).and_then(|file| bounded(file, MAX_LEN)),
        SecretSource::Stdin => bounded(io::stdin().lock(), MAX_LEN),
    };
    let bytes = bytes.and_then(utf8).map_err(|error| {
        let hint = match source {
            SecretSource::File { path, .. } => unexpanded::path_hint(path, from, &error).or_else(|| {
                is_missing(error.kind()).then(|| {
                    "it names a file with the secret; the secret itself goes into KORE_CLIENT_SECRET".into()
                })
            }),
            SecretSource::Inline(_) | SecretSource::Stdin => None,
        };
        Failure::usage(format!("cannot read the client secret from {place}: {error}")).hint_if(hint)
    })?;
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

    fn inline(bytes: &[u8]) -> Result<Secret, Failure> {
        read(&SecretSource::Inline(bytes.to_vec()), "KORE_CLIENT_SECRET", &Source::Environment)
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
