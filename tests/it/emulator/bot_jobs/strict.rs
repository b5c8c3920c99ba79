//! What the calls refuse, in which order, and their rate limits.

use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use kore_emulator::{App, Now};
use kore_sdk::auth::Secret;
use kore_sdk::protocol::{OutgoingRequest, Refusal, Scope};

use super::*;
use crate::emulator::client_of;

async fn refusal<R>(client: &Client, request: &R) -> Option<Refusal>
where
    R: OutgoingRequest<Response: Send> + Sync,
{
    let error = client.send(request).await.err()?.to_string();
    let known = Refusal::all().find(|refusal| error.contains(refusal.msg()));
    Some(known.unwrap_or_else(|| panic!("{error}")))
}

/// What each of the four calls is refused with for that bot.
async fn refusals(client: &Client, bot: &BotId) -> [Option<Refusal>; 4] {
    [
        refusal(client, &export_of(bot.clone())).await,
        refusal(client, &bot_export::get_status::Request::new(bot.clone())).await,
        refusal(client, &publish_of(bot.clone())).await,
        refusal(client, &bot_publish::get_status::Request::new(bot.clone())).await,
    ]
}

#[tokio::test]
async fn the_token_comes_before_the_scope_and_the_scope_before_the_bot() {
    let secret = || Secret::new("s3cret").unwrap();
    let only = |id: &str, scope| App::new(id.parse().unwrap(), secret()).scopes([scope]);
    let builder = emulator().bot(bot()).app(only("cs-import", Scope::BOT_IMPORT));
    let builder = builder.app(only("cs-export", Scope::BOT_EXPORT));
    let builder = builder.app(only("cs-publish", Scope::BOT_PUBLISH));
    let emulator = builder.app(only("cs-status", Scope::BOT_PUBLISH_STATUS)).start().await.unwrap();
    let client = |id: &str, secret: &str| client_of(&emulator).credentials(id, secret).build().unwrap();
    let unknown: BotId = "st-unknown".parse().unwrap();
    let wrong = Some(Refusal::WrongScope);
    let stream = Some(Refusal::InvalidStreamId);
    for (app, expected) in [
        ("cs-import", [wrong; 4]),
        ("cs-export", [stream, stream, wrong, wrong]),
        ("cs-publish", [wrong, wrong, stream, wrong]),
        ("cs-status", [wrong, wrong, wrong, stream]),
        ("cs-1f", [stream; 4]),
    ] {
        assert_eq!(refusals(&client(app, "s3cret"), &unknown).await, expected, "{app}");
    }
    let broken = refusals(&client("cs-1f", "another"), &unknown).await;
    assert_eq!(broken, [Some(Refusal::InvalidSdkCredentials); 4]);
}

#[tokio::test]
async fn a_status_before_any_start_is_refused_as_an_unknown_request_is() {
    let emulator = start().await;
    let none = Some(Refusal::InvalidRequestId);
    let client = client(&emulator);
    assert_eq!(refusal(&client, &bot_export::get_status::Request::new(bot())).await, none);
    assert_eq!(refusal(&client, &bot_publish::get_status::Request::new(bot())).await, none);
    client.start_publish(&publish_of(bot())).await.unwrap();
    assert_eq!(refusal(&client, &bot_export::get_status::Request::new(bot())).await, none, "of its own kind");
    // With the bot its jobs go.
    emulator.remove_bot(&bot());
    emulator.add_bot(bot());
    assert_eq!(refusal(&client, &bot_publish::get_status::Request::new(bot())).await, none);
}

#[tokio::test]
async fn an_order_that_is_not_whole_and_a_wrong_method_are_refused() {
    let emulator = start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = client(&emulator);
    let token = {
        use kore_sdk::auth::{Claims, Credentials};
        let credentials = Credentials::new("cs-1f".parse().unwrap(), Secret::new("s3cret").unwrap());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let mut claims = Claims::new("me", "cs-1f");
        claims.exp = Some(now + 600);
        credentials.sign(&claims).unwrap()
    };
    let root = format!("{}/api/public/bot", emulator.url());
    for (method, path, body, status, allow) in [
        ("POST", "st-1f/export", "{}", 412, None),
        ("POST", "st-1f/export", r#"{"exportType":"latest","exportOptions":{"tasks":[]}}"#, 400, None),
        ("POST", "st-1f/publish", "{}", 412, None),
        ("POST", "bot-1f/publish", r#"{"versionComment":"a"}"#, 400, None),
        ("GET", "bot-1f/export/status", "", 400, None),
        ("GET", "st-1f/export", "", 405, Some("POST")),
        ("DELETE", "st-1f/publish", "", 405, Some("POST")),
        ("POST", "st-1f/export/status", "{}", 405, Some("GET")),
        ("PUT", "st-1f/publish/status", "{}", 405, Some("GET")),
        ("GET", "st-1f/publish/status/x", "", 404, None),
    ] {
        let request = http.request(method.parse().unwrap(), format!("{root}/{path}"));
        let answer = request.header("auth", token.expose()).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        assert_eq!(
            answer.headers().get("allow").map(|allow| allow.to_str().unwrap()),
            allow,
            "{method} {path}"
        );
    }
    // Nothing was started by any of these.
    let none = Some(Refusal::InvalidRequestId);
    assert_eq!(refusal(&client, &bot_export::get_status::Request::new(bot())).await, none);
}

#[tokio::test]
async fn each_call_has_a_limit_of_its_own_for_each_bot() {
    let now = Arc::new(Mutex::new(Now { instant: Instant::now(), wall: SystemTime::now() }));
    let read = Arc::clone(&now);
    let builder = emulator().bot(bot()).bot("st-2e".parse().unwrap()).started_mode(Mode::AtOnce);
    let emulator = builder.clock(move || *read.lock().unwrap()).start().await.unwrap();
    // The client counts for itself too, so each minute has a new one.
    let fresh = || client(&emulator);
    let none = Some(Refusal::MinuteLimit);
    let first = fresh();
    for _ in 0..60 {
        assert_eq!(refusal(&first, &export_of(bot())).await, None);
        assert_eq!(refusal(&first, &publish_of(bot())).await, None);
        assert_eq!(refusal(&first, &bot_export::get_status::Request::new(bot())).await, None);
        assert_eq!(refusal(&first, &bot_publish::get_status::Request::new(bot())).await, None);
    }
    assert_eq!(refusals(&fresh(), &bot()).await, [none; 4]);
    let other: BotId = "st-2e".parse().unwrap();
    assert_eq!(refusals(&fresh(), &other).await, [None, None, None, None], "another bot has its own");
    now.lock().unwrap().instant += Duration::from_secs(60);
    assert_eq!(refusals(&fresh(), &bot()).await, [None; 4]);
}
