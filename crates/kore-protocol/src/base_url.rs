//! The base URL of the platform. It is parsed once, so that no later step has to doubt it.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::uri::{self, Authority, PathAndQuery, Scheme, Uri};
use kore_types::Printable;
use percent_encoding::percent_decode_str;

/// The base URL of the platform: scheme, host, port, and a path before `/api` if there is one.
///
/// ```
/// use kore_protocol::BaseUrl;
/// assert_eq!(BaseUrl::parse("bots.kore.ai")?.to_string(), "https://bots.kore.ai");
/// assert_eq!(BaseUrl::parse("https://[::1]:8443/kore/")?.to_string(), "https://[::1]:8443/kore");
/// # Ok::<(), kore_protocol::InvalidBaseUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    /// Empty, or begins with `/` and does not end with it.
    path: Box<str>,
}

/// The error of a text that is not a base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidBaseUrl {
    problem: &'static str,
    found: Box<str>,
}

impl fmt::Display for InvalidBaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { problem, found } = self;
        write!(f, "not a host: expected a URL such as https://bots.kore.ai, found {problem}: \"{found}\"")
    }
}

impl std::error::Error for InvalidBaseUrl {}

impl From<Infallible> for InvalidBaseUrl {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl TryFrom<&str> for BaseUrl {
    type Error = InvalidBaseUrl;

    fn try_from(text: &str) -> Result<Self, InvalidBaseUrl> {
        Self::parse(text)
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = InvalidBaseUrl;

    fn try_from(text: String) -> Result<Self, InvalidBaseUrl> {
        Self::parse(&text)
    }
}

impl TryFrom<&String> for BaseUrl {
    type Error = InvalidBaseUrl;

    fn try_from(text: &String) -> Result<Self, InvalidBaseUrl> {
        Self::parse(text)
    }
}

impl BaseUrl {
    /// Reads `https://host[:port][/path]`; without a scheme it is `https`.
    ///
    /// # Errors
    /// For another scheme than `http` or `https`, user and password, a query, a fragment, or what
    /// is no URL at all.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        let text = text.trim();
        let invalid = |problem| InvalidBaseUrl { problem, found: shown(text) };
        if text.is_empty() {
            return Err(invalid("nothing"));
        }
        if text.contains(['?', '#']) {
            return Err(invalid("a query or a fragment"));
        }
        let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let parts = whole.parse::<Uri>().map_err(|_| invalid("something else"))?.into_parts();
        let scheme = parts.scheme.ok_or_else(|| invalid("no scheme"))?;
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(invalid("another scheme than https or http"));
        }
        let authority = parts.authority.ok_or_else(|| invalid("no host"))?;
        if authority.as_str().contains('@') {
            return Err(invalid("a user or password, which a JWT stands in for"));
        }
        if authority.host().is_empty() || authority.as_str().ends_with(':') {
            return Err(invalid("no host or no port"));
        }
        // A variable that was not expanded, for one, which DNS would be asked for at each poll.
        if authority.host().contains(|c: char| !c.is_ascii_alphanumeric() && !"-._[]:%".contains(c)) {
            return Err(invalid("a host with characters that no host has"));
        }
        let digits = |port: http::uri::Port<&str>| port.as_str().bytes().all(|b| b.is_ascii_digit());
        if authority.as_str() != authority.host() && !authority.port().is_some_and(digits) {
            return Err(invalid("a port that is not between 0 and 65535"));
        }
        let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path).trim_end_matches('/');
        let dots = |segment: &str| matches!(&*percent_decode_str(segment).decode_utf8_lossy(), "." | "..");
        if path.split('/').any(dots) {
            return Err(invalid("a path with . or .. in it"));
        }
        Ok(Self { scheme, authority, path: path.into() })
    }

    /// The URL of a path that begins with `/`.
    pub(crate) fn join(&self, path: String) -> Uri {
        let path = if self.path.is_empty() { path } else { format!("{}{path}", self.path) };
        let mut parts = uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path.try_into().expect("it is percent-encoded"));
        Uri::from_parts(parts).expect("all three are there")
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether requests are sent unencrypted.
    pub fn is_plain_http(&self) -> bool {
        self.scheme == Scheme::HTTP
    }

    /// Whether the host is this machine by its name or address: `localhost`, `127.0.0.0/8`, `::1`.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.authority.host())
    }
}

/// Whether a host, an IPv6 address with its brackets or without, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// The text for an error message: printable, without a password and without a query.
fn shown(text: &str) -> Box<str> {
    let text = text.find(['?', '#']).map_or(text, |at| &text[..=at]);
    let text = match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => format!("{}…{}", &text[..scheme + 3], &text[at..]),
        (None, Some(at)) => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    };
    Printable::new(text.as_bytes(), 128).to_string().into()
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_ipv6_and_paths_are_kept() {
        for (text, joined) in [
            ("bots.kore.ai", "https://bots.kore.ai/x"),
            ("  https://eu-bots.kore.ai/  ", "https://eu-bots.kore.ai/x"),
            ("localhost:8080", "https://localhost:8080/x"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/x"),
            ("https://[::1]:8443", "https://[::1]:8443/x"),
            ("https://gate.example/kore/v1/", "https://gate.example/kore/v1/x"),
            ("HTTPS://EXAMPLE.com", "https://EXAMPLE.com/x"),
        ] {
            assert_eq!(BaseUrl::parse(text).expect(text).join("/x".to_owned()).to_string(), joined);
        }
    }

    #[test]
    fn the_error_says_what_was_found_without_its_password() {
        for (text, says) in [
            ("", "nothing"),
            ("ftp://x", "another scheme"),
            ("https://", "something else"),
            ("https://u:hunter2@x", "\"https://…@x\""),
            ("u:hunter2@x", "\"…@x\""),
            ("https://x/?a=1", "a query"),
            ("https://x/#a", "a fragment"),
            ("https://x:99999", "a port"),
            ("https://x/../y", ".."),
            ("https://x/%2e%2e/y", ".."),
            ("https://x:+80", "a port"),
            ("https://x/?token=hunter2", "a query"),
            ("a b", "something else"),
            ("https://$REGION.example", "characters that no host has"),
            ("https://${HOST}/x", "something else"),
            ("https://bücher.example", "something else"),
        ] {
            let error = BaseUrl::parse(text).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("hunter2"), "{text}: {error}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (text, expected) in [
            ("http://localhost:1", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:1", true),
            ("http://localhost.example", false),
            ("http://127.0.0.1.example", false),
            ("http://192.168.0.1", false),
        ] {
            assert_eq!(BaseUrl::parse(text).expect(text).is_loopback(), expected, "{text}");
        }
    }
}
