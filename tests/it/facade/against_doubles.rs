//! A closure is a transport: each double answers from a list and notes what it was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use kore_sdk::auth::unverified_claims;
use kore_sdk::protocol::{Body, Refusal};
use kore_sdk::transport::{Phase, TransportError};
use kore_sdk::{Client, Outcome};

use super::{builder, id};

type Answer = Result<http::Response<Bytes>, TransportError>;

/// What a double was sent: the values of the header `auth`.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<String>>>);

impl Sent {
    fn tokens(&self) -> Vec<String> {
        self.0.lock().expect("no test panics here").clone()
    }
}

fn double(
    answers: impl IntoIterator<Item = Answer>,
) -> (impl Fn(http::Request<Body>) -> Answer + Send + Sync + Clone, Sent) {
    let answers = Arc::new(Mutex::new(VecDeque::from_iter(answers)));
    let sent = Sent::default();
    let noted = sent.clone();
    let answer = move |request: http::Request<Body>| {
        let token = request.headers()["auth"].to_str().expect("visible ASCII").to_owned();
        noted.0.lock().expect("no test panics here").push(token);
        answers.lock().expect("no test panics here").pop_front().expect("one answer for each request")
    };
    (answer, sent)
}

fn success() -> Answer {
    let body = format!(r#"{{"_id":"{}","status":"success"}}"#, id());
    Ok(http::Response::new(Bytes::from(body)))
}

fn refused(refusal: Refusal) -> Answer {
    Ok(refusal.to_http())
}

/// The same answers for an async and a blocking client, which must do the same.
async fn ask_twice<const N: usize>(
    answers: fn() -> [Answer; N],
    settings: fn(kore_sdk::ClientBuilder) -> kore_sdk::ClientBuilder,
) -> (Vec<Result<Outcome, kore_sdk::Error>>, Vec<String>) {
    let (blocking, blocking_sent) = double(answers());
    let client =
        settings(builder("bots.kore.ai")).blocking_transport(blocking).build_blocking().expect("builds");
    let blocking: Vec<_> =
        (0..2).map(|_| client.bot_import_status(&id()).map(|import| import.outcome())).collect();

    let (double, sent) = double(answers());
    let transport = move |request| std::future::ready(double(request));
    let client = settings(builder("bots.kore.ai")).transport(transport).build().expect("builds");
    let mut results = Vec::new();
    for _ in 0..2 {
        results.push(client.bot_import_status(&id()).await.map(|import| import.outcome()));
    }

    let shown = |results: &[Result<Outcome, kore_sdk::Error>]| format!("{results:?}");
    assert_eq!(shown(&blocking), shown(&results));
    assert_eq!(blocking_sent.tokens().len(), sent.tokens().len());
    (results, sent.tokens())
}

fn as_it_is(builder: kore_sdk::ClientBuilder) -> kore_sdk::ClientBuilder {
    builder
}

#[tokio::test]
async fn a_token_is_signed_once_and_kept() {
    let (results, tokens) = ask_twice(|| [success(), success()], as_it_is).await;
    assert!(results.iter().all(|result| matches!(result, Ok(Outcome::Succeeded))));
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
    let claims = unverified_claims(&tokens[0]).expect("a JWT");
    assert_eq!((claims.app_id.as_str(), claims.sub.as_str()), ("cs-1f", kore_sdk::DEFAULT_SUBJECT));
    assert_eq!(claims.exp.expect("an end") - claims.iat.expect("a beginning"), 360);
}

#[tokio::test]
async fn a_refused_kept_token_is_renewed_and_the_request_sent_once_more() {
    let answers = || [success(), refused(Refusal::InvalidSdkCredentials), success()];
    let (results, tokens) = ask_twice(answers, as_it_is).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(tokens.len(), 3);
}

#[tokio::test]
async fn a_second_401_is_final() {
    let answers =
        || [success(), refused(Refusal::InvalidSdkCredentials), refused(Refusal::InvalidSdkCredentials)];
    let (results, tokens) = ask_twice(answers, as_it_is).await;
    let error = results[1].as_ref().expect_err("refused twice");
    assert!(error.is_auth() && error.attempts() == 2, "{error}");
    assert_eq!(
        error.to_string(),
        "the platform answered 401 Unauthorized: Invalid SDK credentials (code 4002) (after 2 requests)"
    );
    assert_eq!(tokens.len(), 3);
}

#[tokio::test]
async fn a_token_that_was_signed_for_the_request_is_not_signed_again() {
    let answers = || [refused(Refusal::InvalidSdkCredentials), success()];
    let (results, tokens) = ask_twice(answers, as_it_is).await;
    assert!(results[0].as_ref().is_err_and(kore_sdk::Error::is_auth));
    // It was forgotten all the same: the next call does not begin with a refused token.
    assert!(results[1].is_ok());
    assert_eq!(tokens.len(), 2);
}

#[tokio::test]
async fn a_wrong_scope_is_no_reason_for_a_new_token() {
    let (results, tokens) = ask_twice(|| [success(), refused(Refusal::WrongScope)], as_it_is).await;
    assert!(results[1].as_ref().is_err_and(kore_sdk::Error::is_auth));
    assert_eq!(tokens.len(), 2);
}

#[tokio::test]
async fn a_brought_token_is_used_as_it_is() {
    let answers = || [success(), refused(Refusal::InvalidSdkCredentials)];
    let (results, tokens) = ask_twice(answers, |builder| builder.token("aaa.bbb.ccc")).await;
    assert!(results[1].as_ref().is_err_and(kore_sdk::Error::is_auth));
    assert_eq!(tokens, ["aaa.bbb.ccc", "aaa.bbb.ccc"]);
}

#[tokio::test]
async fn with_jti_each_request_has_a_token_of_its_own() {
    let (_, tokens) = ask_twice(|| [success(), success()], |builder| builder.jti(true).subject("me")).await;
    let claims: Vec<_> = tokens.iter().map(|token| unverified_claims(token).expect("a JWT")).collect();
    assert!(claims.iter().all(|claims| claims.sub == "me"));
    assert!(claims[0].jti.is_some() && claims[1].jti.is_some() && claims[0].jti != claims[1].jti);
}

#[tokio::test]
async fn an_error_of_the_transport_reaches_the_caller() {
    let answers =
        || [Err(TransportError::timeout(Phase::Exchange, "1 s")), Err(TransportError::new(Phase::Tls, "x"))];
    let (results, _) = ask_twice(answers, as_it_is).await;
    let timeout = results[0].as_ref().expect_err("timed out");
    assert!(timeout.is_timeout() && timeout.is_retryable() && timeout.response().is_none());
    let tls = results[1].as_ref().expect_err("no TLS");
    assert!(!tls.is_timeout() && !tls.is_retryable());
}

#[test]
fn a_wrong_setting_is_an_error_of_build() {
    let transport = |_: http::Request<Body>| std::future::ready(success());
    let build =
        |builder: kore_sdk::ClientBuilder| builder.transport(transport).build().expect_err("a wrong setting");
    for (error, says) in [
        (build(Client::builder()), "no host is set: expected a URL such as https://bots.kore.ai"),
        (build(Client::builder().host("x")), "no credentials are set"),
        (build(Client::builder().host("ftp://x").credentials("cs-1", "s")), "host: not a host"),
        (
            build(Client::builder().host("x").credentials("1f", "s")),
            "client id: not a client id: expected \"cs-\"",
        ),
        (
            build(Client::builder().host("x").credentials("cs-1f", "")),
            "client secret: the client secret is empty",
        ),
        (
            build(Client::builder().host("x").credentials("cs-1f", "s3cret\n\nmore")),
            "client secret: line 2: expected the client secret alone",
        ),
        (build(Client::builder().host("x").token("a\nb")), "the token cannot be sent in a header"),
    ] {
        assert!(error.is_config() && error.attempts() == 0);
        assert!(error.to_string().starts_with(says), "{error}");
    }
    let plain = builder("http://bots.kore.ai").build().expect_err("unencrypted");
    assert!(plain.is_config() && plain.to_string().contains("unencrypted"), "{plain}");
    assert!(builder("http://bots.kore.ai").allow_http(true).build().is_ok());
    assert!(builder("http://localhost:1").build().is_ok());
}

/// A secret is read from a file, as a rule, and the command takes it from there alike.
#[test]
fn settings_are_text_or_parsed_values() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = seen.clone();
    let transport = move |request: http::Request<Body>| {
        let token = request.headers()["auth"].to_str().expect("ASCII").to_owned();
        log.lock().expect("no panic").push((request.uri().to_string(), token));
        success()
    };
    let host = kore_sdk::protocol::BaseUrl::parse("https://x.example/kore").expect("a host");
    let app = kore_sdk::types::ClientId::new("cs-1f").expect("an id");
    let secret = kore_sdk::auth::Secret::new("s3cret").expect("a secret");
    for builder in [
        Client::builder().host("x.example/kore").credentials("cs-1f", "s3cret\r\n"),
        Client::builder()
            .host(String::from("x.example/kore/"))
            .credentials("cs-1f".to_owned(), b"s3cret".to_vec()),
        Client::builder().host(host).credentials(app, secret.clone()),
    ] {
        let client = builder.blocking_transport(transport.clone()).build_blocking().expect("builds");
        client.bot_import_status(&id()).expect("answered");
    }
    let seen = seen.lock().expect("no panic");
    assert_eq!(seen.len(), 3);
    let verifier =
        kore_sdk::auth::Verifier::hmac(kore_sdk::auth::Algorithm::Hs256, &secret).expect("a verifier");
    for (url, token) in &*seen {
        assert!(url.starts_with("https://x.example/kore/api/"), "{url}");
        verifier.verify(token, std::time::SystemTime::now()).expect("signed with the same secret");
    }
}

#[test]
fn a_double_is_never_bypassed_for_the_network() {
    let blocking = |_: http::Request<Body>| success();
    let error = builder("x").blocking_transport(blocking).build().expect_err("it blocks");
    assert!(error.is_config() && error.to_string().contains("expected build_blocking()"), "{error}");
    let awaited = |_: http::Request<Body>| std::future::ready(success());
    let error = builder("x").transport(awaited).build_blocking().expect_err("it is async");
    assert!(error.is_config() && error.to_string().contains("expected build()"), "{error}");
}
