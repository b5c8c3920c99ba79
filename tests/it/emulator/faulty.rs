//! Each fault gives the client the error that one expects.

use std::num::NonZeroUsize;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use kore_emulator::{Emulator, Fault, Faults, Mode, Scenario, Task, scenarios};
use kore_sdk::protocol::{Body, Refusal, bot_import::get_status};
use kore_sdk::transport::{HyperTransport, Phase, Transport as _};
use kore_sdk::{BotImport, Client, Error, Outcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{client, client_of, emulator};

async fn faulty(faults: impl IntoIterator<Item = Fault>) -> Emulator {
    let builder = emulator().scenario(scenarios::documented_success(), Mode::AtOnce);
    let builder = faults.into_iter().fold(builder, |builder, fault| builder.fault(fault));
    builder.start().await.expect("a free port")
}

async fn poll_by(client: &Client, emulator: &Emulator) -> Result<BotImport, Error> {
    client.bot_import_status(&emulator.import_ids()[0]).await
}

async fn poll(emulator: &Emulator) -> Result<BotImport, Error> {
    poll_by(&client(emulator), emulator).await
}

async fn error_of(fault: Fault) -> Error {
    poll(&faulty([fault]).await).await.expect_err("a fault")
}

#[tokio::test]
async fn a_503_is_retryable_and_its_retry_after_is_read() {
    let mut busy = http::Response::new("busy");
    *busy.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    busy.headers_mut().insert("retry-after", HeaderValue::from_static("7"));
    let error = error_of(Fault::answer(busy)).await;
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert!(error.is_retryable() && error.retry_after().is_some(), "{error}");
    assert!(error.to_string().contains("busy"), "{error}");
}

#[tokio::test]
async fn a_500_without_a_body_is_retryable_and_a_404_is_not() {
    let error = error_of(Fault::status(StatusCode::INTERNAL_SERVER_ERROR)).await;
    assert!(error.is_retryable() && !error.is_timeout(), "{error}");
    let error = error_of(Fault::status(StatusCode::NOT_FOUND)).await;
    assert!(!error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_refusal_is_known_by_its_words() {
    let error = error_of(Fault::refusal(Refusal::HourLimit)).await;
    assert!(error.is_rate_limited() && error.is_retryable(), "{error}");
    assert_eq!(error.response().and_then(|response| response.refusal()), Some(Refusal::HourLimit));
}

#[tokio::test]
async fn a_proxys_page_is_a_502_whose_error_shows_its_start() {
    let error = error_of(Fault::proxy_page()).await;
    assert_eq!(error.status(), Some(StatusCode::BAD_GATEWAY));
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("502 Bad Gateway"), "{error}");
}

#[tokio::test]
async fn a_page_with_the_status_200_is_not_taken_for_an_import() {
    let error = error_of(Fault::answer(http::Response::new("<html><body>Sign in</body></html>"))).await;
    assert_eq!(error.status(), Some(StatusCode::OK));
    assert!(!error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_wrong_content_type_does_not_change_the_document() {
    let emulator = faulty([Fault::content_type(HeaderValue::from_static("text/html"))]).await;
    assert_eq!(poll(&emulator).await.expect("a status").outcome(), Outcome::Succeeded);
    let request = http::Request::get(emulator.url()).body(Body::empty()).expect("a request");
    let transport = HyperTransport::builder().build().expect("builds");
    let answer = transport.send(request).await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/html");
}

#[tokio::test]
async fn a_late_response_is_a_timeout_for_an_impatient_client() {
    let emulator = faulty([Fault::latency(Duration::from_secs(60))]).await;
    let hasty = client_of(&emulator).timeout(Duration::from_millis(50)).build().expect("builds");
    let error = poll_by(&hasty, &emulator).await.expect_err("too late");
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_reset_before_the_answer_is_retryable() {
    let error = error_of(Fault::reset()).await;
    let transport = error.transport().expect("no answer");
    assert_eq!(transport.phase(), Phase::Exchange);
    assert!(error.is_retryable() && !error.is_timeout(), "{error}");
    assert!(is_connection_reset(&error), "{}", causes(&error));
}

#[tokio::test]
async fn a_reset_in_the_body_is_retryable_and_shows_what_arrived() {
    let error = error_of(Fault::reset_after(20)).await;
    let response = error.response().expect("the start of an answer");
    assert!(response.is_cut_short() && error.is_retryable(), "{error}");
    assert_eq!(response.body().len(), 20);
}

#[tokio::test]
async fn a_body_cut_short_is_retryable_and_shows_what_arrived() {
    // A cut behind the end still takes a byte.
    for (bytes, arrived) in [(0, Some(0)), (20, Some(20)), (1_000_000, None)] {
        let error = error_of(Fault::cut_after(bytes)).await;
        let response = error.response().expect("the start of an answer");
        assert!(response.is_cut_short() && error.is_retryable(), "{error}");
        assert!(arrived.is_none_or(|arrived| response.body().len() == arrived), "{error}");
        assert!(bytes < 1000 || response.body().ends_with(b"\""), "{error}");
    }
}

/// The answer to a request without a token, and how the connection ended.
async fn on_the_wire(fault: Fault) -> (String, std::io::Result<usize>) {
    let emulator = faulty([fault]).await;
    let mut stream = TcpStream::connect(emulator.address()).await.expect("a connection");
    let path = get_status::METADATA.path.fill(&["bir-1f"]);
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    (String::from_utf8(answer).expect("UTF-8"), end)
}

#[tokio::test]
async fn a_cut_ends_with_a_close_and_a_reset_with_a_reset() {
    let whole = Refusal::InvalidSdkCredentials.to_http().into_body().len();
    for (fault, is_reset, sent) in [
        (Fault::cut_after(10), false, Some(10)),
        (Fault::reset_after(10), true, Some(10)),
        (Fault::reset(), true, None),
    ] {
        let (answer, end) = on_the_wire(fault.clone()).await;
        let reset = end.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        assert_eq!(reset, is_reset, "{fault:?}");
        let body = answer.split_once("\r\n\r\n").map(|(head, body)| {
            assert!(head.contains(&format!("content-length: {whole}")), "{head}");
            body.len()
        });
        assert_eq!(body, sent, "{fault:?}");
    }
}

#[tokio::test]
async fn a_dripping_body_is_whole_for_a_patient_client_and_a_timeout_for_another() {
    let drip =
        |bytes, pause| Fault::drip(NonZeroUsize::new(bytes).expect("over 0"), Duration::from_millis(pause));
    let emulator = faulty([drip(100, 1).first(1), drip(1, 1000)]).await;
    assert_eq!(poll(&emulator).await.expect("a status").outcome(), Outcome::Succeeded);
    let hasty = client_of(&emulator).timeout(Duration::from_millis(50)).build().expect("builds");
    let error = poll_by(&hasty, &emulator).await.expect_err("too slow");
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
}

#[tokio::test]
async fn faults_of_one_connection_spare_the_next_requests() {
    let faults = [
        Fault::reset().first(1),
        Fault::cut_after(5).after(1).first(1),
        Fault::reset_after(5).after(2).first(1),
    ];
    let emulator = faulty(faults.map(|fault| fault.on::<get_status::Request>())).await;
    let client = client(&emulator);
    let mut fine = Vec::new();
    for _ in 0..5 {
        fine.push(poll_by(&client, &emulator).await.is_ok());
    }
    assert_eq!(fine, [false, false, false, true, true]);
}

#[tokio::test]
async fn a_proxys_page_counts_as_no_poll_and_a_reset_counts_as_one() {
    let one = Scenario::builder("one").task(Task::new("Dialog", "a")).build().expect("valid");
    for (fault, expected) in [(Fault::proxy_page(), Outcome::Running), (Fault::reset(), Outcome::Succeeded)] {
        let emulator = emulator().scenario(one.clone(), Mode::LOOKS).fault(fault.first(1));
        let emulator = emulator.start().await.expect("a free port");
        poll(&emulator).await.expect_err("a fault");
        assert_eq!(poll(&emulator).await.expect("a status").outcome(), expected);
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let text = "seed = 7\n[[faults]]\neffect = 'proxy_page'\nprobability = 0.5\n";
    let mut runs = Vec::new();
    for _ in 0..2 {
        let builder = emulator().scenario(scenarios::stuck(), Mode::TIME);
        let faults = Faults::from_toml(text, "faults").expect("valid");
        let emulator = builder.faults(faults).start().await.expect("a free port");
        let client = client(&emulator);
        let mut fine = Vec::new();
        for _ in 0..20 {
            fine.push(poll_by(&client, &emulator).await.is_ok());
        }
        assert!(fine.contains(&true) && fine.contains(&false));
        runs.push(fine);
    }
    assert_eq!(runs[0], runs[1]);
}

fn causes(error: &Error) -> String {
    let first: &dyn std::error::Error = error;
    let chain = std::iter::successors(Some(first), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(" / ")
}

fn is_connection_reset(error: &Error) -> bool {
    let first: &dyn std::error::Error = error;
    std::iter::successors(Some(first), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
}
