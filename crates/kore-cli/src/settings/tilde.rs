//! A `~` in a path, which only shells know.

use std::io;
use std::path::{Component, Path};

use super::Origin;

/// What to write, if a path is not there since nothing has expanded its `~`.
pub(crate) fn hint(path: &Path, origin: &Origin, error: &io::Error) -> Option<&'static str> {
    let missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    let begins = |component: Component<'_>| component.as_os_str().as_encoded_bytes().starts_with(b"~");
    let mut components = path.components();
    match origin {
        _ if !missing => None,
        // The directory of the file stands before it.
        Origin::Profile { .. } if components.any(begins) => {
            Some("~ is not expanded in the configuration file: write the full path")
        }
        Origin::Flag(_) | Origin::Variable(_) if components.next().is_some_and(begins) => {
            Some("the shell did not expand ~: write $HOME in its place, or the full path")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(path: &str, origin: &Origin, kind: io::ErrorKind) -> Option<&'static str> {
        hint(Path::new(path), origin, &kind.into())
    }

    #[test]
    fn only_a_path_that_is_missing_and_begins_so_is_meant() {
        let flag = Origin::Flag("--ca-file");
        assert!(says("~/ca.pem", &flag, io::ErrorKind::NotFound).is_some_and(|hint| hint.contains("$HOME")));
        assert!(says("~me/ca.pem", &flag, io::ErrorKind::NotFound).is_some());
        assert_eq!(says("/x/~/ca.pem", &flag, io::ErrorKind::NotFound), None);
        assert_eq!(says("~/ca.pem", &flag, io::ErrorKind::PermissionDenied), None);
    }

    #[test]
    fn in_a_profile_nothing_expands_variables_either() {
        let profile = Origin::Profile { key: "ca_file", profile: "dev".to_owned() };
        let hint = says("/conf/~/ca.pem", &profile, io::ErrorKind::NotFound).expect("a hint");
        assert!(hint.ends_with("write the full path") && !hint.contains("HOME"), "{hint}");
    }
}
