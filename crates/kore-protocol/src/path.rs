//! Path templates such as `/a/{variable}/b`: clients fill them in, servers match them.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All characters except the unreserved ones of RFC 3986.
pub(crate) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of a call, with variables in braces; a variable is a whole segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathTemplate(&'static str);

impl PathTemplate {
    /// Takes a template that begins with `/`.
    ///
    /// # Panics
    /// If the template does not begin with `/`. Templates are constants, so this is an error of the
    /// compiler.
    pub const fn new(template: &'static str) -> Self {
        assert!(!template.is_empty() && template.as_bytes()[0] == b'/', "a path begins with /");
        Self(template)
    }

    /// The template as text.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The names of the variables, in order.
    pub fn variables(self) -> impl Iterator<Item = &'static str> {
        self.0.split('/').filter_map(variable)
    }

    /// The path with its variables' values, percent-encoded.
    ///
    /// # Panics
    /// If there are fewer values than variables, which is a bug of the endpoint.
    pub fn fill(self, values: &[&str]) -> String {
        let mut values = values.iter();
        let mut path = String::with_capacity(self.0.len() + 64);
        let mut rest = self.0;
        while let Some((fixed, variable)) = rest.split_once('{')
            && let Some((name, after)) = variable.split_once('}')
        {
            path.push_str(fixed);
            let value = values.next().unwrap_or_else(|| panic!("no value for {{{name}}} of {}", self.0));
            if value.bytes().all(is_unreserved) {
                path.push_str(value);
            } else {
                path.extend(utf8_percent_encode(value, SEGMENT));
            }
            rest = after;
        }
        path.push_str(rest);
        path
    }

    /// Whether a path matches, without decoding it.
    pub fn matches(self, path: &str) -> bool {
        let mut segments = path.split('/');
        let fits = |expected: &str| {
            let found = segments.next();
            found.is_some_and(|found| match variable(expected) {
                Some(_) => !found.is_empty(),
                None => expected == found,
            })
        };
        self.0.split('/').all(fits) && segments.next().is_none()
    }

    /// The values of the variables in a path, percent-decoded. `None` if the path does not match. Bytes
    /// that are not UTF-8 become U+FFFD, which no identifier allows.
    pub fn values(self, path: &str) -> Option<Vec<Cow<'_, str>>> {
        let mut values = Vec::new();
        let mut segments = path.split('/');
        for expected in self.0.split('/') {
            let found = segments.next()?;
            match variable(expected) {
                Some(_) if found.is_empty() => return None,
                Some(_) => values.push(percent_decode_str(found).decode_utf8_lossy()),
                None if expected == found => {}
                None => return None,
            }
        }
        segments.next().is_none().then_some(values)
    }
}

/// Whether a byte needs no encoding. Valid identifiers have only such bytes.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: PathTemplate = PathTemplate::new("/a/{x}/b/{y}");

    #[test]
    fn values_are_encoded_and_decoded() {
        let path = TEMPLATE.fill(&["../é %", "1"]);
        assert_eq!(path, "/a/..%2F%C3%A9%20%25/b/1");
        assert_eq!(TEMPLATE.values(&path).expect("the same path"), ["../é %", "1"]);
        assert!(TEMPLATE.matches(&path));
        assert_eq!(TEMPLATE.variables().collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn a_path_that_does_not_match_has_no_values() {
        for path in ["/", "/a/1/b", "/a/1/b/2/", "/a//b/2", "/A/1/b/2", "a/1/b/2", "/a/1/b/2/c"] {
            assert_eq!(TEMPLATE.values(path), None, "{path}");
            assert!(!TEMPLATE.matches(path), "{path}");
        }
    }
}
