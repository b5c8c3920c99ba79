//! External signers: what they sign, and what is refused of them.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::{Prepared, TokenSource, Verifier};

/// Like a KMS: it holds the key and answers only after a while.
struct Kms(Credentials);

impl Kms {
    fn mac(&self, message: &[u8]) -> Vec<u8> {
        let Key::Own(key) = &self.0.key else { unreachable!("it has the key") };
        (provider::chosen().expect("a provider").signer)(self.0.algorithm, key)
            .try_sign(message)
            .expect("signs")
    }
}

impl Signer for Kms {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    fn sign<'a>(
        &'a self,
        message: &'a [u8],
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, SignerError>> + Send + 'a>> {
        let mut asked = false;
        Box::pin(std::future::poll_fn(move |_| {
            if !std::mem::replace(&mut asked, true) {
                Poll::Pending
            } else {
                Poll::Ready(Ok(self.mac(message)))
            }
        }))
    }
}

impl BlockingSigner for Kms {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.mac(message))
    }
}

/// Gives the same signature whatever the message.
struct Gives(Algorithm, Result<usize, bool>);

impl BlockingSigner for Gives {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.1
            .map(|bytes| vec![0; bytes])
            .map_err(|passes| SignerError::new("the HSM is away").retryable(passes))
    }
}

fn client_id() -> ClientId {
    ClientId::new("cs-1").expect("valid")
}

fn secret() -> Secret {
    Secret::new("s3cret").expect("not empty")
}

fn kms(algorithm: Algorithm) -> Kms {
    Kms(Credentials::hmac(client_id(), algorithm, secret()).expect("HMAC"))
}

/// Polls twice, which is what the KMS takes.
fn awaited<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it takes two polls"),
    }
}

#[test]
fn an_external_signer_gives_the_same_token_as_the_key() {
    let claims = Claims::new("me", "cs-1");
    for algorithm in [Algorithm::Hs256, Algorithm::Hs512] {
        let here = Credentials::hmac(client_id(), algorithm, secret()).expect("HMAC");
        let expected = here.sign(&claims).expect("signs");
        let blocking = Credentials::with_blocking_signer(client_id(), kms(algorithm));
        assert!(blocking.sign(&claims).expect("signs") == expected);
        let elsewhere = Credentials::with_signer(client_id(), Arc::new(kms(algorithm)));
        assert!(awaited(elsewhere.sign_async(&claims)).expect("signs") == expected);
        assert_eq!(elsewhere.algorithm(), algorithm);

        let verifier = Verifier::hmac(algorithm, &secret()).expect("HMAC");
        let now = std::time::SystemTime::now();
        assert_eq!(verifier.verify(expected.expose(), now), Ok(claims.clone()));
    }
}

#[test]
fn an_async_signer_is_refused_where_nobody_can_await_it() {
    let credentials = Credentials::with_signer(client_id(), kms(Algorithm::Hs256));
    assert!(credentials.is_async() && !credentials.is_blocking());
    let error = credentials.sign(&Claims::default()).expect_err("it cannot wait");
    assert!(error.to_string().contains("async") && !error.is_retryable(), "{error}");
}

#[test]
fn a_signature_of_a_wrong_length_is_refused_with_the_expected_one() {
    let sign = |algorithm, bytes| {
        let signer = Gives(algorithm, Ok(bytes));
        Credentials::with_blocking_signer(client_id(), signer).sign(&Claims::default()).map(drop)
    };
    for (algorithm, good, bad) in [
        (Algorithm::Hs256, 32, [0, 31, 64]),
        (Algorithm::Hs512, 64, [0, 32, 88]),
        (Algorithm::Rs256, 256, [0, 255, 1025]),
        (Algorithm::Rs512, 512, [0, 128, 1366]),
    ] {
        assert!(sign(algorithm, good).is_ok(), "{algorithm}");
        for bytes in bad {
            let error = sign(algorithm, bytes).expect_err("no signature").to_string();
            assert!(error.ends_with(&format!("found {bytes}")) && error.contains("expected"), "{error}");
        }
    }
}

#[test]
fn a_signers_error_is_shown_and_says_whether_to_retry() {
    for passes in [true, false] {
        let signer = Gives(Algorithm::Rs256, Err(passes));
        let error = Credentials::with_blocking_signer(client_id(), signer).sign(&Claims::default());
        let error = error.expect_err("no signature");
        assert_eq!(error.to_string(), "the signer gave no signature: the HSM is away");
        assert_eq!(error.is_retryable(), passes);
    }
}

#[test]
fn a_kept_token_of_an_external_signer_is_signed_once() {
    let credentials = Credentials::with_signer(client_id(), kms(Algorithm::Hs256));
    let mut source = TokenSource::kept(credentials, "me");
    let now = std::time::SystemTime::now();
    let jti = || unreachable!("no jti is wanted");
    let Prepared::Unsigned(unsigned) = source.prepare(now, jti) else { panic!("nothing is kept") };
    assert!(unsigned.is_kept());
    let token = awaited(unsigned.sign_async()).expect("signs");
    assert!(!source.signed(unsigned, token.clone()).is_kept, "no request has carried it");
    let Prepared::Issued(kept) = source.prepare(now, jti) else { panic!("it is kept") };
    assert!(kept.is_kept && kept.token == token);
}
