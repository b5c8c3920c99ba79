//! The rate limits at their edges, and which requests count for them.

use http::StatusCode;
use kore_sdk::{BotImport, Client};

use super::*;

const MINUTE: &str = "You've exceeded the per-minute rate limit. Please wait for sometime before retrying.";
const HOUR: &str = "You've exceeded the hourly rate limit. Please wait for sometime before retrying.";
const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

#[tokio::test]
async fn the_61st_poll_waits_until_the_first_is_exactly_a_minute_old() {
    let strict = Strict::start().await;
    for n in 0..60 {
        assert_eq!(strict.at(n * SECOND / 2).poll().await, None, "poll {n}");
    }
    let over = Some(says(429, 429, MINUTE));
    assert_eq!(strict.at(30 * SECOND).poll().await, over);
    assert_eq!(strict.at(60 * SECOND - NANO).poll().await, over);
    assert_eq!(strict.at(60 * SECOND).poll().await, None, "the first request is a minute old");
    assert_eq!(strict.poll().await, over, "and no other with it");
    assert_eq!(strict.at(60 * SECOND + SECOND / 2).poll().await, None);
}

#[tokio::test]
async fn the_1801st_poll_waits_until_the_first_is_exactly_an_hour_old() {
    let strict = Strict::start().await;
    // The minute has room for twice as many.
    for n in 0..1800 {
        assert_eq!(strict.at(n * 2 * SECOND - n * NANO).poll().await, None, "poll {n}");
    }
    let over = Some(says(429, 429, HOUR));
    assert_eq!(strict.at(3599 * SECOND).poll().await, over);
    assert_eq!(strict.at(3600 * SECOND - NANO).poll().await, over);
    assert_eq!(strict.at(3600 * SECOND).poll().await, None);
    assert_eq!(strict.poll().await, over);
}

#[tokio::test]
async fn a_request_refused_for_another_reason_is_not_counted() {
    let strict = Strict::start().await;
    let good = strict.ask();
    for ask in [Ask { token: None, ..good.clone() }, Ask { method: "POST", ..good.clone() }] {
        for _ in 0..61 {
            assert_ne!(strict.send(&ask).await.status(), 429);
        }
    }
    for _ in 0..60 {
        assert_eq!(strict.poll().await, None);
    }
    // Nor is what the limit refuses.
    for _ in 0..60 {
        assert_eq!(strict.at(30 * SECOND).poll().await, Some(says(429, 429, MINUTE)));
    }
    assert_eq!(strict.at(60 * SECOND).poll().await, None);
}

#[tokio::test]
async fn polls_of_an_unknown_import_are_not_counted() {
    let strict = Strict::start().await;
    let later = Ask { import: BotImportId::new("bir-later").unwrap(), ..strict.ask() };
    for _ in 0..61 {
        assert_eq!(told(&strict.send(&later).await), says(400, 400, "Invalid request ID"));
    }
    strict.emulator.hold(BotImport::new(later.import.clone(), kore_sdk::types::Status::Pending)).unwrap();
    for _ in 0..60 {
        assert_eq!(strict.send(&later).await.status(), 200);
    }
    assert_eq!(strict.send(&later).await.status(), 429);
    assert_eq!(strict.poll().await, None, "each import has its own limits");
}

#[tokio::test]
async fn an_import_that_changes_keeps_its_request_log() {
    let strict = Strict::start().await;
    for _ in 0..60 {
        assert_eq!(strict.poll().await, None);
    }
    strict.emulator.hold(samples::succeeded()).unwrap();
    assert_eq!(strict.poll().await, Some(says(429, 429, MINUTE)));
}

#[tokio::test]
async fn a_test_chooses_the_status_and_retry_after() {
    let plain = Strict::start().await;
    let telling =
        Strict::with(|builder| builder.limit_status(StatusCode::BAD_REQUEST).retry_after(true)).await;
    for strict in [&plain, &telling] {
        for _ in 0..60 {
            assert_eq!(strict.poll().await, None);
        }
    }
    let answer = plain.send(&plain.ask()).await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after")), (429, None));
    for (since, seconds) in [(Duration::ZERO, "60"), (SECOND / 2, "60"), (60 * SECOND - NANO, "1")] {
        let answer = telling.at(since).send(&telling.ask()).await;
        assert_eq!(told(&answer), says(400, 429, MINUTE));
        assert_eq!(answer.headers()["retry-after"], seconds, "{since:?}");
    }
}

#[tokio::test]
async fn a_client_recognises_the_limit_whatever_its_status() {
    for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::BAD_REQUEST, StatusCode::OK] {
        let strict = Strict::with(|builder| builder.limit_status(status)).await;
        let Ask { token, import, .. } = strict.ask();
        let client = Client::builder().host(strict.emulator.url()).token(token.unwrap()).build().unwrap();
        for _ in 0..60 {
            client.bot_import_status(&import).await.unwrap();
        }
        let error = client.bot_import_status(&import).await.expect_err("over the limit");
        assert!(error.is_rate_limited() && error.is_retryable(), "{status}: {error}");
    }
}

#[tokio::test]
async fn a_lenient_emulator_has_no_limits() {
    let strict = Strict::with(|builder| builder.lenient(true)).await;
    for n in 0..200 {
        assert_eq!(strict.poll().await, None, "poll {n}");
    }
}
