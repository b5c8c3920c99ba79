//! A setting that is still the name of a variable, since no pipeline or shell put its value there.
//! Such values are refused wherever a setting enters.
//!
//! A pipeline leaves the name of a variable that it does not know, or that stands in a place that it
//! does not expand, as it is. As a host it would be asked for until the deadline, and as a secret it
//! would sign.

use std::fmt;
use std::io;
use std::path::{Component, Path};

use crate::failure::Failure;
use crate::file_name::is_missing;
use crate::origin::Source;
use crate::plain_text::trimmed;

/// What stands around a name: in Azure, GitHub, shells, templates and the console of Windows.
const FORMS: [(&str, &str); 6] =
    [("${{", "}}"), ("$(", ")"), ("$[", "]"), ("${", "}"), ("{{", "}}"), ("#{", "}")];

/// The longest name that is shown.
const MAX_NAME: usize = 80;

/// A variable in the place of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unexpanded<'a> {
    before: &'a str,
    /// None for an expression, which may hold more than names.
    name: Option<&'a str>,
    after: &'a str,
}

impl<'a> Unexpanded<'a> {
    /// The variable that a value is as a whole.
    pub(crate) fn of(value: &'a str) -> Option<Self> {
        let value = trimmed(value);
        let between = |(before, after): (&'static str, &'static str)| {
            let inner = value.strip_prefix(before)?.strip_suffix(after)?;
            let is_one = !inner.trim().is_empty() && !inner.contains(after);
            is_one.then(|| Self { before, name: name(inner.trim()), after })
        };
        FORMS.into_iter().find_map(between).or_else(|| Self::bare(value))
    }

    /// `%NAME%`, `$NAME` and `$env:NAME`: a name and nothing else, as a password may begin so.
    fn bare(value: &'a str) -> Option<Self> {
        if let Some(inner) = value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')) {
            return name(inner).map(|name| Self { before: "%", name: Some(name), after: "%" });
        }
        let rest = value.strip_prefix('$')?;
        let is_environment = rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("env:"));
        let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        let is_loud = rest.len() > 1 && rest.bytes().all(is_name);
        let name = name(rest).filter(|_| is_environment || is_loud)?;
        Some(Self { before: "$", name: Some(name), after: "" })
    }

    /// Refuses a value that is a variable.
    pub(crate) fn refuse(value: &str, place: impl fmt::Display) -> Result<(), Failure> {
        match Unexpanded::of(value) {
            None => Ok(()),
            Some(variable) => {
                Err(Failure::usage(format!("{place} is {variable}: nothing put its value there"))
                    .hint("set that variable, and write it in the way that this shell or pipeline expands"))
            }
        }
    }
}

/// A text that can be the name of a variable.
fn name(text: &str) -> Option<&str> {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    (starts && text.len() <= MAX_NAME && text.chars().all(is_part)).then_some(text)
}

impl fmt::Display for Unexpanded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, name, after } = self;
        match name {
            Some(name) => write!(f, "the variable {before}{name}{after}"),
            None => write!(f, "an expression {before}…{after}"),
        }
    }
}

