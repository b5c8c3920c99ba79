//! The proxies that the environment names, for `kore config` and for hints. The SDK reads the same
//! variables, and decides which requests go through which.

const NAMES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// A variable that is set. Its value may hold a password, hence no `Debug`.
pub(crate) struct Proxy {
    pub(crate) variable: &'static str,
    pub(crate) value: String,
}

/// Those that are set and not empty.
pub(crate) fn proxies() -> Vec<Proxy> {
    let value = |name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let set = |variable| Some(Proxy { variable, value: value(variable)? });
    NAMES.into_iter().filter_map(set).filter(|proxy| !proxy.value.is_empty()).collect()
}

impl Proxy {
    /// Without user and password.
    pub(crate) fn shown(&self) -> String {
        let Some((before, host)) = self.value.rsplit_once('@') else { return self.value.clone() };
        let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
        format!("{scheme}{host}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_and_no_password_is_shown() {
        for (value, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://user:hunter2@proxy:3128/", "http://proxy:3128/"),
            ("user:hunter2@proxy", "proxy"),
            ("https://user:hun@ter/2@proxy", "https://proxy"),
            ("localhost,.example.com", "localhost,.example.com"),
        ] {
            let proxy = Proxy { variable: "HTTPS_PROXY", value: value.to_owned() };
            assert_eq!(proxy.shown(), shown);
        }
    }
}
