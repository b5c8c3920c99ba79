//! kore-sdk without a provider of its own: the neighbour signs, and installs what TLS needs.

mod theirs;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use kore_sdk::auth::{Algorithm, BlockingSigner, Credentials, SignerError};
use kore_sdk::{ClientBuilder, Outcome};

/// The neighbour's jsonwebtoken as a signer.
struct Theirs;

impl BlockingSigner for Theirs {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Hs256
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let key = jsonwebtoken::EncodingKey::from_secret(b"a secret");
        let provider = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
        let signer = (provider.signer_factory)(&jsonwebtoken::Algorithm::HS256, &key).map_err(SignerError::new)?;
        signer.try_sign(message).map_err(SignerError::new)
    }
}

fn settings(host: &str) -> ClientBuilder {
    let credentials = Credentials::with_blocking_signer("cs-1f".parse().expect("an id"), Theirs);
    kore_sdk::Client::builder().host(host).signer(credentials).environment_proxies(false)
}

fn main() {
    theirs::tokens();
    assert_eq!(kore_sdk::auth::provider(), None);
    let with_secret = kore_sdk::Client::builder().host("bots.kore.ai").credentials("cs-1f", "a secret");
    let error = with_secret.build().expect_err("nothing can sign");
    assert!(error.is_config() && error.to_string().contains("`aws-lc-rs` or `ring`"), "{error}");
    let error = settings("bots.kore.ai").build_blocking().expect_err("there is no TLS");
    assert!(error.is_config() && error.to_string().contains("install_default()"), "{error}");
    assert!(!theirs::is_installed(), "kore-sdk installs nothing");

    rustls::crypto::ring::default_provider().install_default().expect("the first");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = format!("http://{}", listener.local_addr().expect("an address"));
    let server = std::thread::spawn(move || {
        let mut stream = listener.accept().expect("a connection").0;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            request.extend(byte);
        }
        let body = r#"{"_id":"bir-1","status":"success"}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes()).expect("sent");
        String::from_utf8(request).expect("text")
    });
    let client = settings(&host).build_blocking().expect("the installed provider is used");
    let import = client.bot_import_status(&"bir-1".parse().expect("an id")).expect("answered");
    assert_eq!(import.outcome(), Outcome::Succeeded);

    // jsonwebtoken itself accepts the token.
    let request = server.join().expect("no panic");
    let token = request.lines().find_map(|line| line.strip_prefix("auth: ")).expect("a token");
    let key = jsonwebtoken::DecodingKey::from_secret(b"a secret");
    let claims = jsonwebtoken::decode::<serde_json::Value>(token, &key, &jsonwebtoken::Validation::default());
    assert_eq!(claims.expect("good").claims["appId"], "cs-1f");
    theirs::tls();
}
