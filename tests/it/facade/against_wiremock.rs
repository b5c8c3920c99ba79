//! The client against wiremock, one server a test.

use std::time::Duration;

use http::StatusCode;
use kore_sdk::protocol::{BodyLimit, RetryAfter};
use kore_sdk::{BotImportId, Error, Outcome};
use wiremock::matchers::{header_exists, method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{builder, id};

const SAMPLE: &str = kore_sdk::protocol::bot_import::get_status::SAMPLE;

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path_regex("^/api/public/bot/import/status/bir-[^/]+$"))
        .and(header_exists("auth"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    server
}

fn id_of_sample() -> BotImportId {
    "bir-5fxxxxxx-a0xx-52xx-axxf-f3xxxxxxxxxx".parse().expect("valid")
}

async fn error_of(answer: ResponseTemplate) -> Error {
    let server = answering(answer).await;
    let client = builder(&server.uri()).body_limit(BodyLimit::bytes(4096)).build().expect("builds");
    client.bot_import_status(&id()).await.expect_err("no success")
}

#[tokio::test]
async fn the_documented_sample_arrives_whole() {
    let server = answering(ResponseTemplate::new(200).set_body_raw(SAMPLE, "application/json")).await;
    let client = builder(&server.uri()).build().expect("builds");
    let import = client.bot_import_status(&id_of_sample()).await.expect("a status");
    assert_eq!(import.outcome(), Outcome::Succeeded);
    let again = serde_json::to_string(&import).expect("encodes");
    let sample: serde_json::Value = serde_json::from_str(SAMPLE).expect("JSON");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&again).expect("JSON"), sample);
}

#[tokio::test]
async fn the_blocking_client_does_the_same_from_within_a_runtime() {
    let server = answering(ResponseTemplate::new(200).set_body_raw(SAMPLE, "application/json")).await;
    let client = builder(&server.uri()).build_blocking().expect("builds");
    let import = tokio::task::spawn_blocking(move || client.bot_import_status(&id_of_sample()))
        .await
        .expect("no panic");
    assert_eq!(import.expect("a status").entries().len(), 20);
}

