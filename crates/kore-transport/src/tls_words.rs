//! Explains what went wrong with TLS, from the text of a TLS library. All transports use it.

use crate::certificate;
use crate::variant_words::plain;

/// Reads the text of rustls, OpenSSL or another library. `host` is the host or the proxy, and may have a
/// port.
pub(crate) fn explain(text: &str, host: &str) -> String {
    let reason = |start: &str| text.split_once(start).map(|(_, reason)| reason);
    if let Some(alert) = reason("received fatal alert: ") {
        return of_alert(alert, host);
    }
    if reason("sent no certificates").is_some() {
        return format!("{host} sent no certificate: have one set up there");
    }
    if let Some(why) = reason("peer is incompatible: ") {
        return nothing_in_common(host, why);
    }
    if let Some(why) = reason("peer misbehaved: ") {
        return format!("{host} does not keep to the rules of TLS ({})", plain(why));
    }
    if ["corrupt message", "unexpected message", "excess record size", "wrong version number"]
        .iter()
        .any(|words| text.contains(words))
    {
        return format!(
            "{host} does not speak TLS at that port: check the port, or whether http:// is meant"
        );
    }
    if text.to_ascii_lowercase().contains("certificate") {
        return certificate::explain(text, host);
    }
    format!("{host}: {}", plain(text))
}

/// The alert with which the host itself ended the handshake.
fn of_alert(alert: &str, host: &str) -> String {
    match alert {
        "HandshakeFailure" | "ProtocolVersion" | "InsufficientSecurity" => nothing_in_common(host, alert),
        "CertificateRequired"
        | "NoCertificate"
        | "BadCertificate"
        | "UnsupportedCertificate"
        | "CertificateRevoked"
        | "CertificateExpired"
        | "CertificateUnknown"
        | "UnknownCA"
        | "AccessDenied" => {
            format!("{host} wants a certificate of its clients as well, and this program sends none")
        }
        "UnrecognisedName" => format!("{host} knows no host of that name: check the host's name"),
        "NoApplicationProtocol" => {
            format!("{host} speaks neither HTTP/2 nor HTTP/1.1 at that port: check the port")
        }
        other => format!("{host} ended the TLS handshake ({})", plain(other)),
    }
}

fn nothing_in_common(host: &str, why: &str) -> String {
    format!(
        "{host} and this program have no version or cipher of TLS in common ({}): expected TLS 1.2 or 1.3, as of \
         2018 or later",
        plain(why)
    )
}

