//! TLS is verified, and what is logged about it shows no token.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::pki_types::PrivateKeyDer;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::run::Kore;

/// What it answers under `/f`: the smallest archive, which has no entries.
pub(crate) const ZIP: &[u8; 22] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What it answers elsewhere.
pub(crate) const BODY: &[u8] = br#"{"_id":"bir-1","status":"success"}"#;

/// A server for `localhost` with a certificate that its own authority signed.
pub(crate) struct TlsServer {
    pub(crate) url: String,
    pub(crate) ca_pem: String,
    _runtime: Runtime,
}

impl TlsServer {
    pub(crate) fn start(name: &str) -> Self {
        let (ca, ca_pem) = authority("the server's");
        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &ca).expect("signed");
        Self::with(&certificate, &key, ca_pem)
    }

    /// One whose certificate signed itself, and is a CA's, as `openssl req -x509` makes it.
    fn self_signed_ca() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("a name");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("signed");
        Self::with(&certificate, &key, certificate.pem())
    }

    fn with(certificate: &rcgen::Certificate, key: &rcgen::KeyPair, ca_pem: String) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
            )
            .expect("the key of the certificate");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));

        let runtime = Runtime::new().expect("a runtime");
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust us ends the handshake.
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(|request: http::Request<hyper::body::Incoming>| async move {
                        let is_file = request.uri().path() == "/f";
                        let body = Bytes::from_static(if is_file { ZIP } else { BODY });
                        Ok::<_, Infallible>(http::Response::new(Full::new(body)))
                    });
                    let http = auto::Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url: format!("https://localhost:{port}"), ca_pem, _runtime: runtime }
    }

    fn asked_with_ca(&self, pem: &str) -> Kore {
        let kore = Kore::status(&self.url, "bir-1").file("ca.pem", pem);
        let path = kore.home().join("ca.pem");
        kore.arg("--ca-file").arg(path)
    }
}

pub(crate) fn authority(name: &str) -> (rcgen::Issuer<'static, rcgen::KeyPair>, String) {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("signed").pem();
    (rcgen::Issuer::new(params, key), pem)
}

#[test]
fn an_authority_that_is_named_is_trusted_and_no_log_shows_the_token() {
    let server = TlsServer::start("localhost");
    let run = server.asked_with_ca(&server.ca_pem).env("RUST_LOG", "trace").succeeds();
    assert!(run.stdout.contains("Status   success"), "{}", run.stdout);
    // HTTP/2 was spoken, and its library logged.
    run.says(&["h2::", "kore.request"]);
}

#[test]
fn a_ca_file_is_read_as_tools_on_windows_write_it() {
    let server = TlsServer::start("localhost");
    for bytes in crate::settings::written(&server.ca_pem.replace('\n', "\r\n")) {
        let kore = server.asked_with_ca("");
        std::fs::write(kore.home().join("ca.pem"), bytes).expect("written");
        { kore }.succeeds();
    }
}

#[test]
fn an_authority_that_is_not_known_is_refused() {
    let server = TlsServer::start("localhost");
    let (_, another) = authority("another");
    server.asked_with_ca(&another).fails(6).says(&["unknown issuer", "hint: --ca-file"]);
}

#[test]
fn a_certificate_that_is_a_ca_itself_is_told_with_how_to_make_it_right() {
    let server = TlsServer::self_signed_ca();
    let run = server.asked_with_ca(&server.ca_pem).fails(6);
    run.says(&[
        "of localhost is itself that of a CA (CA:TRUE)",
        "openssl req -x509",
        "hint: name the new certificate",
    ]);
    assert!(!run.stderr.contains("OtherError") && !run.stderr.contains("Entity"), "{}", run.stderr);
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let server = TlsServer::start("other.example");
    server.asked_with_ca(&server.ca_pem).fails(6).says(&["another host than localhost", "hint: "]);
}

#[test]
fn a_ca_file_that_is_none_is_told_with_its_name() {
    let server = TlsServer::start("localhost");
    let run = server.asked_with_ca("no certificate").fails(2);
    run.says(&["BEGIN CERTIFICATE", "error: --ca-file (", "ca.pem)", "hint: set --ca-file to a PEM file"]);
    assert!(!run.stderr.contains("PROXY"), "{}", run.stderr);
    let mut missing = Kore::status(&server.url, "bir-1").args(["--ca-file", "/no/such"]);
    missing.fails(2).says(&["cannot read --ca-file (/no/such)"]);
    let mut unexpanded = Kore::status(&server.url, "bir-1").arg("--ca-file=~/ca.pem");
    unexpanded.fails(2).says(&["cannot read --ca-file (~/ca.pem)", "hint: the shell did not expand ~"]);
}

/// Nobody writes to the pipe, and no timeout would end the reading of it.
#[cfg(unix)]
#[test]
fn a_bundle_of_the_environment_that_is_no_file_is_named() {
    let server = TlsServer::start("localhost");
    let kore = Kore::status(&server.url, "bir-1");
    let pipe = kore.home().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).expect("a pipe");
    kore.env("SSL_CERT_FILE", &pipe).fails(6).says(&["SSL_CERT_FILE", "pipe", "hint: name a file"]);
    let device = Kore::status(&server.url, "bir-1").env("SSL_CERT_FILE", "/dev/zero");
    { device }.fails(6).says(&["SSL_CERT_FILE", "/dev/zero"]);
    let none = server.asked_with_ca(&server.ca_pem).env("SSL_CERT_FILE", "/no/such").succeeds();
    assert!(none.stdout.contains("Status   success"), "{}", none.stdout);
}
