//! The proxies of the environment. This is the only place of the crate that reads environment
//! variables.

use kore_transport::ProxySettings;

/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, or each in lower case. As in curl, only
/// the lower-case `http_proxy` counts in a CGI program, where a client sets the upper-case one.
pub(crate) fn proxies() -> ProxySettings {
    // A value that is not UTF-8 is not ignored, but refused as a proxy that cannot be read.
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let read = |name: &str| {
        let upper = variable(name).filter(|value| !value.is_empty());
        upper.or_else(|| variable(&name.to_lowercase())).unwrap_or_default()
    };
    let is_cgi = std::env::var_os("REQUEST_METHOD").is_some();
    let http = if is_cgi { variable("http_proxy").unwrap_or_default() } else { read("HTTP_PROXY") };
    ProxySettings::new().https(read("HTTPS_PROXY")).http(http).all(read("ALL_PROXY")).no(read("NO_PROXY"))
}
