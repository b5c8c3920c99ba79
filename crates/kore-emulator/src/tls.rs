//! HTTPS: the certificate and key of the server, given or made, and the handshake.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::time_provider::TimeProvider;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod made;

/// Who the server is. It holds a key, hence no derived `Debug`.
pub(crate) enum ServerCertificate {
    /// PEM of certificates and of the key.
    Given(Vec<u8>, Vec<u8>),
    SelfSigned,
}

/// Makes connections secure.
#[derive(Clone)]
pub(crate) struct Acceptor {
    tls: TlsAcceptor,
    host: String,
    ca_pem: Option<String>,
}

impl ServerCertificate {
    pub(crate) fn given(certificates: Vec<u8>, key: Vec<u8>) -> Self {
        Self::Given(certificates, key)
    }

    /// What accepts connections that come to that address.
    pub(crate) fn accept_on(self, bind: IpAddr) -> io::Result<Acceptor> {
        let (chain, key, ca_pem) = match self {
            Self::Given(certificates, key) => (read_chain(&certificates)?, read_key(&key)?, None),
            Self::SelfSigned => {
                let made = made(bind)?;
                (vec![made.certificate], made.key, Some(made.ca_pem))
            }
        };
        let host = host(&chain[0], bind)?;
        Ok(Acceptor { tls: TlsAcceptor::from(config(chain, key)?), host, ca_pem })
    }
}

impl Acceptor {
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        self.tls.accept(stream).await
    }

    /// The host for URLs, in brackets if need be.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }
}

fn config(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> io::Result<Arc<ServerConfig>> {
    let mut config = ServerConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                invalid("the TLS key is not that of the certificate: expected the two that belong together")
            }
            error => invalid(format!("the TLS certificate or its key cannot be used: {error}")),
        })?;
    config.time_provider = Arc::new(SystemClock);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The clock of the system, in place of that of rustls, which makes a panic before 1970.
#[derive(Debug)]
struct SystemClock;

impl TimeProvider for SystemClock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(UnixTime::since_unix_epoch(since))
    }
}

/// aws-lc-rs, or ring if only that feature is on; with neither what the process has installed.
fn provider() -> io::Result<Arc<CryptoProvider>> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    let provider = Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    let provider = CryptoProvider::get_default().cloned();
    provider.ok_or_else(|| io::Error::other(format!("cannot speak HTTPS: {NO_PROVIDER}")))
}

const NO_PROVIDER: &str = "expected the feature `aws-lc-rs` or `ring` of kore-emulator, found neither";

fn read_chain(pem: &[u8]) -> io::Result<Vec<CertificateDer<'static>>> {
    let expected = "the TLS certificate cannot be used: expected PEM with -----BEGIN CERTIFICATE-----, found";
    let chain = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid(format!("{expected} broken PEM ({error})")))?;
    match chain.first() {
        None => Err(invalid(format!("{expected} {}", found(pem)))),
        Some(_) => Ok(chain),
    }
}

fn read_key(pem: &[u8]) -> io::Result<PrivateKeyDer<'static>> {
    let expected = "the TLS key cannot be used: expected PEM with -----BEGIN PRIVATE KEY-----, found";
    if contains(pem, b"ENCRYPTED") {
        return Err(invalid(format!("{expected} an encrypted key: take its passphrase away")));
    }
    // The error may hold a part of the key.
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => invalid(format!("{expected} {}", found(pem))),
        _ => invalid(format!("{expected} broken PEM")),
    })
}

fn found(pem: &[u8]) -> &'static str {
    if pem.is_empty() {
        "an empty file"
    } else if contains(pem, b"PRIVATE KEY-----") {
        "a key"
    } else if contains(pem, b"BEGIN CERTIFICATE-----") {
        "a certificate"
    } else {
        "no PEM"
    }
}

fn contains(pem: &[u8], words: &[u8]) -> bool {
    pem.windows(words.len()).any(|window| window == words)
}

/// What clients can call the server by: its address if the certificate is good for it, else
/// `localhost`, if it is good for that.
fn host(certificate: &CertificateDer<'_>, bind: IpAddr) -> io::Result<String> {
    let parsed = ParsedCertificate::try_from(certificate)
        .map_err(|error| invalid(format!("the TLS certificate cannot be used: {error}")))?;
    let ip = crate::emulator::reached(bind);
    let is_for = |name: ServerName<'_>| verify_server_name(&parsed, &name).is_ok();
    let is_named = !is_for(ServerName::from(ip))
        && ServerName::try_from("localhost").is_ok_and(is_for)
        && ip.is_loopback();
    Ok(match ip {
        _ if is_named => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    })
}

struct Made {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    ca_pem: String,
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
fn made(bind: IpAddr) -> io::Result<Made> {
    made::made(bind).map_err(|error| io::Error::other(format!("cannot make a certificate: {error}")))
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
fn made(_: IpAddr) -> io::Result<Made> {
    Err(io::Error::other(format!("cannot make a certificate: {NO_PROVIDER}")))
}

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.into())
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given(..) => "Given",
            Self::SelfSigned => "SelfSigned",
        })
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("host", &self.host).finish_non_exhaustive()
    }
}
