//! How each client explains a defective certificate. A good one is accepted.

use std::sync::Arc;

use kore_transport::{Phase, Transport};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa};

use super::cases::{get, text};
use super::clients::{self, Options};
use super::within_patience;
use crate::servers::{Ca, Identity, https};

const CLIENTS: [fn(Options) -> Arc<dyn Transport>; 4] =
    [clients::hyper, clients::hyper_blocking, clients::reqwest, clients::ureq];

/// What a client that trusts the PEM says of the server.
async fn refused(make: fn(Options) -> Arc<dyn Transport>, identity: Identity, pem: &str) -> String {
    let server = https::serve(identity, &["http/1.1"]);
    let transport = make(Options { ca: Some(pem.to_owned()), ..Options::default() });
    let sending = transport.send(get(server.https_url("localhost", "/")));
    let error = within_patience(sending).await.unwrap_err();
    assert_eq!((error.phase(), error.is_retryable()), (Phase::Tls, false), "{error}");
    assert!(error.is_unprocessed(), "{error}");
    // The message has no name from a library's error types.
    assert!(!error.to_string().contains("Other") && !error.to_string().contains("Error("), "{error}");
    error.to_string()
}

const MADE_SO: &str = "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost -addext \
                       subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE";

#[tokio::test]
async fn a_ca_used_as_server_certificate_is_explained() {
    for make in CLIENTS {
        let ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let (identity, pem) = Identity::self_signed(&["localhost"], ca);
        let told = refused(make, identity, &pem).await;
        assert!(told.contains("is itself that of a CA (CA:TRUE)") && told.contains(MADE_SO), "{told}");
    }
}

#[tokio::test]
async fn a_certificate_made_as_explained_is_trusted() {
    for make in CLIENTS {
        let (identity, pem) = Identity::self_signed(&["localhost"], IsCa::ExplicitNoCa);
        let server = https::serve(identity, &["http/1.1"]);
        let transport = make(Options { ca: Some(pem), ..Options::default() });
        let response = within_patience(transport.send(get(server.https_url("localhost", "/x")))).await;
        assert_eq!(text(&response.unwrap()), "HTTP/1.1 /x");
    }
}

#[tokio::test]
async fn a_certificate_of_an_old_version_is_explained() {
    for make in CLIENTS {
        let ca = Ca::new();
        let told = refused(make, ca.issue_v1(), ca.pem()).await;
        assert!(told.contains("expected version 3") && told.contains(MADE_SO), "{told}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_explained() {
    for make in CLIENTS {
        let ca = Ca::new();
        let identity = ca.issue_for(&["localhost"], ExtendedKeyUsagePurpose::ClientAuth);
        let told = refused(make, identity, ca.pem()).await;
        assert!(told.contains("does not say serverAuth") && told.contains(MADE_SO), "{told}");
    }
}
