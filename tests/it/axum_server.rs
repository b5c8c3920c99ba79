//! The example `axum_server` of kore-protocol, on a socket, with kore-sdk as its client.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use kore_auth::{Algorithm, Claims, Credentials, Secret, Verifier};
use kore_sdk::protocol::{Body, Refusal, Scope};
use kore_sdk::transport::{HyperTransport, Transport as _};
use kore_sdk::types::{ClientId, Status};
use kore_sdk::{BotImport, BotImportId, Client, Error};

#[path = "../../crates/kore-protocol/examples/axum_server.rs"]
#[expect(dead_code, reason = "its main is not needed here")]
mod example;

fn id(text: &str) -> BotImportId {
    BotImportId::new(text).unwrap()
}

fn client_id(text: &str) -> ClientId {
    ClientId::new(text).unwrap()
}

fn secret() -> Secret {
    Secret::new("s3cret").unwrap()
}

/// The example with two apps, one of which lacks the scope, and two imports.
async fn serve() -> SocketAddr {
    let app = Verifier::hmac(Algorithm::Hs256, &secret()).unwrap();
    let apps = HashMap::from([
        (client_id("cs-none"), app.clone()),
        (client_id("cs-1f"), app.scopes([Scope::BOT_IMPORT.name])),
    ]);
    let imports = ["bir-1f", "bir-2e"].map(|text| BotImport::new(id(text), Status::Pending));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = example::router(example::Server::new(apps, imports.into()));
    // It ends with the runtime of the test.
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}

fn client(address: SocketAddr, app: &str, secret: &str) -> Client {
    Client::builder().host(format!("http://{address}")).credentials(app, secret).build().unwrap()
}

fn with_token(address: SocketAddr, token: &str) -> Client {
    Client::builder().host(format!("http://{address}")).token(token).build().unwrap()
}

fn signed(claims: &Claims) -> String {
    Credentials::new(client_id("cs-1f"), secret()).sign(claims).unwrap().expose().to_owned()
}

fn refusal(error: &Error) -> (Option<StatusCode>, Option<Refusal>) {
    (error.status(), error.response().and_then(|response| response.refusal()))
}

async fn refused(client: Client, import: &str) -> (Option<StatusCode>, Option<Refusal>) {
    refusal(&client.bot_import_status(&id(import)).await.expect_err("refused"))
}

#[tokio::test]
async fn a_known_import_is_answered() {
    let address = serve().await;
    let import = client(address, "cs-1f", "s3cret").bot_import_status(&id("bir-1f")).await.unwrap();
    assert_eq!(import, BotImport::new(id("bir-1f"), Status::Pending));
}

#[tokio::test]
async fn each_fault_of_a_token_has_a_401_of_its_own() {
    let address = serve().await;
    let refused = |client: Client| refused(client, "bir-unknown");
    let unauthorised = |refusal: Refusal| (Some(StatusCode::UNAUTHORIZED), Some(refusal));

    let wrong_secret = client(address, "cs-1f", "another");
    assert_eq!(refused(wrong_secret).await, unauthorised(Refusal::InvalidSdkCredentials));
    let stranger = client(address, "cs-2e", "s3cret");
    assert_eq!(refused(stranger).await, unauthorised(Refusal::InvalidSdkCredentials));
    let no_jwt = with_token(address, "nonsense");
    assert_eq!(refused(no_jwt).await, unauthorised(Refusal::InvalidJwt));
    let no_scope = client(address, "cs-none", "s3cret");
    assert_eq!(refused(no_scope).await, unauthorised(Refusal::WrongScope));

    let soon = SystemTime::now() + Duration::from_secs(60);
    let past = SystemTime::now() - Duration::from_secs(60);
    let late = SystemTime::now() + Duration::from_secs(2 * 3600);
    let claims = || Claims::new("me", "cs-1f");
    let ended = with_token(address, &signed(&claims().expires_at(past)));
    assert_eq!(refused(ended).await, unauthorised(Refusal::InvalidSdkCredentials));
    let too_long = with_token(address, &signed(&claims().with_jti("a").expires_at(late)));
    assert_eq!(refused(too_long).await, unauthorised(Refusal::JtiTooLong));
    let once = with_token(address, &signed(&claims().with_jti("b").expires_at(soon)));
    once.bot_import_status(&id("bir-1f")).await.expect("the first use");
    assert_eq!(refused(once).await, unauthorised(Refusal::Replay));
}

#[tokio::test]
async fn an_unknown_import_is_a_400() {
    let client = client(serve().await, "cs-1f", "s3cret");
    let unknown = (Some(StatusCode::BAD_REQUEST), Some(Refusal::InvalidRequestId));
    for _ in 0..61 {
        assert_eq!(refused(client.clone(), "bir-unknown").await, unknown, "it is never counted");
    }
}

#[tokio::test]
async fn a_wrong_method_or_path_is_answered_before_the_token_is_checked() {
    let address = serve().await;
    let transport = HyperTransport::builder().build().unwrap();
    for (method, path, status, allow) in [
        ("POST", "/api/public/bot/import/status/bir-1f", 405, Some("GET")),
        ("DELETE", "/api/public/bot/import/status/bir-1f", 405, Some("GET")),
        ("GET", "/api/public/bot/import/status", 404, None),
        ("GET", "/", 404, None),
        ("GET", "/api/public/bot/import/status/bir-1f", 401, None),
    ] {
        let request = http::Request::builder().method(method).uri(format!("http://{address}{path}"));
        let answer = transport.send(request.body(Body::empty()).unwrap()).await.unwrap();
        let allowed = answer.headers().get("allow").map(|value| value.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), allowed), (status, allow), "{method} {path}");
    }
}

#[tokio::test]
async fn the_61st_poll_in_a_minute_is_a_429_that_says_how_long_to_wait() {
    let client = client(serve().await, "cs-1f", "s3cret");
    for _ in 0..60 {
        client.bot_import_status(&id("bir-1f")).await.expect("within the limit");
    }
    let error = client.bot_import_status(&id("bir-1f")).await.expect_err("over the limit");
    assert_eq!(refusal(&error), (Some(StatusCode::TOO_MANY_REQUESTS), Some(Refusal::MinuteLimit)));
    assert!(error.is_rate_limited() && error.is_retryable());
    let retry_after = error.response().unwrap().retry_after().expect("the header");
    assert!(retry_after.delay(SystemTime::now()) <= Duration::from_secs(60));
    client.bot_import_status(&id("bir-2e")).await.expect("another import has its own limit");
}

#[tokio::test]
async fn two_tokens_are_refused_and_so_is_one_before_its_nbf() {
    let address = serve().await;
    let unauthorised = (Some(StatusCode::UNAUTHORIZED), Some(Refusal::InvalidSdkCredentials));
    let late = SystemTime::now() + Duration::from_secs(3600);
    let soon = with_token(address, &signed(&Claims::new("me", "cs-1f").not_before(late)));
    assert_eq!(refused(soon, "bir-1f").await, unauthorised);

    let transport = HyperTransport::builder().build().unwrap();
    let token = signed(&Claims::new("me", "cs-1f"));
    for (headers, status) in [(1, 200), (2, 401), (3, 401)] {
        let uri = format!("http://{address}/api/public/bot/import/status/bir-1f");
        let request = (0..headers).fold(http::Request::get(uri), |request, _| request.header("auth", &token));
        let answer = transport.send(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{headers} headers");
    }
}
