//! Explains what is wrong with a server's certificate, and what to do about it.
//!
//! The TLS libraries of the clients have only their texts in common, and rustls shows names of enum
//! variants. This module turns those texts into messages for people. All transports use it.

use std::net::IpAddr;

use kore_protocol::Excerpt;

use crate::variant_words::{plain, squashed};

/// A defect of a certificate, and what to do about it.
struct Defect {
    /// Parts of the library's text, in lower case and without what is between letters.
    words: &'static [&'static str],
    /// The message after "the certificate of HOST".
    what: &'static str,
    remedy: Remedy,
}

enum Remedy {
    Do(&'static str),
    /// To make a new certificate that differs like this.
    MakeAnew(&'static str),
}

use Remedy::{Do, MakeAnew};

/// The first one that fits counts.
const DEFECTS: &[Defect] = &[
    Defect {
        words: &["revocationlist", "revocationstatus", "ocsp", "crlexpired"],
        what: "may have been revoked, which cannot be told, since the list or the OCSP response of its CA is \
               missing, old or broken",
        remedy: Do("whoever runs the host or its CA has to renew that"),
    },
    Defect { words: &["revoked"], what: "has been revoked by its CA", remedy: Do("have a new one issued") },
    Defect {
        words: &["causedasendentity"],
        what: "is itself that of a CA (CA:TRUE), which no server's may be",
        remedy: MakeAnew("with CA:FALSE"),
    },
    Defect {
        words: &["endentityusedasca"],
        what: "was issued by a certificate that is not a CA's (CA:FALSE)",
        remedy: Do("have it issued by a CA, whose certificate says CA:TRUE"),
    },
    Defect {
        words: &["certversion"],
        what: "is in an old version of X.509, which cannot hold the names of hosts: expected version 3",
        remedy: MakeAnew("in version 3"),
    },
    Defect {
        words: &["unknownissuer", "unabletogetlocalissuer", "selfsigned"],
        what: "is not trusted (unknown issuer)",
        remedy: Do(
            "if the host or a proxy on the way has a CA of its own, add that CA's certificate as a PEM file",
        ),
    },
    Defect {
        words: &["badsignature", "invalidsignatureforpublickey"],
        what: "is not trusted (bad signature)",
        remedy: Do(
            "it names a CA that is trusted, with another key; perhaps that CA was made anew, then add its \
                    new certificate as a PEM file",
        ),
    },
    Defect {
        words: &["notyetvalid", "notvalidyet"],
        what: "is not valid yet",
        remedy: Do("check the clock of this machine"),
    },
    Defect {
        words: &["expired", "invalidcertvalidity"],
        what: "has expired",
        remedy: Do("have it renewed, or check the clock of this machine"),
    },
    Defect {
        words: &["invalidpurpose", "extendedkeyusage", "requiredeku", "ekuerror"],
        what: "is not one for servers: its extended key usage does not say serverAuth",
        remedy: MakeAnew("with serverAuth, or without an extended key usage"),
    },
    Defect {
        words: &["unsupportedsignature"],
        what: "is signed in a way that is not accepted, such as with SHA-1 or a short key",
        remedy: MakeAnew("with SHA-256, and a key of RSA with 2048 bits or more, or of P-256"),
    },
    Defect {
        words: &["criticalextension"],
        what: "has an extension that is marked as critical and not known to this program",
        remedy: MakeAnew("without that extension, or with one that is not critical"),
    },
    Defect {
        words: &["maximum"],
        what: "comes with a chain of CAs that is too long or too tangled to follow",
        remedy: Do(
            "have the host send its certificate and those of the CAs between it and its root, once each",
        ),
    },
    Defect {
        words: &[
            "badencoding",
            "badder",
            "malformed",
            "valueinvalid",
            "serialnumber",
            "networkmask",
            "emptyeku",
            "algorithmmismatch",
            "trailingdata",
        ],
        what: "is not made as X.509 wants it",
        remedy: MakeAnew("with a tool that keeps to X.509"),
    },
    Defect {
        words: &["nameconstraint", "pathlen"],
        what: "is more than its CA may issue, by the CA's own constraints on names or on the length of the chain",
        remedy: Do("have it issued by a CA that may"),
    },
    Defect {
        words: &["distrusted"],
        what: "is known as one that must not be trusted",
        remedy: Do("have one issued by another CA"),
    },
    Defect {
        words: &["verificationfailure"],
        what: "is not accepted by the rules of this machine",
        remedy: Do("ask whoever looks after it"),
    },
];

/// Says what is wrong with the certificate of `host`, from the text of a library. `host` may have a
/// port.
pub(crate) fn explain(text: &str, host: &str) -> String {
    let squashed = squashed(text);
    if ["notvalidfor", "hostnamemismatch"].iter().any(|word| squashed.contains(word)) {
        return match names(text) {
            None => format!("the certificate is for another host than {host}: check the host's name"),
            Some(names) => format!(
                "the certificate is for another host than {host}, it names {names}: check the host's name"
            ),
        };
    }
    match DEFECTS.iter().find(|fault| fault.words.iter().any(|word| squashed.contains(word))) {
        None => {
            let reason = text.rsplit_once(": ").map_or(text, |(_, reason)| reason);
            let reason = reason.trim_start_matches("Other(").trim_start_matches("OtherError(");
            format!("the certificate of {host} is not accepted ({})", plain(reason))
        }
        Some(Defect { what, remedy: Do(remedy), .. }) => {
            format!("the certificate of {host} {what}: {remedy}")
        }
        Some(Defect { what, remedy: MakeAnew(with), .. }) => {
            let (name, kind) = subject(host);
            // No quotes, so that the command can be copied into any shell.
            format!(
                "the certificate of {host} {what}: have it made anew {with}, for a test by openssl req -x509 \
                 -newkey rsa:2048 -nodes -days 365 -subj /CN={name} -addext subjectAltName={kind}:{name} -addext \
                 basicConstraints=critical,CA:FALSE -keyout key.pem -out cert.pem, which is then its own CA"
            )
        }
    }
}

/// The names that the certificate is for. rustls says `is only valid for DnsName("a.test") or …`.
fn names(text: &str) -> Option<String> {
    let (_, names) = text.split_once("is only valid for ")?;
    let names = names.split(", ").flat_map(|names| names.split(" or ")).take(3);
    let bare = names.map(|name| name.split('"').nth(1).unwrap_or(name)).collect::<Vec<_>>().join(", ");
    Some(Excerpt::new(bare.as_bytes()).to_string())
}

/// The host without its port, and which kind of name that is.
fn subject(host: &str) -> (&str, &'static str) {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or(host),
        None => host,
    };
    (name, if name.parse::<IpAddr>().is_ok() { "IP" } else { "DNS" })
}
