//! Keeps pages from elsewhere in someone's browser out.
//!
//! A browser on this machine reaches the port, and so does the script of any page that it shows.
//! - A page of another origin may send requests, though not read the answers, since no answer
//!   allows it to. The browser says where such a request comes from, in `Origin` and
//!   `Sec-Fetch-Site`; one from elsewhere is refused, whatever it asks for, unless someone just
//!   follows a link to the page.
//! - A name whose owner lets it lead to this machine (DNS rebinding) makes a page of the same
//!   origin. But the browser sends that name in `Host`: only addresses, which nobody can make lead
//!   elsewhere, and `localhost` are taken.
//! - The page is shown in no frame, so that nobody is led to press its buttons unknowingly.
//!
//! Programs send neither `Origin` nor `Sec-Fetch-Site`, and are not kept out.

use std::net::{IpAddr, Ipv6Addr};

use http::header::{CACHE_CONTROL, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::answer::Problem;
use super::page::PAGE;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Nothing but what the emulator itself sends.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For every answer.
pub(super) fn headers(headers: &mut HeaderMap) {
    for (name, value) in [
        (HeaderName::from_static("content-security-policy"), POLICY),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

pub(super) fn check(parts: &Parts) -> Result<(), Problem> {
    let host = host(parts)?;
    let text = |name: &HeaderName| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(origin) = text(&ORIGIN) {
        let same = origin.split_once("://").and_then(|(_, origin)| origin.parse::<Authority>().ok());
        if same.is_none_or(|origin| origin != host) {
            return Err(elsewhere(format!("the origin {origin}")));
        }
    }
    match text(&FETCH_SITE) {
        // `none`: someone typed the address or opened a bookmark.
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) if is_link_to_the_page(parts, text(&FETCH_MODE)) => Ok(()),
        Some(site) => Err(elsewhere(format!("sec-fetch-site: {site}"))),
    }
}

fn is_link_to_the_page(parts: &Parts, mode: Option<&str>) -> bool {
    parts.method == Method::GET && mode == Some("navigate") && parts.uri.path() == PAGE
}

fn elsewhere(found: String) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "a request of this emulator's own page, or of a program")
        .found(found)
        .hint("open the page at its own address, or send the request from outside a browser")
}

/// The host that was asked for, if no one else can make it lead here.
fn host(parts: &Parts) -> Result<Authority, Problem> {
    let refused = |found: String| {
        Problem::new(StatusCode::FORBIDDEN, "a Host that is an address or localhost").found(found).hint(
            "ask by address, such as http://127.0.0.1:PORT/_emulator/: a name may belong to someone else",
        )
    };
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
        _ => None,
    };
    let host = host.ok_or_else(|| refused("none, or not one".to_owned()))?;
    // A request line with an address of its own counts before the header.
    for asked in [parts.uri.authority(), Some(&host)].into_iter().flatten() {
        if !is_ours(asked.host()) {
            return Err(refused(format!("the host {:?}", asked.host())));
        }
    }
    Ok(host)
}

fn is_ours(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_v6 = bare.is_some_and(|bare| bare.parse::<Ipv6Addr>().is_ok());
    is_v6 || host.parse::<IpAddr>().is_ok() || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn is_let_in(method: &str, path: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).expect("valid").into_parts().0).is_ok()
    }

    #[test]
    fn a_host_is_an_address_or_localhost() {
        for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "10.0.0.7"] {
            assert!(is_let_in("POST", "/_emulator/reset", &[("host", host)]), "{host}");
        }
        for host in ["evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.io", "1e.test", "", "a b"]
        {
            assert!(!is_let_in("GET", "/_emulator/", &[("host", host)]), "{host}");
        }
        assert!(!is_let_in("GET", "/_emulator/", &[]), "none");
        assert!(!is_let_in("GET", "/_emulator/", &[("host", "localhost"), ("host", "evil.example")]));
        assert!(!is_let_in("GET", "http://evil.example/_emulator/", &[("host", "localhost")]));
    }

    #[test]
    fn another_origin_is_kept_out_and_so_is_none_that_is_named() {
        let with =
            |origin| is_let_in("POST", "/_emulator/imports", &[("host", "127.0.0.1:80"), ("origin", origin)]);
        assert!(with("http://127.0.0.1:80") && with("https://127.0.0.1:80"));
        for origin in ["http://127.0.0.1:81", "http://evil.example", "null", "http://localhost:80", ""] {
            assert!(!with(origin), "{origin}");
        }
    }

    #[test]
    fn a_link_from_elsewhere_leads_to_the_page_alone() {
        let with = |method, path, site, mode| {
            let headers = [("host", "localhost:80"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
            is_let_in(method, path, &headers)
        };
        assert!(with("GET", "/_emulator/", "cross-site", "navigate"));
        assert!(with("POST", "/_emulator/imports", "same-origin", "cors"));
        assert!(with("GET", "/_emulator/snapshot", "none", "navigate"));
        for (method, path, site, mode) in [
            ("POST", "/_emulator/", "cross-site", "navigate"),
            ("GET", "/_emulator/", "cross-site", "no-cors"),
            ("GET", "/_emulator/events", "same-site", "cors"),
            ("GET", "/_emulator/snapshot", "cross-site", "navigate"),
        ] {
            assert!(!with(method, path, site, mode), "{method} {path} {site} {mode}");
        }
    }
}
