//! Tokens from an external signer, such as a KMS: the client never holds the key.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use kore_emulator::{App, Emulator, samples};
use kore_sdk::auth::{
    Algorithm, BlockingSigner, Claims, Credentials, Secret, Signer, SignerError, Verifier, unverified_claims,
};
use kore_sdk::protocol::Body;
use kore_sdk::transport::TransportError;
use kore_sdk::types::ClientId;
use kore_sdk::watch::End;
use kore_sdk::{Client, ClientBuilder};

use super::{SECRET, id};

/// A service that keeps the key. It fails a given number of times before it signs.
#[derive(Default)]
struct Kms {
    signed: AtomicUsize,
    failures: Mutex<Vec<SignerError>>,
}

impl Kms {
    /// A signature that is good: that of the same claims, signed with the key itself.
    fn mac(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.signed.fetch_add(1, Ordering::SeqCst);
        if let Some(failure) = self.failures.lock().unwrap().pop() {
            return Err(failure);
        }
        let message = std::str::from_utf8(message).unwrap();
        let claims: Claims = unverified_claims(&format!("{message}.")).unwrap();
        let token = Credentials::new(client_id(), secret()).sign(&claims).unwrap();
        let (signed, signature) = token.expose().rsplit_once('.').unwrap();
        assert_eq!(signed, message);
        use base64::Engine as _;
        Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).unwrap())
    }
}

impl Signer for Kms {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Hs256
    }

    fn sign<'a>(
        &'a self,
        message: &'a [u8],
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, SignerError>> + Send + 'a>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.mac(message)
        })
    }
}

impl BlockingSigner for Kms {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Hs256
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.mac(message)
    }
}

fn client_id() -> ClientId {
    ClientId::new("cs-1f").unwrap()
}

fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

fn builder(host: &str) -> ClientBuilder {
    Client::builder().host(host).environment_proxies(false)
}

fn with(kms: &Arc<Kms>) -> Credentials {
    Credentials::with_signer(client_id(), kms.clone())
}

/// Answers each request, and has its token verified.
fn platform(request: http::Request<Body>) -> Result<http::Response<Bytes>, TransportError> {
    let verifier = Verifier::hmac(Algorithm::Hs256, &secret()).unwrap();
    let token = request.headers()["auth"].to_str().unwrap();
    verifier.verify(token, std::time::SystemTime::now()).expect("a good token");
    Ok(http::Response::new(Bytes::from_static(br#"{"status":"success"}"#)))
}

fn async_platform()
-> impl Fn(http::Request<Body>) -> std::future::Ready<Result<http::Response<Bytes>, TransportError>> {
    |request| std::future::ready(platform(request))
}

#[tokio::test]
async fn the_emulator_accepts_an_external_signers_tokens_from_both_clients() {
    let emulator = Emulator::builder()
        .app(App::new(client_id(), secret()))
        .import(samples::succeeded())
        .start()
        .await
        .unwrap();
    let import = emulator.import_ids().remove(0);
    let kms = Arc::new(Kms::default());
    let client = builder(&emulator.url()).signer(with(&kms)).build().unwrap();
    for _ in 0..2 {
        client.bot_import_status(&import).await.expect("answered");
    }
    assert_eq!(kms.signed.load(Ordering::SeqCst), 1, "the token is kept");

    let credentials = Credentials::with_blocking_signer(client_id(), kms.clone());
    let client = builder(&emulator.url()).signer(credentials).jti(true).build_blocking().unwrap();
    let asked = tokio::task::spawn_blocking(move || {
        (0..2).for_each(|_| drop(client.bot_import_status(&import).expect("answered")));
    });
    asked.await.unwrap();
    assert_eq!(kms.signed.load(Ordering::SeqCst), 3, "each request has a token of its own");
}

#[tokio::test(start_paused = true)]
async fn requests_without_a_token_wait_for_one_signature() {
    let kms = Arc::new(Kms::default());
    let client = builder("bots.kore.ai").signer(with(&kms)).transport(async_platform()).build().unwrap();
    let ask = || async { client.bot_import_status(&id()).await.map(drop) };
    let all = futures_util::future::join_all((0..100).map(|_| ask())).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(kms.signed.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_request_hands_the_signing_to_another() {
    let kms = Arc::new(Kms::default());
    let client = builder("bots.kore.ai").signer(with(&kms)).transport(async_platform()).build().unwrap();
    let import = id();
    let given_up = tokio::time::timeout(Duration::from_millis(500), client.bot_import_status(&import));
    let (given_up, answered) = tokio::join!(given_up, client.bot_import_status(&import));
    assert!(given_up.is_err(), "it was given up before the signer answered");
    answered.expect("the other one has the token signed");
    assert_eq!(kms.signed.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn one_use_tokens_are_signed_in_parallel() {
    let kms = Arc::new(Kms::default());
    let client =
        builder("bots.kore.ai").signer(with(&kms)).jti(true).transport(async_platform()).build().unwrap();
    let begun = tokio::time::Instant::now();
    let ask = || async { client.bot_import_status(&id()).await.map(drop) };
    let all = futures_util::future::join_all((0..10).map(|_| ask())).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(kms.signed.load(Ordering::SeqCst), 10);
    assert_eq!(begun.elapsed().as_secs(), 1, "on the clock of the test, which stands still otherwise");
}

#[tokio::test(start_paused = true)]
async fn a_signers_error_is_shown_and_a_watch_retries_what_may_pass() {
    let kms = Arc::new(Kms::default());
    let client = builder("bots.kore.ai").signer(with(&kms)).transport(async_platform()).build().unwrap();
    let fail =
        |retryable| kms.failures.lock().unwrap().push(SignerError::new("HSM away").retryable(retryable));

    fail(false);
    let error = client.bot_import_status(&id()).await.expect_err("not signed");
    assert_eq!(error.to_string(), "the signer gave no signature: HSM away");
    assert!(error.is_config() && !error.is_retryable() && error.attempts() == 0, "{error}");
    fail(true);
    let error = client.bot_import_status(&id()).await.expect_err("not signed");
    assert!(!error.is_config() && error.is_retryable(), "{error}");

    fail(true);
    fail(true);
    let end = client.watch_import(&id()).deadline(Duration::from_secs(600)).await.unwrap();
    assert!(matches!(end, End::Succeeded(_)), "{end:?}");
}

#[test]
fn build_refuses_a_signer_of_the_other_kind() {
    let kms = Arc::new(Kms::default());
    let error = builder("bots.kore.ai").signer(with(&kms)).build_blocking().expect_err("it is async");
    assert!(error.is_config() && error.to_string().contains("expected build()"), "{error}");
    let credentials = Credentials::with_blocking_signer(client_id(), kms);
    let error = builder("bots.kore.ai").signer(credentials).build().expect_err("it blocks");
    assert!(error.is_config() && error.to_string().contains("expected build_blocking()"), "{error}");
}
