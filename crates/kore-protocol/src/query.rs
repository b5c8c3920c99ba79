//! The query of a URI, written by clients and read by servers.

use std::borrow::Cow;

use http::Uri;
use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::path::SEGMENT;

/// What stands behind the `?` of a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// That of a URI; empty if it has none.
    pub fn of(uri: &'a Uri) -> Self {
        Self(uri.query().unwrap_or_default())
    }

    /// Names and values in order, decoded: `+` is a blank, and what is not UTF-8 becomes U+FFFD.
    pub fn pairs(self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        let pairs = self.0.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(n, v)| (decode(n), decode(v)))
    }

    /// The first value of that name.
    pub fn get(self, name: &str) -> Option<Cow<'a, str>> {
        self.pairs().find(|(found, _)| found == name).map(|(_, value)| value)
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let text = text.replace('+', " ");
        return percent_decode_str(&text).decode_utf8_lossy().into_owned().into();
    }
    percent_decode_str(text).decode_utf8_lossy()
}

/// Writes the pairs behind a path.
pub(crate) fn push(path: &mut String, pairs: &[(&str, Cow<'_, str>)]) {
    for (at, (name, value)) in pairs.iter().enumerate() {
        path.push(if at == 0 { '?' } else { '&' });
        path.extend(utf8_percent_encode(name, SEGMENT));
        path.push('=');
        path.extend(utf8_percent_encode(value, SEGMENT));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_writes_a_server_reads() {
        let sent = [("limit", "20"), ("a&b", "é =+%?#/"), ("none", ""), ("limit", "7")];
        let mut path = "/x".to_owned();
        push(&mut path, &sent.map(|(name, value)| (name, value.into())));
        let uri: Uri = path.parse().expect("a path");
        assert_eq!(uri.path(), "/x");
        let read: Vec<_> = Query::of(&uri).pairs().collect();
        assert_eq!(read, sent.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(Query::of(&uri).get("limit"), Some("20".into()));
        assert_eq!(Query::of(&uri).get("other"), None);
    }

    #[test]
    fn other_clients_write_it_otherwise() {
        let uri = Uri::from_static("/x?&a+b=c%20d&flag&=1&x=%ff");
        let read: Vec<_> = Query::of(&uri).pairs().collect();
        let expected = [("a b", "c d"), ("flag", ""), ("", "1"), ("x", "\u{fffd}")];
        assert_eq!(read, expected.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(Query::of(&Uri::from_static("/x")).pairs().count(), 0);
        let mut path = "/x".to_owned();
        push(&mut path, &[]);
        assert_eq!(path, "/x");
    }
}