/// Each row of the table of the platform's refusals. The texts stand here again, and do not come from
/// the table in the code.
#[tokio::test]
async fn each_refusal_of_the_platform_is_told_apart() {
    #[derive(Debug, PartialEq)]
    enum Is {
        Auth,
        NotFound,
        RateLimited,
        Retryable,
        Final,
    }
    let limit = "You've exceeded the per-minute rate limit. Please wait for sometime before retrying.";
    let hourly = "You've exceeded the hourly rate limit. Please wait for sometime before retrying.";
    let older = "Rate limit for this API has been reached. Please try again after some time.";
    for (status, code, msg, expected) in [
        (401, "4002", "Invalid SDK credentials", Is::Auth),
        (401, "4002", "Invalid JWT token", Is::Auth),
        (401, "4002", "Permission denied. Scope is incorrect!", Is::Auth),
        (401, "401", r#"error verifying the jwt: if \"jti\" claim \"exp\" must be <= 1 hour(s)"#, Is::Auth),
        (401, "401", "error verifying the jwt: possibly a replay", Is::Auth),
        (403, "403", "Forbidden", Is::Auth),
        (400, "400", "Invalid request ID", Is::NotFound),
        (400, "\"400\"", "Invalid request ID", Is::NotFound),
        (400, "400", "Invalid StreamId", Is::Final),
        (400, "400", "Invalid file id", Is::Final),
        (404, "404", "Not Found", Is::NotFound),
        (405, "405", "Method Not Allowed", Is::Final),
        (412, "412", "Validation errors/ Invalid arguments", Is::Final),
        (500, "500", "Internal Server Error", Is::Retryable),
        (429, "429", limit, Is::RateLimited),
        (429, "429", "Slow down", Is::RateLimited),
        (400, "400", hourly, Is::RateLimited),
        (401, "401", older, Is::RateLimited),
        (200, "400", limit, Is::RateLimited),
        (200, "400", "Invalid request ID", Is::NotFound),
    ] {
        let body = format!(r#"{{"errors":[{{"msg":"{msg}","code":{code}}}]}}"#);
        let error = error_of(ResponseTemplate::new(status).set_body_raw(body, "application/json")).await;
        let found = match &error {
            error if error.is_rate_limited() => Is::RateLimited,
            error if error.is_auth() => Is::Auth,
            error if error.is_not_found() => Is::NotFound,
            error if error.is_retryable() => Is::Retryable,
            _ => Is::Final,
        };
        assert_eq!(found, expected, "{error}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(error.is_retryable(), matches!(expected, Is::Retryable | Is::RateLimited), "{error}");
        let msg = msg.replace("\\\"", "\"");
        assert!(error.to_string().contains(&msg), "{error}");
        assert!(error.to_string().contains(code.trim_matches('"')), "{error}");
    }
}

#[tokio::test]
async fn an_unusable_body_is_an_error_that_shows_its_start() {
    let html = "<html>\r\n<h1>Bad Gateway</h1>\x1b[31m";
    let shown = r"<html>\r\n<h1>Bad Gateway</h1>\u{1b}[31m";
    let long = format!("<html>{}", "x".repeat(2000));
    let over = "{".repeat(5000);
    for (status, content_type, body, says) in [
        (
            502,
            "text/html",
            html,
            "the response is 502 Bad Gateway without the platform's error body, content type text/html; it starts:",
        ),
        (502, "text/html", html, shown),
        (200, "text/html", html, "the response is 200 OK, but its body is not the expected JSON"),
        (200, "text/html", html, shown),
        (200, "text/html", long.as_str(), "(2006 bytes in all)"),
        (200, "application/json", "", "with an empty body"),
        (200, "application/json", " \n", "with an empty body"),
        (204, "application/json", "", "with an empty body"),
        (
            503,
            "application/json",
            "",
            "the response is 503 Service Unavailable without the platform's error body",
        ),
        (200, "application/json", r#"{"_id":"bir-1","stat"#, "its body was cut short after 20 bytes"),
        (200, "application/json", "[]", "not the expected JSON"),
        (200, "application/json", "null", "not the expected JSON"),
        (200, "application/json", "{}{}", "not the expected JSON"),
        (200, "application/json", over.as_str(), "over the limit of 4096 bytes"),
        (
            500,
            "application/json",
            r#"{"errors":[]}"#,
            "500 Internal Server Error without the platform's error body",
        ),
        (500, "application/json", r#"{"errors":[{"code":500}]}"#, "no message (code 500)"),
    ] {
        let error = error_of(ResponseTemplate::new(status).set_body_raw(body, content_type)).await;
        let message = error.to_string();
        assert!(message.contains(says), "{says}: {message}");
        assert!(!message.chars().any(char::is_control), "{message:?}");
        assert!(message.len() < 900, "{}", message.len());
        assert!(error.response().is_some());
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer = ResponseTemplate::new(302)
        .insert_header("location", "https://elsewhere.example/login?session=1f3a#top");
    let error = error_of(answer).await;
    assert_eq!(error.status(), Some(StatusCode::FOUND));
    assert!(
        error.to_string().contains("a redirect to \"https://elsewhere.example/login\"; none is followed"),
        "{error}"
    );
}

#[tokio::test]
async fn the_error_keeps_retry_after() {
    let error = error_of(ResponseTemplate::new(429).insert_header("retry-after", "17")).await;
    assert_eq!(error.retry_after(), Some(RetryAfter::Delay(Duration::from_secs(17))));
}

#[tokio::test]
async fn a_path_in_front_of_the_api_is_kept() {
    let server = MockServer::start().await;
    Mock::given(path(format!("/kore/v1/api/public/bot/import/status/{}", id())))
        .respond_with(ResponseTemplate::new(200).set_body_string("{}"))
        .expect(1)
        .mount(&server)
        .await;
    let client = builder(&format!("{}/kore/v1/", server.uri())).build().expect("builds");
    assert_eq!(client.bot_import_status(&id()).await.expect("a status").outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_timeout() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(600)))
        .mount(&server)
        .await;
    let client = builder(&server.uri()).timeout(Duration::from_millis(200)).build().expect("builds");
    let error = client.bot_import_status(&id()).await.expect_err("no answer");
    assert!(error.is_timeout() && error.is_retryable() && error.status().is_none(), "{error}");
}