#[cfg(all(test, feature = "hyper"))]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{
        AlertDescription, CertRevocationListError, CertificateError as C, Error, ExtendedKeyPurpose,
        InvalidMessage, OtherError, PeerIncompatible, PeerMisbehaved,
    };

    use super::*;

    fn words(error: &Error) -> String {
        explain(&error.to_string(), "platform.test:8443")
    }

    /// Nothing in it is the name of a variant.
    #[track_caller]
    fn assert_plain(words: &str, of: &dyn std::fmt::Debug) {
        let is_name = |word: &str| {
            let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
            inner.chars().zip(inner.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
        };
        // What openssl's options are called, and a value of X.509.
        let known = ["subjectAltName=", "basicConstraints=", "serverAuth"];
        let strange = words
            .split_whitespace()
            .find(|word| is_name(word) && !known.iter().any(|known| word.starts_with(known)));
        assert_eq!(strange, None, "{of:?}: {words}");
        assert!(!words.contains(['(', '{', '"']) || !words.contains("Other"), "{of:?}: {words}");
        assert!(words.contains("platform.test"), "{of:?}: {words}");
    }

    /// An error of webpki or the platform's verifier, which rustls passes on as another error, by
    /// the name of its variant.
    struct Bare(&'static str);

    impl std::fmt::Debug for Bare {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::fmt::Display for Bare {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Bare {}

    fn other(name: &'static str) -> C {
        C::Other(OtherError(Arc::new(Bare(name))))
    }

    #[test]
    #[allow(deprecated)]
    fn every_defect_of_a_certificate_is_explained() {
        let (time, later) = (UnixTime::since_unix_epoch(std::time::Duration::from_secs(9)), UnixTime::now());
        let name = || ServerName::try_from("platform.test").expect("a name");
        for (error, says) in [
            (C::BadEncoding, "is not made as X.509 wants it"),
            (C::Expired, "has expired"),
            (C::ExpiredContext { time: later, not_after: time }, "has expired"),
            (C::NotValidYet, "is not valid yet"),
            (C::NotValidYetContext { time, not_before: later }, "is not valid yet"),
            (C::Revoked, "has been revoked"),
            (C::UnhandledCriticalExtension, "marked as critical"),
            (C::UnknownIssuer, "is not trusted (unknown issuer)"),
            (C::UnknownRevocationStatus, "may have been revoked"),
            (C::ExpiredRevocationList, "may have been revoked"),
            (C::ExpiredRevocationListContext { time: later, next_update: time }, "may have been revoked"),
            (C::BadSignature, "is not trusted (bad signature)"),
            (C::UnsupportedSignatureAlgorithm, "SHA-1"),
            (
                C::UnsupportedSignatureAlgorithmContext {
                    signature_algorithm_id: vec![1],
                    supported_algorithms: Vec::new(),
                },
                "SHA-1",
            ),
            (
                C::UnsupportedSignatureAlgorithmForPublicKeyContext {
                    signature_algorithm_id: vec![1],
                    public_key_algorithm_id: vec![1],
                },
                "SHA-1",
            ),
            (C::NotValidForName, "is for another host than platform.test"),
            (
                C::NotValidForNameContext {
                    expected: name(),
                    presented: vec!["DnsName(\"a.test\")".into(), "DnsName(\"b.test\")".into()],
                },
                "it names a.test, b.test",
            ),
            (C::NotValidForNameContext { expected: name(), presented: Vec::new() }, "is for another host"),
            (C::InvalidPurpose, "serverAuth"),
            (
                C::InvalidPurposeContext {
                    required: ExtendedKeyPurpose::ServerAuth,
                    presented: vec![ExtendedKeyPurpose::ClientAuth],
                },
                "serverAuth",
            ),
            (C::InvalidOcspResponse, "may have been revoked"),
            (C::ApplicationVerificationFailure, "by the rules of this machine"),
            (other("EkuError"), "serverAuth"),
            (other("CaUsedAsEndEntity"), "is itself that of a CA (CA:TRUE)"),
            (other("CertDistrusted"), "must not be trusted"),
            (other("EmptyEkuExtension"), "is not made as X.509 wants it"),
            (other("EndEntityUsedAsCa"), "not a CA's (CA:FALSE)"),
            (other("ExtensionValueInvalid"), "is not made as X.509 wants it"),
            (other("InvalidCrlNumber"), "is not accepted (invalid crl number)"),
            (other("InvalidNetworkMaskConstraint"), "is not made as X.509 wants it"),
            (other("InvalidSerialNumber"), "is not made as X.509 wants it"),
            (other("MalformedDnsIdentifier"), "is not made as X.509 wants it"),
            (other("MalformedExtensions"), "is not made as X.509 wants it"),
            (other("MalformedNameConstraint"), "is not made as X.509 wants it"),
            (other("MaximumNameConstraintComparisonsExceeded"), "a chain of CAs"),
            (other("MaximumPathBuildCallsExceeded"), "a chain of CAs"),
            (other("MaximumPathDepthExceeded"), "a chain of CAs"),
            (other("MaximumSignatureChecksExceeded"), "a chain of CAs"),
            (other("NameConstraintViolation"), "more than its CA may issue"),
            (other("PathLenConstraintViolated"), "more than its CA may issue"),
            (other("SignatureAlgorithmMismatch"), "is not made as X.509 wants it"),
            (other("UnsupportedCertVersion"), "expected version 3"),
            (other("UnsupportedCriticalExtension"), "marked as critical"),
            (other("SomethingNew"), "is not accepted (something new)"),
        ] {
            let shown = words(&Error::InvalidCertificate(error.clone()));
            assert!(shown.contains(says), "{error:?}: {shown}");
            assert_plain(&shown, &error);
        }
    }

    #[test]
    fn the_command_for_a_new_certificate_names_the_host_without_its_port() {
        for (host, option) in [
            ("platform.test", "subjectAltName=DNS:platform.test "),
            ("platform.test:8443", "subjectAltName=DNS:platform.test "),
            ("127.0.0.1:1", "subjectAltName=IP:127.0.0.1 "),
            ("[::1]:1", "subjectAltName=IP:::1 "),
            ("[::1]", "subjectAltName=IP:::1 "),
        ] {
            let shown = explain("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", host);
            assert!(shown.contains(option), "{shown}");
        }
    }

    #[test]
    fn every_other_error_of_tls_is_explained() {
        let alerts = [
            AlertDescription::HandshakeFailure,
            AlertDescription::ProtocolVersion,
            AlertDescription::CertificateRequired,
            AlertDescription::BadCertificate,
            AlertDescription::UnknownCA,
            AlertDescription::UnrecognisedName,
            AlertDescription::NoApplicationProtocol,
            AlertDescription::InternalError,
            AlertDescription::DecodeError,
            AlertDescription::Unknown(200),
        ];
        let others = [
            Error::InvalidMessage(InvalidMessage::InvalidContentType),
            Error::InvalidMessage(InvalidMessage::MissingData("ServerHello")),
            Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
            Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
            Error::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments),
            Error::InvalidCertRevocationList(CertRevocationListError::BadSignature),
            Error::NoCertificatesPresented,
            Error::DecryptError,
            Error::PeerSentOversizedRecord,
            Error::NoApplicationProtocol,
            Error::General("TlsBroke { why: Unknown }".into()),
            Error::Other(OtherError(Arc::new(Bare("SomethingNew")))),
        ];
        for error in alerts.map(Error::AlertReceived).into_iter().chain(others) {
            assert_plain(&words(&error), &error);
        }
    }
}
