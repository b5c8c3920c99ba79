//! Client and server of this project against each other, over a socket.

use kore_emulator::{App, Emulator, samples};
use kore_sdk::auth::{Algorithm, Claims, Credentials, Secret};
use kore_sdk::protocol::{IncomingResponse as _, Refusal, bot_import::get_status};
use kore_sdk::types::{ClientId, Status, TaskType};
use kore_sdk::{BotImportId, Client, Error, Outcome, StatusLog};
use std::time::{Duration, SystemTime};

use super::id;

fn app() -> App {
    App::new(ClientId::new("cs-1f").expect("valid"), Secret::new("s3cret").expect("not empty"))
}

async fn emulator(app: App) -> Emulator {
    Emulator::builder().app(app).import(samples::succeeded()).start().await.expect("a free port")
}

fn client(emulator: &Emulator) -> Client {
    Client::builder().host(emulator.url()).credentials("cs-1f", "s3cret").build().expect("builds")
}

fn refusal(error: &Error) -> Option<Refusal> {
    error.response().and_then(|response| response.refusal())
}

#[tokio::test]
async fn a_document_goes_from_server_to_client_to_json_with_nothing_lost() {
    let unknown = r#"{"zeta":1e400,"_id":"bir-unknown","status":"Paused","statusLogs":[{"taskType":"Skill","eta":1.50}],"botId":"st-1"}"#;
    let mut long = samples::succeeded();
    long.id = Some(BotImportId::new("bir-long").expect("valid"));
    let entry = |n| StatusLog::new(TaskType::Dialog, format!("Task {n}"), Status::Success);
    long.status_logs = Some((0..10_000).map(entry).collect());
    let imports = [
        samples::succeeded().into(),
        samples::older_spelling().into(),
        samples::running().into(),
        samples::failed().into(),
        get_status::Response::from_body(&unknown.into()).expect("an import"),
        long.into(),
    ];
    let emulator = emulator(app()).await;
    for import in &imports {
        let id = emulator.hold(import.clone()).expect("an id");
        let answer = client(&emulator).send(&get_status::Request::new(id)).await.expect("a status");
        assert_eq!(answer.response.import, import.import);
        assert_eq!(answer.body, import.json());
        assert_eq!(answer.response.body, answer.body);
    }
    assert_eq!(imports[4].json(), unknown);
    assert_eq!(imports[4].import.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn the_blocking_client_gets_the_same() {
    let emulator = emulator(app()).await;
    let (url, id) = (emulator.url(), emulator.import_ids().remove(0));
    let blocking = move || {
        let client =
            Client::builder().host(url).credentials("cs-1f", "s3cret").build_blocking().expect("builds");
        client.bot_import_status(&id).expect("a status")
    };
    let import = tokio::task::spawn_blocking(blocking).await.expect("no panic");
    assert_eq!(import, samples::succeeded());
    assert_eq!(import.outcome(), Outcome::Succeeded);
}

#[tokio::test]
async fn the_token_is_checked_before_the_import() {
    let emulator = emulator(app()).await;
    let builder = || Client::builder().host(emulator.url());
    let wrong = builder().credentials("cs-1f", "another").build().expect("builds");
    let stranger = builder().credentials("cs-2", "s3cret").build().expect("builds");
    let no_jwt = builder().token("nonsense").build().expect("builds");
    for (client, expected) in [
        (wrong, Refusal::InvalidSdkCredentials),
        (stranger, Refusal::InvalidSdkCredentials),
        (no_jwt, Refusal::InvalidJwt),
    ] {
        let error = client.bot_import_status(&id()).await.expect_err("refused");
        assert!(error.is_auth(), "{error}");
        assert_eq!(refusal(&error), Some(expected));
    }
    let error = client(&emulator).bot_import_status(&id()).await.expect_err("unknown");
    assert!(error.is_not_found() && !error.is_auth(), "{error}");
    assert_eq!(error.to_string(), "the platform answered 400 Bad Request: Invalid request ID (code 400)");
}

#[tokio::test]
async fn an_app_without_the_scope_is_refused_with_401() {
    let emulator = emulator(app().scopes([])).await;
    let error = client(&emulator).bot_import_status(&id()).await.expect_err("refused");
    assert_eq!(refusal(&error), Some(Refusal::WrongScope));
    assert_eq!(error.status(), Some(http::StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn an_app_that_enforces_jti_takes_each_token_once() {
    let emulator = emulator(app().enforce_jti(true)).await;
    let known = emulator.import_ids().remove(0);
    let error = client(&emulator).bot_import_status(&known).await.expect_err("no jti");
    assert_eq!(refusal(&error), Some(Refusal::JtiTooLong));

    let each = Client::builder()
        .host(emulator.url())
        .credentials("cs-1f", "s3cret")
        .jti(true)
        .build()
        .expect("builds");
    for _ in 0..3 {
        each.bot_import_status(&known).await.expect("a token for each request");
    }

    let credentials =
        Credentials::new(ClientId::new("cs-1f").expect("valid"), Secret::new("s3cret").expect("not empty"));
    let claims =
        Claims::new("me", "cs-1f").expires_at(SystemTime::now() + Duration::from_secs(60)).with_jti("once");
    let token = credentials.sign(&claims).expect("signs");
    let twice = Client::builder().host(emulator.url()).token(token.expose()).build().expect("builds");
    twice.bot_import_status(&known).await.expect("the first use");
    let error = twice.bot_import_status(&known).await.expect_err("the second use");
    assert_eq!(refusal(&error), Some(Refusal::Replay));
}

#[tokio::test]
async fn a_token_must_use_the_algorithm_of_its_app() {
    let emulator = emulator(app().algorithm(Algorithm::Hs512).expect("HMAC")).await;
    let known = emulator.import_ids().remove(0);
    let error = client(&emulator).bot_import_status(&known).await.expect_err("HS256");
    assert_eq!(refusal(&error), Some(Refusal::InvalidSdkCredentials));
    let id = ClientId::new("cs-1f").expect("valid");
    let credentials =
        Credentials::hmac(id, Algorithm::Hs512, Secret::new("s3cret").expect("not empty")).expect("HMAC");
    let client = Client::builder().host(emulator.url()).signer(credentials).build().expect("builds");
    client.bot_import_status(&known).await.expect("HS512");
}

#[tokio::test]
async fn an_unknown_call_is_answered_as_the_platform_does() {
    use kore_sdk::protocol::Body;
    use kore_sdk::transport::{HyperTransport, Transport as _};

    let emulator = emulator(app()).await;
    let transport = HyperTransport::builder().build().expect("builds");
    for (method, path, status, says) in [
        ("POST", "/api/public/bot/import/status/bir-1", 405, "Method Not Allowed"),
        ("GET", "/api/public/bot/import/status", 404, "Not Found"),
        ("GET", "/", 404, "Not Found"),
        ("GET", "/api/public/bot/import/status/bir-1", 401, "Invalid SDK credentials"),
    ] {
        let request = http::Request::builder().method(method).uri(format!("{}{path}", emulator.url()));
        let answer =
            transport.send(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        let body = String::from_utf8_lossy(answer.body()).into_owned();
        assert_eq!(answer.status().as_u16(), status, "{method} {path}: {body}");
        assert!(body.contains(says), "{method} {path}: {body}");
    }
}

#[tokio::test]
async fn many_emulators_live_in_one_process_and_end_with_their_handles() {
    let emulators = [emulator(app()).await, emulator(app()).await, emulator(app()).await];
    let urls = emulators.each_ref().map(Emulator::url);
    let clients = emulators.each_ref().map(client);
    let known = emulators[0].import_ids().remove(0);
    for client in &clients {
        client.bot_import_status(&known).await.expect("a status");
    }
    let [first, second, third] = emulators;
    drop(first);
    second.stop().await;
    let fresh =
        |url: &str| Client::builder().host(url).credentials("cs-1f", "s3cret").build().expect("builds");
    assert!(fresh(&urls[1]).bot_import_status(&known).await.is_err());
    fresh(&urls[2]).bot_import_status(&known).await.expect("the third still serves");
    drop(third);
}
