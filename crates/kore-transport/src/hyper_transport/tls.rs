//! TLS of the built-in transport: which certificates are trusted, and the handshake.

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::failure::find;
use crate::{BuildError, Phase, TransportError, tls_words, variant_words};

pub(super) struct Tls {
    /// Trusted beside the roots of the operating system.
    extra: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    /// Made at the first connection that needs it: reading the roots takes some milliseconds, and plain
    /// HTTP works without them.
    configs: OnceLock<Result<Configs, NoRoots>>,
}

/// Why the roots of the operating system cannot be used.
struct NoRoots {
    message: String,
    source: Option<rustls::Error>,
}

impl From<rustls::Error> for NoRoots {
    fn from(error: rustls::Error) -> Self {
        let package = if cfg!(windows) { "" } else { "install its package ca-certificates, or " };
        let message = format!(
            "this machine has no usable root certificates ({}): {package}add a CA's certificate as a PEM file",
            variant_words::plain(&error.to_string())
        );
        Self { message, source: Some(error) }
    }
}

struct Configs {
    /// HTTP/2 if the host has it, or HTTP/1.1.
    host: Arc<ClientConfig>,
    /// HTTP/1.1, for CONNECT to a proxy.
    proxy: Arc<ClientConfig>,
}

/// The certificates of PEM bundles.
pub(super) fn read_pem(bundles: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let mut found = Vec::new();
    for pem in bundles {
        let expected = "the CA bundle is not usable: expected PEM with -----BEGIN CERTIFICATE-----, found";
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| BuildError::new(format!("{expected} broken PEM")).with_source(error))?;
        if certificates.is_empty() {
            let what = if pem.is_empty() { "an empty file" } else { "no certificate" };
            return Err(BuildError::new(format!("{expected} {what}")));
        }
        for certificate in &certificates {
            RootCertStore::empty().add(certificate.clone()).map_err(|error| {
                BuildError::new(format!("{expected} what is no X.509 certificate")).with_source(error)
            })?;
        }
        found.extend(certificates);
    }
    Ok(found)
}

impl Tls {
    /// Trusts the roots of the operating system and `extra`.
    pub(super) fn new(extra: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Self {
        Self { extra, provider, configs: OnceLock::new() }
    }

    /// For tests: a machine without roots.
    #[cfg(test)]
    pub(super) fn without_roots() -> Self {
        let provider = super::provider::provider().expect("a provider");
        let configs = OnceLock::from(Err(rustls::Error::General("no roots".into()).into()));
        Self { configs, ..Self::new(Vec::new(), provider) }
    }

    /// The configuration for the host itself.
    pub(super) fn for_host(&self) -> Result<&Arc<ClientConfig>, TransportError> {
        self.configs().map(|configs| &configs.host)
    }

    /// The configuration for an encrypted connection to a proxy.
    pub(super) fn for_proxy(&self) -> Result<&Arc<ClientConfig>, TransportError> {
        self.configs().map(|configs| &configs.proxy)
    }

    fn configs(&self) -> Result<&Configs, TransportError> {
        let configs = self.configs.get_or_init(|| Configs::new(self.extra.clone(), self.provider.clone()));
        configs.as_ref().map_err(|NoRoots { message, source }| {
            let error = TransportError::new(Phase::Tls, message.clone());
            match source {
                Some(source) => error.with_source(source.clone()),
                None => error,
            }
        })
    }
}

impl Configs {
    fn new(extra: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Self, NoRoots> {
        refuse_a_pipe()?;
        let verifier = Verifier::new_with_extra_roots(extra, provider.clone())?;
        // rustls calls any verifier but its own "dangerous". This one verifies as the operating system
        // does.
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.time_provider = Arc::new(Clock);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let proxy = Arc::new(config.clone());
        config.alpn_protocols.insert(0, b"h2".to_vec());
        Ok(Self { host: Arc::new(config), proxy })
    }
}

/// The verifier reads the file of this variable to its end, on the thread of the caller. A pipe or a
/// device may have no end, and no timeout would fire.
#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
#[allow(clippy::disallowed_methods, reason = "the verifier reads this variable itself")]
fn refuse_a_pipe() -> Result<(), NoRoots> {
    const VARIABLE: &str = "SSL_CERT_FILE";
    let Some(path) = std::env::var_os(VARIABLE).map(std::path::PathBuf::from) else { return Ok(()) };
    // The verifier reports a missing file.
    if std::fs::metadata(&path).map_or(true, |is| is.is_file()) {
        return Ok(());
    }
    let message = format!(
        "{VARIABLE}: expected a file with certificates, found {} which is no regular file",
        path.display()
    );
    Err(NoRoots { message, source: None })
}

/// These systems have a certificate store and no file.
#[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
fn refuse_a_pipe() -> Result<(), NoRoots> {
    Ok(())
}

/// The system clock. That of rustls panics before 1970. With this one a certificate is not valid yet
/// then.
#[derive(Debug)]
struct Clock;

impl TimeProvider for Clock {
    #[allow(clippy::disallowed_methods, reason = "the date that certificates are judged by")]
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(SystemTime::now()))
    }
}

fn unix_time(wall: SystemTime) -> UnixTime {
    UnixTime::since_unix_epoch(wall.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Encrypts a connection to `host`, which may be an IPv6 address in brackets.
pub(super) async fn handshake<T: Read + Write + Unpin>(
    config: &Arc<ClientConfig>,
    host: &str,
    io: T,
) -> Result<TlsStream<TokioIo<T>>, TransportError> {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(name.to_owned()).map_err(|error| {
        TransportError::new(Phase::Refused, format!("{host} is no name that a certificate can have"))
            .with_source(error)
    })?;
    let connecting = TlsConnector::from(config.clone()).connect(name, TokioIo::new(io));
    connecting.await.map_err(|error| {
        let own = fault(&error, host).unwrap_or_else(|| {
            // The connection broke off; TLS did not refuse it. A retry may succeed.
            let message = format!("{host} broke the connection off within the TLS handshake ({error})");
            TransportError::new(Phase::Connect, message)
        });
        own.with_source(error)
    })
}

/// The error of a failed handshake, if it is one of TLS, with what to do.
pub(super) fn fault(error: &(dyn Error + 'static), host: &str) -> Option<TransportError> {
    find::<rustls::Error>(error)
        .map(|tls| TransportError::new(Phase::Tls, tls_words::explain(&tls.to_string(), host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_makes_no_panic() {
        let before = UNIX_EPOCH - std::time::Duration::from_secs(86_400);
        assert_eq!(unix_time(before).as_secs(), 0);
        assert_eq!(unix_time(UNIX_EPOCH + std::time::Duration::from_secs(7)).as_secs(), 7);
    }
}
