//! Decides which requests go through which proxy, by the settings that curl and others share.

use std::fmt;

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use self::no_proxy::NoProxy;
use crate::failure::peer;
use crate::plain_http::is_loopback;
use crate::{BuildError, Phase, TransportError};

mod no_proxy;

/// The proxies to use. Each text has the form of the environment variable of the same name; an empty text
/// is no proxy. The environment itself is not read here.
///
/// A proxy is `http://[user:password@]host[:port]`, or `https://` if the connection to the proxy is
/// encrypted. Special characters in the user or the password are percent-encoded. Requests to this
/// machine never go through a proxy.
#[derive(Clone, Default)]
pub struct ProxySettings {
    https: String,
    http: String,
    all: String,
    no: String,
}

impl ProxySettings {
    /// No proxy.
    pub fn new() -> Self {
        Self::default()
    }

    /// The proxy for `https://`: the text of `HTTPS_PROXY`.
    pub fn https(mut self, proxy: impl Into<String>) -> Self {
        self.https = proxy.into();
        self
    }

    /// The proxy for `http://`: the text of `HTTP_PROXY`.
    pub fn http(mut self, proxy: impl Into<String>) -> Self {
        self.http = proxy.into();
        self
    }

    /// The proxy for a scheme without its own: the text of `ALL_PROXY`.
    pub fn all(mut self, proxy: impl Into<String>) -> Self {
        self.all = proxy.into();
        self
    }

    /// The hosts that are called directly: the text of `NO_PROXY`, separated by commas or blanks. An entry
    /// is a name with its subdomains (`example.com`, `.example.com` and `*.example.com` are the same), an
    /// IP address, a network such as `10.0.0.0/8`, or `*` for every host. With a port
    /// (`example.com:8443`) it is for that port only.
    pub fn no(mut self, hosts: impl Into<String>) -> Self {
        self.no = hosts.into();
        self
    }

    /// Checks the proxy for a URL. Proxies that are not used for this URL may be invalid.
    ///
    /// # Errors
    /// If the proxy for the URL is invalid, such as a SOCKS proxy. The transport refuses such a request
    /// with the same message.
    pub fn check(&self, uri: &Uri) -> Result<(), BuildError> {
        match Proxies::new(self).for_uri(uri) {
            Ok(_) => Ok(()),
            Err(error) => Err(BuildError::new(error.message())),
        }
    }
}

/// Shows only which proxies are set, since each may have a password.
impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| if text.is_empty() { "none" } else { "[set]" };
        f.debug_struct("ProxySettings")
            .field("https", &shown(&self.https))
            .field("http", &shown(&self.http))
            .field("all", &shown(&self.all))
            .field("no", &self.no)
            .finish()
    }
}

/// The parsed settings.
pub(super) struct Proxies {
    https: Way,
    http: Way,
    no: NoProxy,
}

/// How requests of a scheme are sent, unless their host is called directly.
enum Way {
    Direct,
    Through(Intercept),
    /// The text of the proxy is invalid. Only requests that would use it fail.
    Unusable(String),
}

impl Proxies {
    pub(super) fn new(settings: &ProxySettings) -> Self {
        let ProxySettings { https, http, all, no } = settings;
        let way = |which: &str, text: &str| match text.trim() {
            "" => Way::new("all", all.trim()),
            text => Way::new(which, text),
        };
        Self { https: way("https", https), http: way("http", http), no: NoProxy::new(no) }
    }

    /// The proxy for a URL, if it goes through one.
    pub(super) fn for_uri(&self, uri: &Uri) -> Result<Option<Proxy>, TransportError> {
        let way = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => &self.http,
            _ => &self.https,
        };
        match way {
            Way::Direct => Ok(None),
            _ if is_loopback(uri) || self.no.names(uri) => Ok(None),
            Way::Through(proxy) => Ok(Some(Proxy(proxy.clone()))),
            Way::Unusable(why) => Err(TransportError::new(Phase::Proxy, why)),
        }
    }

    /// The proxy that can read the requests to a URL, since they are not encrypted.
    pub(super) fn reader_of(&self, uri: &Uri) -> Result<Option<Proxy>, TransportError> {
        if uri.scheme() == Some(&Scheme::HTTP) { self.for_uri(uri) } else { Ok(None) }
    }
}

impl Way {
    fn new(which: &str, text: &str) -> Self {
        if text.is_empty() {
            return Self::Direct;
        }
        // The matcher silently ignores a proxy that it cannot read.
        let found = match check(text) {
            Ok(()) => {
                match Matcher::builder().all(text).build().intercept(&Uri::from_static("http://host")) {
                    Some(proxy) => return Self::Through(proxy),
                    None => "something else".to_owned(),
                }
            }
            Err(found) => found,
        };
        Self::Unusable(format!(
            "the proxy for {which} is not usable: expected http://[user:password@]host:port, found {found}"
        ))
    }
}

/// Says what is wrong with the text of a proxy without repeating it, since any part may be a password.
fn check(text: &str) -> Result<(), String> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    if scheme.to_ascii_lowercase().starts_with("socks") {
        return Err("a SOCKS proxy, which is not supported".into());
    }
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err("another scheme".into());
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains(['/', '?', '#']) || rest.matches('@').count() > 1 {
        return Err("a path, or one of / ? # @ in the user or password, \
                    where they are written %2F %3F %23 %40"
            .into());
    }
    let authority = rest.rsplit('@').next().unwrap_or_default();
    let authority: http::uri::Authority = authority.parse().map_err(|_| "no host")?;
    if authority.host().is_empty() {
        return Err("no host".into());
    }
    // A variable that was not expanded, for one, which DNS would be asked for at each request.
    if authority.host().contains(|c: char| !c.is_ascii_alphanumeric() && !"-._[]:%".contains(c)) {
        return Err("a host with characters that no host has".into());
    }
    if authority.as_str() != authority.host() && authority.port_u16().is_none() {
        return Err("a port that is not between 0 and 65535".into());
    }
    // The matcher parses a URI too, so this finds the remaining invalid characters.
    text.parse::<Uri>().map(drop).map_err(|_| "characters that a URL cannot have".into())
}

