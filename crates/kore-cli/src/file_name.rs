//! Names of files: those that Windows gives none, found out before there is anything to write, and
//! those that lead to no file.

use std::io;
use std::path::Path;

/// Whether there is no such file. On Windows that is also said of a name that no file can have.
pub(crate) fn is_missing(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};

    matches!(kind, NotFound | NotADirectory | InvalidFilename)
}

/// Why no file of that name can be written on this system.
pub(crate) fn refused(path: &Path) -> Option<String> {
    let name = path.file_name().filter(|_| cfg!(windows))?;
    problem(&name.to_string_lossy())
}

/// What Windows has against a name.
fn problem(name: &str) -> Option<String> {
    if let Some(c) = name.chars().find(|c| "<>:\"|?*".contains(*c) || c.is_control()) {
        return Some(format!("Windows allows no {c:?} in the name of a file"));
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let is_numbered =
        |device: &str| stem.strip_prefix(device).is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']));
    let is_device =
        ["CON", "PRN", "AUX", "NUL"].contains(&&*stem) || ["COM", "LPT"].into_iter().any(is_numbered);
    is_device.then(|| format!("{stem} is a device of Windows: expected the name of a file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_forbids_is_told() {
        for name in ["a:b.xml", "a?.xml", "\"a\"", "a\n"] {
            assert!(problem(name).is_some_and(|why| why.contains("Windows allows no")), "{name}");
        }
        for name in ["NUL", "nul.xml", "Con.tar.gz", "COM1", "lpt9.txt", "aux ."] {
            assert!(problem(name).is_some_and(|why| why.contains("device of Windows")), "{name}");
        }
        for name in ["report.xml", "COM", "COM0", "com10", "console.xml", "é.xml", "a b.xml"] {
            assert_eq!(problem(name), None, "{name}");
        }
    }

    #[test]
    fn elsewhere_such_a_name_is_one_like_others() {
        assert_eq!(refused(Path::new("x/nul.xml")).is_some(), cfg!(windows));
    }
}
