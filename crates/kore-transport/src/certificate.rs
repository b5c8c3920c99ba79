//! What is wrong with a server's certificate, in words that say what to do.

/// The faults that a user can do something about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    UnknownIssuer,
    /// A trusted CA has the issuer's name and another key.
    BadSignature,
    /// The names that it is for, if they are known.
    OtherHost(Vec<String>),
    Expired,
    NotYetValid,
}

impl Fault {
    /// Reads the words of a TLS library that only a text is known of.
    #[cfg(any(feature = "reqwest", feature = "ureq"))]
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&[
            "unknownissuer",
            "unknown issuer",
            "unable to get local issuer",
            "self-signed",
            "self signed",
        ]) {
            Some(Self::UnknownIssuer)
        } else if has(&["badsignature", "bad signature"]) {
            Some(Self::BadSignature)
        } else if has(&["not valid for", "notvalidforname", "hostname mismatch"]) {
            Some(Self::OtherHost(Vec::new()))
        } else if has(&["notvalidyet", "not valid yet", "not yet valid"]) {
            Some(Self::NotYetValid)
        } else if has(&["expired"]) {
            Some(Self::Expired)
        } else {
            None
        }
    }

    /// `host` is the one that was called, or the proxy.
    pub(crate) fn explain(&self, host: &str) -> String {
        match self {
            Self::UnknownIssuer => format!(
                "the certificate of {host} is not trusted (unknown issuer): if the host or a proxy on the way \
                 has a CA of its own, add that CA's certificate as a PEM file"
            ),
            Self::BadSignature => format!(
                "the certificate of {host} is not trusted (bad signature): it names a CA that is trusted, with \
                 another key; perhaps that CA was made anew, then add its new certificate as a PEM file"
            ),
            Self::OtherHost(names) if names.is_empty() => {
                format!("the certificate is for another host than {host}: check the host's name")
            }
            Self::OtherHost(names) => {
                // rustls shows them as `DnsName("a.example")`.
                let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
                let names = names.iter().take(3).map(bare).collect::<Vec<_>>().join(", ");
                let names = kore_protocol::Excerpt::new(names.as_bytes());
                format!(
                    "the certificate is for another host than {host}, it names {names}: check the host's name"
                )
            }
            Self::Expired => format!(
                "the certificate of {host} has expired: have it renewed, or check the clock of this machine"
            ),
            Self::NotYetValid => {
                format!("the certificate of {host} is not valid yet: check the clock of this machine")
            }
        }
    }
}
