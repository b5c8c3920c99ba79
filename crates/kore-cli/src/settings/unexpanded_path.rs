//! A `~` or a variable in a path, which only shells and pipelines know.

use std::io;
use std::path::{Component, Path};

use super::Origin;
use crate::unexpanded::Unexpanded;

/// What to write, if a path is not there since nothing has expanded it.
pub(crate) fn hint(path: &Path, origin: &Origin, error: &io::Error) -> Option<String> {
    let missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    let begins = |component: Component<'_>| component.as_os_str().as_encoded_bytes().starts_with(b"~");
    let mut components = path.components();
    if !missing {
        return None;
    }
    let names = path.iter().filter_map(|name| name.to_str());
    if let Some(variable) = names.filter_map(Unexpanded::of).next() {
        return Some(format!("{variable} stands there: nothing put its value in its place"));
    }
    let hint = match origin {
        // The directory of the file stands before it.
        Origin::Profile { .. } if components.any(begins) => {
            "~ is not expanded in the configuration file: write the full path"
        }
        Origin::Flag(_) | Origin::Variable(_) if components.next().is_some_and(begins) => {
            "the shell did not expand ~: write $HOME in its place, or the full path"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(path: &str, origin: &Origin, kind: io::ErrorKind) -> Option<String> {
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
    fn a_variable_in_the_place_of_its_value_is_named() {
        let flag = Origin::Flag("--ca-file");
        for path in ["$(CA_FILE)", "/x/${{ env.CA_FILE }}", "%CA_FILE%", "$CA_FILE/ca.pem"] {
            let hint = says(path, &flag, io::ErrorKind::NotFound).expect(path);
            assert!(hint.starts_with("the variable ") && hint.contains("CA_FILE"), "{hint}");
        }
        assert_eq!(says("$(CA_FILE)", &flag, io::ErrorKind::PermissionDenied), None);
    }

    #[test]
    fn in_a_profile_nothing_expands_variables_either() {
        let profile = Origin::Profile { key: "ca_file", profile: "dev".to_owned() };
        let hint = says("/conf/~/ca.pem", &profile, io::ErrorKind::NotFound).expect("a hint");
        assert!(hint.ends_with("write the full path") && !hint.contains("HOME"), "{hint}");
    }
}
