//! Settings of one call: headers, retries, a timeout, the rate limit; and what is told beside its
//! response.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use kore_sdk::protocol::bot_import::{get_status, start_existing};
use kore_sdk::protocol::{Body, Refusal};
use kore_sdk::transport::{Phase, TransportError};
use kore_sdk::watch::{End, Unended};
use kore_sdk::{Answer, Client, ClientBuilder, Error};
use tokio::time::Instant;

use super::{builder, id};

type Response = Result<http::Response<Bytes>, TransportError>;
type Sent = Arc<Mutex<Vec<http::Request<Body>>>>;

fn request() -> get_status::Request {
    get_status::Request::new(id())
}

/// The start of an import, which must not be repeated.
fn start() -> start_existing::Request {
    let file = || "5bxxxxxxxxxxxxxxxxxxxxxx".parse().unwrap();
    start_existing::Request::new("st-1f".parse().unwrap(), file(), file(), Vec::new(), None)
}

fn response(status: u16, body: &str) -> Response {
    let builder = http::Response::builder().status(status).header("x-request-id", "r-17");
    Ok(builder.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
}

fn success() -> Response {
    response(200, &format!(r#"{{"_id":"{}","status":"success"}}"#, id()))
}

fn unavailable() -> Response {
    response(503, "come back later")
}

fn unreachable() -> Response {
    Err(TransportError::new(Phase::Connect, "no way"))
}

fn lost() -> Response {
    Err(TransportError::new(Phase::Exchange, "the connection was closed"))
}

/// A transport that answers with these responses and keeps the requests.
fn double(
    responses: impl IntoIterator<Item = Response>,
) -> (impl Fn(http::Request<Body>) -> Response + Send + Sync + 'static, Sent) {
    let (responses, sent) = (Mutex::new(VecDeque::from_iter(responses)), Sent::default());
    let noted = sent.clone();
    let double = move |request| {
        noted.lock().unwrap().push(request);
        responses.lock().unwrap().pop_front().unwrap()
    };
    (double, sent)
}

fn client(builder: ClientBuilder, responses: impl IntoIterator<Item = Response>) -> (Client, Sent) {
    let (double, sent) = double(responses);
    (builder.transport(move |request| std::future::ready(double(request))).build().unwrap(), sent)
}

fn blocking(responses: impl IntoIterator<Item = Response>) -> (kore_sdk::blocking::Client, Sent) {
    let (double, sent) = double(responses);
    (builder("bots.kore.ai").blocking_transport(double).build_blocking().unwrap(), sent)
}

fn plain(responses: impl IntoIterator<Item = Response>) -> (Client, Sent) {
    client(builder("bots.kore.ai"), responses)
}

#[tokio::test]
async fn response_and_error_tell_headers_status_and_attempts() {
    let responses = || [Ok(Refusal::InvalidJwt.to_http()), success(), unavailable()];
    // The first 401 refuses a kept token, so that the client tries a new one.
    let (client, _) = plain([success()].into_iter().chain(responses()));
    client.send(&request()).await.unwrap();
    let (answer, error) =
        (client.send(&request()).await.unwrap(), client.send(&request()).await.unwrap_err());
    let (client, _) = blocking([success()].into_iter().chain(responses()));
    client.send(&request()).unwrap();
    for (answer, error) in
        [(answer, error), (client.send(&request()).unwrap(), client.send(&request()).unwrap_err())]
    {
        assert_eq!((answer.status.as_u16(), answer.attempts), (200, 2));
        assert_eq!(answer.headers["x-request-id"], "r-17");
        assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (503, 1));
        assert_eq!(error.headers().unwrap()["x-request-id"], "r-17");
    }
}

#[tokio::test]
async fn headers_of_a_client_and_of_a_call_are_sent() {
    let headers = builder("bots.kore.ai").header("x-team", "bots").header("x-trace", "of-the-client");
    let (client, sent) = client(headers, [success(), success()]);
    client.call(&request()).header("x-trace", "of-the-call").await.unwrap();
    client.send(&request()).await.unwrap();
    let sent = sent.lock().unwrap();
    let trace = |n: usize| Vec::from_iter(sent[n].headers().get_all("x-trace"));
    assert_eq!(trace(0), ["of-the-call"]);
    assert_eq!(trace(1), ["of-the-client"]);
    assert!(sent.iter().all(|request| request.headers()["x-team"] == "bots"));
}

#[tokio::test]
async fn a_header_that_is_not_the_users_or_cannot_be_sent_is_an_error() {
    for (name, value) in [
        ("auth", "a.b.c"),
        ("Content-Type", "text/plain"),
        ("accept-encoding", "gzip"),
        ("user-agent", "me"),
        ("a b", "x"),
        ("x-a", "line\nbreak"),
    ] {
        let error = builder("bots.kore.ai").header(name, value).build().unwrap_err();
        assert!(error.is_config() && !error.to_string().contains("break"), "{error}");
        let (client, sent) = plain([]);
        let told = client.call(&request()).header(name, value).await.unwrap_err();
        assert_eq!((told.to_string(), sent.lock().unwrap().len()), (error.to_string(), 0));
    }
}

#[tokio::test]
async fn a_secret_header_and_a_token_that_are_repeated_are_masked() {
    let mut key = HeaderValue::from_static("hunter2-the-gateway-key");
    key.set_sensitive(true);
    let echo = |request: http::Request<Body>| {
        let mut response = http::Response::new(Bytes::from_static(b"no"));
        let status = if request.headers().contains_key("x-good") { 200 } else { 403 };
        *response.status_mut() = status.try_into().unwrap();
        if status == 200 {
            *response.body_mut() = success().unwrap().into_body();
        }
        for name in ["auth", "x-key", "x-plain"] {
            response.headers_mut().insert(name, request.headers()[name].to_str().unwrap().parse().unwrap());
        }
        std::future::ready(Ok(response))
    };
    let headers = builder("bots.kore.ai").header("x-key", key).header("x-plain", "not-a-secret");
    let client = headers.transport(echo).build().unwrap();
    let error = client.send(&request()).await.unwrap_err();
    let answer = client.call(&request()).header("x-good", "1").await.unwrap();
    for headers in [error.headers().unwrap(), &answer.headers] {
        assert_eq!(
            (&headers["x-key"], &headers["x-plain"]),
            (&"[secret]".parse().unwrap(), &"not-a-secret".parse().unwrap())
        );
        assert_eq!(headers["auth"], "[secret]");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_repeated_by_default_and_as_often_as_is_asked() {
    let (client, sent) = plain([unavailable(), unavailable(), unreachable(), success()]);
    assert_eq!(client.send(&request()).await.unwrap_err().status().unwrap(), 503);
    let began = Instant::now();
    let answer = client.call(&request()).retries(2).await.unwrap();
    assert_eq!((answer.attempts, sent.lock().unwrap().len()), (3, 4));
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());

    let (client, sent) = plain([unavailable(), lost(), unavailable()]);
    let error = client.call(&request()).retries(2).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts(), sent.lock().unwrap().len()), (503, 3, 3));
}

#[test]
fn a_blocking_client_repeats_as_well() {
    let (client, sent) = blocking([unavailable(), success()]);
    assert_eq!(client.call(&request()).retries(1).run().unwrap().attempts, 2);
    assert_eq!(sent.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_not_repeated() {
    let invalid = || Ok(Refusal::InvalidRequestId.to_http());
    let (client, sent) = plain([invalid()]);
    assert!(client.call(&request()).retries(9).await.unwrap_err().is_not_found());
    assert_eq!(sent.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_start_is_repeated_only_if_it_was_certainly_not_taken() {
    let limited = || Ok(Refusal::MinuteLimit.to_http());
    for (failure, is_repeated) in [
        (unreachable(), true),
        (limited(), true),
        (lost(), false),
        (unavailable(), false),
        (response(500, "x"), false),
    ] {
        let accepted = response(200, r#"{"_id":"bir-1f","status":"pending"}"#);
        let (client, sent) = plain([failure, accepted]);
        let result = client.call(&start()).retries(3).await;
        assert_eq!(result.is_ok(), is_repeated, "{result:?}");
        assert_eq!(sent.lock().unwrap().len(), 1 + usize::from(is_repeated));
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_call_holds_for_all_of_it() {
    let silent = |_| std::future::pending::<Response>();
    let client = builder("bots.kore.ai").transport(silent).build().unwrap();
    let (began, limit) = (Instant::now(), Duration::from_secs(5));
    let error = client.call(&request()).timeout(limit).await.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("5 s for the call"), "{error}");
    assert_eq!((began.elapsed(), error.attempts()), (limit, 1));

    // The next request would come after the deadline, so that the call does not wait.
    let (client, _) = plain([unavailable()]);
    let (began, limit) = (Instant::now(), Duration::from_millis(500));
    let error = client.call(&request()).timeout(limit).retries(3).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), began.elapsed()), (503, Duration::ZERO));
}

#[test]
fn the_timeout_of_a_blocking_call_holds_whatever_its_transport_does() {
    let (_open, forever) = std::sync::mpsc::channel::<()>();
    let forever = Mutex::new(forever);
    let silent = move |_| {
        let _ = forever.lock().unwrap().recv();
        lost()
    };
    let client = builder("bots.kore.ai").blocking_transport(silent).build_blocking().unwrap();
    let error = client.call(&request()).timeout(Duration::from_millis(20)).run().unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_is_counted_and_kept_only_if_one_asks_for_it() {
    let (client, sent) = plain((0..70).map(|_| success()));
    for _ in 0..70 {
        client.send(&request()).await.unwrap();
    }
    assert_eq!(sent.lock().unwrap().len(), 70);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_to_the_rate_limit_waits_for_room() {
    let patient = builder("bots.kore.ai").wait_for_rate_limit(Duration::from_secs(600));
    let (client, sent) = self::client(patient, (0..61).map(|_| success()));
    let began = Instant::now();
    for _ in 0..60 {
        client.send(&request()).await.unwrap();
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    let check = |error: Error| {
        assert!(error.is_rate_limited() && error.is_retryable() && !error.is_config(), "{error}");
        assert_eq!(error.attempts(), 0);
        assert!(error.retry_after().unwrap().delay(std::time::SystemTime::now()) >= Duration::from_secs(59));
        assert!(error.to_string().starts_with("the rate limit of this call is used up"), "{error}");
    };
    check(client.call(&request()).timeout(Duration::from_secs(30)).await.unwrap_err());
    assert_eq!((began.elapsed(), sent.lock().unwrap().len()), (Duration::ZERO, 60));
    client.send(&request()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(60), "{:?}", began.elapsed());

    let impatient = builder("bots.kore.ai").wait_for_rate_limit(Duration::ZERO);
    let (client, sent) = self::client(impatient, (0..60).map(|_| success()));
    for _ in 0..60 {
        client.send(&request()).await.unwrap();
    }
    check(client.send(&request()).await.unwrap_err());
    assert_eq!(sent.lock().unwrap().len(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_watch_can_be_spawned() {
    let (client, _) = plain([success()]);
    let watch = tokio::spawn(client.watch_import(&id()).into_future());
    drop(client);
    assert!(watch.await.unwrap().unwrap().import().unwrap().is_over());
}

/// A user can make the end of a watch, to test a program that handles it.
#[tokio::test(start_paused = true)]
async fn values_of_a_watch_can_be_made() {
    let end = End::<_, Error>::DeadlineReached(Unended::new(id()));
    let token = end.resume().unwrap().clone();
    assert!(end.response().is_none() && token.left().is_zero());
    let (client, _) = plain([success()]);
    assert!(matches!(client.watch_import(&id()).resume(token).await, Ok(End::Succeeded(_))));
    assert_eq!(Answer::new(7).attempts, 1);
}

#[test]
fn a_client_knows_where_the_platform_is() {
    let (client, _) = blocking([]);
    assert_eq!(client.base_url().to_string(), "https://bots.kore.ai");
}