/// What to write, if a path is not there since nothing has expanded it.
pub(crate) fn path_hint(path: &Path, from: &Source, error: &io::Error) -> Option<String> {
    let begins = |component: Component<'_>| component.as_os_str().as_encoded_bytes().starts_with(b"~");
    let mut components = path.components();
    if !is_missing(error.kind()) {
        return None;
    }
    let names = path.iter().filter_map(|name| name.to_str());
    if let Some(variable) = names.filter_map(Unexpanded::of).next() {
        return Some(format!("{variable} stands there: nothing put its value in its place"));
    }
    let hint = match from {
        // The directory of the file stands before it.
        Source::Profile(_) if components.any(begins) => {
            "~ is not expanded in the configuration file: write the full path"
        }
        Source::Flags | Source::Environment if components.next().is_some_and(begins) => {
            "the shell did not expand ~: write $HOME in its place, or the full path"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(path: &str, from: &Source, kind: io::ErrorKind) -> Option<String> {
        path_hint(Path::new(path), from, &kind.into())
    }

    #[test]
    fn only_a_path_that_is_missing_and_begins_so_is_meant() {
        let flag = Source::Flags;
        assert!(says("~/ca.pem", &flag, io::ErrorKind::NotFound).is_some_and(|hint| hint.contains("$HOME")));
        assert!(says("~me/ca.pem", &flag, io::ErrorKind::NotFound).is_some());
        assert_eq!(says("/x/~/ca.pem", &flag, io::ErrorKind::NotFound), None);
        assert_eq!(says("~/ca.pem", &flag, io::ErrorKind::PermissionDenied), None);
    }

    #[test]
    fn a_variable_in_the_place_of_its_value_is_named() {
        let flag = Source::Flags;
        for path in ["$(CA_FILE)", "/x/${{ env.CA_FILE }}", "%CA_FILE%", "$CA_FILE/ca.pem"] {
            let hint = says(path, &flag, io::ErrorKind::NotFound).expect(path);
            assert!(hint.starts_with("the variable ") && hint.contains("CA_FILE"), "{hint}");
        }
        assert_eq!(says("$(CA_FILE)", &flag, io::ErrorKind::PermissionDenied), None);
        // As Windows has it: no file has such a name.
        assert!(says("${env:CA_FILE}", &flag, io::ErrorKind::InvalidFilename).is_some());
    }

    #[test]
    fn in_a_profile_nothing_expands_variables_either() {
        let profile = Source::Profile("dev".to_owned());
        let hint = says("/conf/~/ca.pem", &profile, io::ErrorKind::NotFound).expect("a hint");
        assert!(hint.ends_with("write the full path") && !hint.contains("HOME"), "{hint}");
    }

    #[test]
    fn a_variable_is_known_in_each_form_and_named() {
        for (value, shown) in [
            ("$(KORE_HOST)", "the variable $(KORE_HOST)"),
            (" $(kore.host-1)\r\n", "the variable $(kore.host-1)"),
            ("${KORE_HOST}", "the variable ${KORE_HOST}"),
            ("${env:KORE_HOST}", "the variable ${env:KORE_HOST}"),
            ("%KORE_HOST%", "the variable %KORE_HOST%"),
            ("%kore_host%", "the variable %kore_host%"),
            ("${{ secrets.KORE_HOST }}", "the variable ${{secrets.KORE_HOST}}"),
            ("${{env.x}}", "the variable ${{env.x}}"),
            ("$[variables.x]", "the variable $[variables.x]"),
            ("{{ x }}", "the variable {{x}}"),
            ("#{x}", "the variable #{x}"),
            ("$KORE_HOST", "the variable $KORE_HOST"),
            ("$env:kore", "the variable $env:kore"),
            ("$Env:KORE", "the variable $Env:KORE"),
            ("\u{feff}$(X)", "the variable $(X)"),
            ("$(cat 'secret file')", "an expression $(…)"),
            ("${X:-hunter 2}", "an expression ${…}"),
            ("${{ secrets.A || 'hunter2' }}", "an expression ${{…}}"),
        ] {
            let variable = Unexpanded::of(value).map(|variable| variable.to_string());
            assert_eq!(variable.as_deref(), Some(shown), "{value}");
        }
    }

    #[test]
    fn a_value_that_only_looks_like_one_is_taken_as_it_is() {
        for value in [
            "",
            "$",
            "$$",
            "%",
            "%%",
            "$()",
            "${}",
            "${{ }}",
            "$(a",
            "a)",
            "x$(A)",
            "$(A)x",
            "$(A)$(B)",
            "%A",
            "A%",
            "%1%",
            "%a b%",
            "$a",
            "$ecret",
            "$A",
            "$A-B",
            "pa$$word",
            "{a}",
            "cs-1",
            "bots.kore.ai",
            "http://$(A)",
        ] {
            assert_eq!(Unexpanded::of(value), None, "{value}");
        }
    }
}
