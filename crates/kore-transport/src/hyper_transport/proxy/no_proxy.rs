//! The hosts that are called without a proxy: `NO_PROXY`.
//!
//! hyper-util's matcher knows names with their subdomains, addresses, networks and `*`. This module
//! brings the other forms that programs accept into its form: `*.domain`, `*` for addresses, a port,
//! brackets around an IPv6 address, a dot at the end, blanks between entries.

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::proxy::matcher::Matcher;

/// The parsed text of `NO_PROXY`.
pub(super) struct NoProxy {
    /// For the ports that no entry names.
    any_port: Matcher,
    /// For each port that an entry names: the entries with this port, and those without a port.
    ports: Vec<(u16, Matcher)>,
}

impl NoProxy {
    pub(super) fn new(text: &str) -> Self {
        let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        let entries: Vec<_> = entries.map(host_and_port).collect();
        let matcher = |port: Option<u16>| {
            let hosts = entries.iter().filter(|(_, of)| of.is_none() || *of == port).map(|(host, _)| &**host);
            // Any proxy will do, since only the exceptions from it matter.
            Matcher::builder().all("http://proxy").no(hosts.collect::<Vec<_>>().join(",")).build()
        };
        let mut ports: Vec<_> = entries.iter().filter_map(|(_, port)| *port).collect();
        ports.sort_unstable();
        ports.dedup();
        Self {
            any_port: matcher(None),
            ports: ports.into_iter().map(|port| (port, matcher(Some(port)))).collect(),
        }
    }

    /// Whether the host of a URL is called directly.
    pub(super) fn names(&self, uri: &Uri) -> bool {
        let default = if uri.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
        let port = uri.port_u16().unwrap_or(default);
        let matcher =
            self.ports.iter().find(|(of, _)| *of == port).map_or(&self.any_port, |(_, matcher)| matcher);
        matcher.intercept(uri).is_none()
    }
}

/// An entry in the form of the matcher, and its port, if it names one.
fn host_and_port(entry: &str) -> (String, Option<u16>) {
    let split = match entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        // Several colons are an IPv6 address without brackets.
        None if entry.matches(':').count() == 1 => {
            entry.split_once(':').map_or((entry, None), |(host, port)| (host, Some(port)))
        }
        None => (entry, None),
    };
    let (host, port) = match split {
        (host, None) => (host, None),
        (host, Some(port)) => match port.parse() {
            Ok(port) => (host, Some(port)),
            // The port is invalid, so the entry is for no request.
            Err(_) => (entry, None),
        },
    };
    let host = match host {
        // For the matcher `*` means every name, but no address.
        "*" => "*,0.0.0.0/0,::/0",
        _ if host.starts_with("*.") => &host[1..],
        _ => host,
    };
    (host.strip_suffix('.').unwrap_or(host).to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_matches_what_it_means_and_nothing_else() {
        for (text, named, others) in [
            (
                "platform.test",
                "https://platform.test https://a.platform.test:8443 https://PLATFORM.test",
                "https://xplatform.test https://platform.test.x",
            ),
            (".platform.test", "https://platform.test https://a.b.platform.test", "https://xplatform.test"),
            (
                "*.platform.test",
                "https://a.platform.test http://a.b.platform.test:81",
                "https://xplatform.test https://test",
            ),
            ("platform.test.", "https://platform.test", "https://test"),
            (
                "platform.test:8443",
                "https://platform.test:8443 https://a.platform.test:8443",
                "https://platform.test https://platform.test:443 https://x.test:8443",
            ),
            (
                "*.platform.test:443",
                "https://a.platform.test https://a.platform.test:443",
                "http://a.platform.test https://a.platform.test:8443",
            ),
            ("platform.test:80", "http://platform.test", "https://platform.test"),
            ("*:8443", "https://any.test:8443", "https://any.test"),
            ("*", "https://any.test http://10.0.0.1:1 https://[fd00::1]", ""),
            ("10.0.0.0/8", "https://10.1.2.3:1", "https://11.1.2.3"),
            ("10.1.2.3:8443", "https://10.1.2.3:8443", "https://10.1.2.3"),
            ("fd00::1", "https://[fd00::1]:1", "https://[fd00::2]"),
            ("[fd00::1]", "https://[fd00::1]:1", "https://[fd00::2]"),
            ("[fd00::1]:8443", "https://[fd00::1]:8443", "https://[fd00::1]"),
            ("fd00::/8", "https://[fd00::1]", "https://[fe00::1]"),
            (
                "a.test, b.test:1 c.test",
                "https://a.test https://a.test:1 https://b.test:1 https://c.test:1",
                "https://b.test",
            ),
            ("platform.test:port", "", "https://platform.test"),
            (" , ,", "", "https://platform.test"),
        ] {
            let no_proxy = NoProxy::new(text);
            for (uris, expected) in [(named, true), (others, false)] {
                for uri in uris.split_whitespace() {
                    let parsed = uri.parse().expect("a URL");
                    assert_eq!(no_proxy.names(&parsed), expected, "{text}: {uri}");
                }
            }
        }
    }
}