/// A proxy, with its credentials.
pub(super) struct Proxy(Intercept);

impl Proxy {
    /// The URL without user and password.
    pub(super) fn uri(&self) -> &Uri {
        self.0.uri()
    }

    /// The value of `Proxy-Authorization`.
    pub(super) fn auth(&self) -> Option<&HeaderValue> {
        self.0.basic_auth()
    }

    /// Host and port.
    pub(super) fn name(&self) -> String {
        peer(self.uri())
    }

    /// The proxy answered 407.
    pub(super) fn wants_password(&self) -> TransportError {
        let name = self.name();
        let message = match self.auth() {
            None => {
                let scheme = self.uri().scheme_str().unwrap_or("http");
                format!(
                    "{name} wants a user and a password: give them in its URL, {scheme}://user:password@{name}"
                )
            }
            Some(_) => format!("{name} does not accept the user and password of its URL"),
        };
        TransportError::new(Phase::Proxy, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_proxy_is_reported_without_its_password() {
        for (text, says) in [
            ("socks5://u:hunter2@p:1", "SOCKS"),
            ("ftp://u:hunter2@p:1", "another scheme"),
            ("http://u:hunter2@", "no host"),
            ("http://u:hunter2@:80", "no host"),
            ("http://u:hunter2@p:http", "a port"),
            ("http://u:hunter2@p:99999", "a port"),
            ("http://u:#hunter2@p:1", "%23"),
            ("http://u:hunter2@x@p:1", "%40"),
            ("http://p:1/hunter2", "a path"),
            ("http://u:hunter2 @p:1", "characters"),
            ("u:hunter2@p p", "no host"),
            ("http://u:hunter2@$(PROXY):1", "characters that no host has"),
        ] {
            for settings in [
                ProxySettings::new().https(text),
                ProxySettings::new().http(text),
                ProxySettings::new().all(text),
            ] {
                let shown = format!("{settings:?}");
                let uris = ["https://platform.test", "http://platform.test"].map(Uri::from_static);
                let error = uris.iter().find_map(|uri| settings.check(uri).err()).expect(text);
                assert!(error.to_string().contains(says), "{text}: {error}");
                assert!(!format!("{error} {error:?} {shown}").contains("hunter2"), "{text}: {error}");
            }
        }
    }

    #[test]
    fn each_valid_form_is_used() {
        let target = Uri::from_static("https://platform.test/x");
        for text in ["http://p:3128", "p:3128", " http://u:p%40w@p:3128/ ", "https://p:3128", "HTTP://p:3128"]
        {
            let settings = ProxySettings::new().https(text);
            let proxy = Proxies::new(&settings).for_uri(&target).expect("usable").expect(text);
            assert_eq!(proxy.name(), "p:3128", "{text}");
            assert_eq!(proxy.auth().is_some(), text.contains('@'), "{text}");
        }
    }

    #[test]
    fn the_proxy_of_a_scheme_comes_before_all_proxy_and_no_proxy_before_both() {
        let settings = ProxySettings::new().https("s:1").all("a:1").no("direct.test, 10.0.0.0/8");
        let proxies = Proxies::new(&settings);
        let through = |uri: &'static str| {
            proxies.for_uri(&Uri::from_static(uri)).expect("usable").map(|proxy| proxy.name())
        };
        assert_eq!(through("https://x.test").as_deref(), Some("s:1"));
        assert_eq!(through("http://x.test").as_deref(), Some("a:1"));
        for direct in
            ["https://direct.test", "https://a.direct.test", "https://10.1.2.3", "https://localhost:1"]
        {
            assert_eq!(through(direct), None, "{direct}");
        }
        for loopback in ["https://127.0.0.1:1", "https://[::1]:1", "http://localhost"] {
            assert_eq!(through(loopback), None, "{loopback}");
        }
    }

    #[test]
    fn an_invalid_proxy_stops_only_requests_that_would_use_it() {
        let socks = "socks5://proxy.test:1080";
        let https = "https://platform.test";
        for (settings, uri, is_stopped) in [
            (ProxySettings::new().all(socks), https, true),
            (ProxySettings::new().all(socks), "http://platform.test", true),
            (ProxySettings::new().all(socks).https("p:1"), https, false),
            (ProxySettings::new().all(socks).https("p:1"), "http://platform.test", true),
            (ProxySettings::new().http(socks), https, false),
            (ProxySettings::new().https(socks).all("p:1"), https, true),
            (ProxySettings::new().all(socks).no("platform.test"), https, false),
            (ProxySettings::new().all(socks).no("*.platform.test"), "https://a.platform.test", false),
            (ProxySettings::new().all(socks).no("platform.test:443"), https, false),
            (ProxySettings::new().all(socks).no("platform.test:8443"), https, true),
            (ProxySettings::new().all(socks).no("*"), https, false),
            (ProxySettings::new().all(socks), "http://localhost:1", false),
            (ProxySettings::new().all(socks), "https://127.0.0.1", false),
            (ProxySettings::new().all(socks), "https://[::1]:1", false),
        ] {
            let checked = settings.check(&Uri::from_static(uri));
            assert_eq!(checked.is_err(), is_stopped, "{settings:?} {uri} {checked:?}");
        }
    }
}
