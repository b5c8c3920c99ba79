//! Reading the client secret.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kore_sdk::auth::Secret;

use super::{Sourced, tilde};
use crate::failure::Failure;

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

/// The secret. Line ends after it are not part of it, other white space is.
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
    let bytes = bytes.map_err(|error| {
        let hint = match &source.value {
            SecretSource::File(path) => tilde::hint(path, origin, &error).or_else(|| {
                (error.kind() == io::ErrorKind::NotFound).then_some(
                    "it names a file with the secret; the secret itself goes into KORE_CLIENT_SECRET",
                )
            }),
            SecretSource::Inline(_) | SecretSource::Stdin => None,
        };
        Failure::usage(format!("cannot read the client secret from {origin}{place}: {error}")).hint_if(hint)
    })?;
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    Secret::new(&bytes[..end]).map_err(|error| Failure::usage(format!("{origin}{place}: {error}")))
}

/// All of a source, if it is not longer than that.
pub(crate) fn bounded(source: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::other(format!("it is over {} KiB, which is too long", max / 1024)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Origin;

    fn inline(bytes: &[u8]) -> Result<Secret, Failure> {
        read(&Sourced::new(SecretSource::Inline(bytes.to_vec()), Origin::Variable("KORE_CLIENT_SECRET")))
    }

    #[test]
    fn only_line_ends_are_trimmed() {
        assert_eq!(inline(b" a b \r\n\n").expect("a secret").expose(), b" a b ");
        assert_eq!(inline(b"\na").expect("a secret").expose(), b"\na");
    }

    #[test]
    fn nothing_but_line_ends_is_no_secret_and_says_where() {
        let failure = inline(b"\n").expect_err("empty");
        assert!(
            failure.to_string().starts_with("KORE_CLIENT_SECRET: the client secret is empty"),
            "{failure}"
        );
    }
}
