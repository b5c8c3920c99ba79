//! The control API in JSON: it creates, steers and lists imports, and says what it refuses.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use kore_emulator::{Fault, Mode, scenarios};
use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::{BotImportId, Client, Outcome};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Control;
use crate::emulator::{client, emulator};

async fn outcome(client: &Client, id: &str) -> Outcome {
    client.bot_import_status(&id.parse::<BotImportId>().expect("valid")).await.expect("a status").outcome()
}

#[tokio::test]
async fn an_import_is_created_by_name_and_steered() {
    let emulator = emulator().start().await.expect("a free port");
    let (control, client) = (Control::of(&emulator), client(&emulator));
    for (how, expected) in
        [("advance", Outcome::Succeeded), ("finish", Outcome::Succeeded), ("fail", Outcome::Failed)]
    {
        let id = control.create(r#"{"scenario": "stuck", "mode": "at-once"}"#).await;
        assert_eq!(outcome(&client, &id).await, Outcome::Running);
        let steer = format!("/imports/{id}/{how}");
        control.json("POST", &steer, "").await;
        assert_eq!(outcome(&client, &id).await, expected, "{how}");
        control.ask("POST", &steer, "").await.refuses(409, &["has ended"]);
    }
}

/// `curl --data-binary @file` sends what an editor or PowerShell wrote.
#[tokio::test]
async fn a_body_is_read_in_each_encoding() {
    let emulator = emulator().start().await.expect("a free port");
    let control = Control::of(&emulator);
    let utf16 = |json: &str| json.chars().map(|c| format!("{c}\0")).collect::<String>();
    let faults = r#"{"faults": [{"effect": "reset", "after": 1000}]}"#;
    let import = |id: &str| format!(r#"{{"scenario": "stuck", "id": "{id}"}}"#);
    let snapshot = control.ask("GET", "/snapshot", "").await.text;
    for (method, path, body) in [
        ("POST", "/imports", format!("\u{feff}{}", import("bir-marked"))),
        ("POST", "/imports", utf16(&import("bir-wide"))),
        ("POST", "/faults", format!("\u{feff}{faults}")),
        ("POST", "/faults", utf16(faults)),
        ("PUT", "/snapshot", format!("\u{feff}{snapshot}")),
    ] {
        let answer = control.ask(method, path, &body).await;
        assert!(answer.status < 300, "{body:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_import_is_created_from_a_scenario_in_the_request() {
    let emulator = emulator().start().await.expect("a free port");
    let control = Control::of(&emulator);
    let scenario =
        r#"{"tasks": [{"type": "Dialog", "name": "Pay", "outcome": "failed", "extra": {"n": 1.5}}]}"#;
    let body = format!(r#"{{"scenario": {scenario}, "mode": "looks", "each": 2, "id": "bir-mine"}}"#);
    let answer = control.ask("POST", "/imports", &body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.headers["location"], "/_emulator/imports/bir-mine");
    control.ask("POST", "/imports", &body).await.refuses(409, &["bir-mine"]);
    let client = client(&emulator);
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        outcomes.push(outcome(&client, "bir-mine").await);
    }
    assert_eq!(outcomes, [Outcome::Running, Outcome::Running, Outcome::Failed]);
    let whole = control.ask("GET", "/imports/bir-mine", "").await;
    assert!(whole.text.contains(r#""n":1.5"#), "{}", whole.text);
    assert_eq!(whole.json()["document"]["status"], "failed");
    assert_eq!(control.ask("DELETE", "/imports/bir-mine", "").await.status, 204);
    for method in ["GET", "DELETE"] {
        control.ask(method, "/imports/bir-mine", "").await.refuses(404, &["bir-mine"]);
    }
    client.bot_import_status(&"bir-mine".parse().expect("valid")).await.expect_err("it is gone");
}

#[tokio::test]
async fn an_impossible_request_is_answered_with_what_to_do() {
    let builder = emulator().import(kore_emulator::samples::succeeded());
    let emulator = builder.start().await.expect("a free port");
    let control = Control::of(&emulator);
    let fixed = emulator.import_ids()[0].clone();
    let many = "x".repeat(5 * 1024 * 1024);
    for (method, path, body, status, text) in [
        ("GET", "/nothing", "", 404, "/_emulator/snapshot"),
        ("GET", "/imports/b%20r", "", 404, "b%20r"),
        ("DELETE", "/imports", "", 405, "GET, POST, HEAD"),
        ("GET", "/imports?limit=5000", "", 400, "limit=5000"),
        ("POST", "/imports", "", 400, "EOF"),
        ("POST", "/imports", r#"{"scenario": "sucess"}"#, 400, "documented-success"),
        ("POST", "/imports", r#"{"scenario": 5}"#, 400, "documented-success"),
        ("POST", "/imports", r#"{"scenario": {"tasks": [{"type": "a"}]}}"#, 400, "tasks[0]"),
        ("POST", "/imports", r#"{"scenario": "stuck", "mod": "time"}"#, 400, "`mod`"),
        ("POST", "/imports", r#"{"scenario": "stuck", "speed": 0}"#, 400, "over 0"),
        ("POST", "/imports", r#"{"scenario": "stuck", "mode": "looks", "speed": 2}"#, 400, "alone"),
        ("POST", "/imports", r#"{"scenario": "stuck", "id": "b r"}"#, 400, "b r"),
        ("POST", "/imports", &many, 413, "4194304"),
        ("POST", &format!("/imports/{fixed}/fail"), "", 409, "fixed document"),
        ("POST", "/imports/bir-none/fail", "", 404, "bir-none"),
        ("POST", "/faults", r#"{"faults": [{"effect": "rest"}]}"#, 400, "faults[0]"),
        ("PUT", "/snapshot", "{}", 400, "`format`"),
    ] {
        control.ask(method, path, body).await.refuses(status, &[text]);
    }
    let allow = control.ask("PATCH", "/imports", "").await;
    assert_eq!(allow.headers["allow"], "GET, POST, HEAD");
    assert_eq!(emulator.import_ids(), [fixed]);
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused() {
    let emulator = emulator().start().await.expect("a free port");
    let control = Control::of(&emulator);
    let create = r#"{"scenario": "stuck"}"#;
    for headers in [
        [("origin", "http://evil.example")],
        [("host", "evil.example")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        control.ask_with("POST", "/imports", create, &headers).await.refuses(403, &[headers[0].1]);
    }
    assert!(emulator.import_ids().is_empty());
    let own = [("origin", &*emulator.url()), ("sec-fetch-site", "same-origin")];
    let answer = control.ask_with("POST", "/imports", create, &own).await;
    assert_eq!(answer.status, 201);
    assert!(answer.headers.get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn lists_come_in_pages_the_newest_first() {
    let emulator = emulator().start().await.expect("a free port");
    let control = Control::of(&emulator);
    let stuck = std::sync::Arc::new(scenarios::stuck());
    let mut ids: Vec<_> = (0..7).map(|_| emulator.create(stuck.clone(), Mode::TIME).to_string()).collect();
    ids.reverse();
    let (mut found, mut next) = (Vec::new(), Some("/_emulator/imports?limit=3".to_owned()));
    while let Some(path) = next {
        let page = control.json("GET", path.trim_start_matches("/_emulator"), "").await;
        assert_eq!(page["total"], 7);
        let imports = page["imports"].as_array().expect("a list");
        assert!(imports.len() <= 3);
        found.extend(imports.iter().map(|import| import["id"].as_str().expect("an id").to_owned()));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(found, ids);
}

#[tokio::test]
async fn the_log_says_what_became_of_each_request_and_shows_no_token() {
    let builder = emulator().scenario(scenarios::stuck(), Mode::TIME).fault(Fault::reset().after(2).first(1));
    let emulator = builder.start().await.expect("a free port");
    let control = Control::of(&emulator);
    let id = emulator.import_ids()[0].clone();
    let client = client(&emulator);
    client.bot_import_status(&id).await.expect("a status");
    let stranger =
        Client::builder().host(emulator.url()).credentials("cs-1f", "wrong").build().expect("builds");
    stranger.bot_import_status(&id).await.expect_err("refused");
    client.bot_import_status(&id).await.expect_err("reset");
    client.bot_import_status(&"bir-none".parse().expect("valid")).await.expect_err("unknown");
    let answer = control.ask("GET", "/requests", "").await;
    let log = answer.json();
    let told = |n: usize| {
        let request = &log["requests"][n];
        json!([request["status"], request["refused"], request["fault"], request["import"]])
    };
    assert_eq!(log["total"], 4);
    assert_eq!(told(0), json!([400, "Invalid request ID", null, "bir-none"]));
    assert_eq!(told(1), json!([null, null, "the connection is reset", id.as_str()]));
    assert_eq!(told(2), json!([401, "the token: not signed with the app's key", null, id.as_str()]));
    assert_eq!(told(3), json!([200, null, null, id.as_str()]));
    assert!(!answer.text.contains("eyJ"), "{}", answer.text);
}

/// Whoever asks, and wherever the log is shown.
#[tokio::test]
async fn a_token_is_hidden_wherever_it_stands_in_a_request() {
    let emulator = emulator().start().await.expect("a free port");
    let control = Control::of(&emulator);
    let mut events = control.http.get(format!("{}/events", control.root)).send().await.expect("an answer");
    let claims = kore_auth::Claims::new("me", "cs-1f");
    let credentials =
        kore_auth::Credentials::new("cs-1f".parse().unwrap(), kore_auth::Secret::new("other").unwrap());
    let token = credentials.sign(&claims).expect("signs").expose().to_owned();
    let parts: Vec<_> = token.split('.').collect();
    let blank =
        format!("{}.{}.{}", BASE64_URL_SAFE_NO_PAD.encode("{ \"alg\": \"HS256\" }"), parts[1], parts[2]);
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let path = get_status::METADATA.path;
    let mut asked = 0;
    for token in [&token, &blank] {
        let once = format!("%65%79{}", &token[2..]);
        let twice = encoded(&encoded(token));
        for (target, name, value) in [
            (path.fill(&["bir-1f"]), "auth", token.clone()),
            (path.fill(&["bir-1f"]), "authorization", format!("Bearer {token}")),
            (path.fill(&["bir-1f"]), "x-api-key", token.clone()),
            (path.fill(&[&format!("bir-{token}")]), "accept", "*/*".to_owned()),
            (path.fill(&["bir-1f"]) + "?token=" + token, "accept", "*/*".to_owned()),
            (format!("/{token}/x"), "accept", "*/*".to_owned()),
            (format!("/{once}"), "accept", "*/*".to_owned()),
            (format!("/x/{twice}?y={once}"), "accept", "*/*".to_owned()),
            (format!("/Bearer%20{once}"), "accept", "*/*".to_owned()),
        ] {
            let mut stream = TcpStream::connect(emulator.address()).await.expect("it serves");
            let request =
                format!("GET {target} HTTP/1.1\r\nhost: x\r\n{name}: {value}\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.expect("sent");
            stream.read_to_end(&mut Vec::new()).await.expect("an answer");
            asked += 1;
        }
    }
    let log = control.ask("GET", "/requests", "").await;
    assert_eq!(log.json()["total"], asked);
    let mut shown = log.text;
    // Each request, as a page is told of it.
    while shown.matches("\"method\":\"GET\"").count() < 2 * asked {
        let piece = events.chunk().await.expect("it follows").expect("more");
        shown.push_str(&String::from_utf8_lossy(&piece));
    }
    for hidden in [parts[1], parts[2], &encoded(&token[..8]), "%65%79", "eyJ", "%25"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
}

#[tokio::test]
async fn faults_and_rate_limits_spare_the_control_api() {
    let fault = Fault::status(StatusCode::SERVICE_UNAVAILABLE).after(1).first(1);
    let builder = emulator().scenario(scenarios::stuck(), Mode::TIME).fault(fault);
    let emulator = builder.start().await.expect("a free port");
    let control = Control::of(&emulator);
    let id = emulator.import_ids()[0].clone();
    for _ in 0..100 {
        assert_eq!(control.json("GET", "/openapi.json", "").await["openapi"], "3.1.1");
        assert_eq!(control.json("GET", "/health", "").await["status"], "ok");
        control.json("GET", &format!("/imports/{id}"), "").await;
    }
    let client = client(&emulator);
    client.bot_import_status(&id).await.expect("the first request");
    let error = client.bot_import_status(&id).await.expect_err("the second");
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(control.json("GET", "/health", "").await["requests"], 2);
}

#[tokio::test]
async fn faults_are_added_listed_and_cleared() {
    let emulator = emulator().scenario(scenarios::stuck(), Mode::TIME).start().await.expect("a free port");
    let control = Control::of(&emulator);
    let client = client(&emulator);
    let id = emulator.import_ids()[0].clone();
    let faults = r#"{"faults": [
        {"effect": {"answer": {"status": 503, "headers": {"retry-after": "1"}, "body": "busy"}}, "route": "bot_import::get_status", "first": 2},
        {"effect": "reset", "probability": 0.0}, {"effect": {"latency": "1ms"}, "until": "1h"},
        {"effect": {"drip": {"bytes": 9, "pause": "1ms"}}, "after": 99}]}"#;
    control.json("POST", "/faults", faults).await;
    client.bot_import_status(&id).await.expect_err("a fault");
    let listed = control.json("GET", "/faults", "").await;
    assert_eq!(listed["faults"][0]["seen"], 1);
    assert_eq!(listed["faults"][0]["effect"]["answer"]["headers"]["retry-after"], "1");
    assert_eq!(listed["faults"].as_array().map(Vec::len), Some(4));
    assert_eq!(control.ask("DELETE", "/faults", "").await.status, 204);
    client.bot_import_status(&id).await.expect("no fault");
    assert_eq!(control.json("GET", "/faults", "").await["faults"], json!([]));
    // What is listed can be added, but for what it saw.
    let mut again = listed;
    for fault in again["faults"].as_array_mut().expect("a list") {
        fault.as_object_mut().expect("an object").remove("seen");
    }
    let added = control.json("POST", "/faults", &again.to_string()).await;
    assert_eq!(added["faults"][3]["after"], 99);
}

#[tokio::test]
async fn a_reset_brings_back_the_start() {
    let scenario = scenarios::failure();
    let builder = emulator().scenario(scenario, Mode::LOOKS).fault(Fault::reset().first(1));
    let emulator = builder.start().await.expect("a free port");
    let control = Control::of(&emulator);
    let first = emulator.import_ids();
    let client = client(&emulator);
    for _ in 0..2 {
        client.bot_import_status(&first[0]).await.expect_err("the fault of the start");
        for _ in 0..58 {
            client.bot_import_status(&first[0]).await.expect("a status");
        }
        let last = client.bot_import_status(&first[0]).await.expect("within the limit");
        assert_eq!(last.outcome(), Outcome::Failed);
        control.create(r#"{"scenario": "stuck"}"#).await;
        control.json("POST", "/faults", r#"{"faults": [{"effect": "proxy_page"}]}"#).await;
        assert_eq!(control.ask("POST", "/reset", "").await.status, 204);
        assert_eq!(emulator.import_ids(), first);
        assert_eq!(control.json("GET", "/requests", "").await["requests"], json!([]));
    }
}

#[tokio::test]
async fn a_snapshot_is_restored_by_another_emulator_and_has_no_secret() {
    let one =
        emulator().scenario(scenarios::failure(), Mode::LOOKS).import(kore_emulator::samples::running());
    let one = one.start().await.expect("a free port");
    let ids = one.import_ids();
    let client_of_one = client(&one);
    for _ in 0..3 {
        client_of_one.bot_import_status(&ids[0]).await.expect("a status");
    }
    let snapshot = Control::of(&one).ask("GET", "/snapshot", "").await.text;
    assert!(!snapshot.contains("s3cret") && !snapshot.contains("cs-1f"), "{snapshot}");
    let other = emulator().scenario(scenarios::stuck(), Mode::TIME).start().await.expect("a free port");
    let control = Control::of(&other);
    assert_eq!(control.json("PUT", "/snapshot", &snapshot).await["imports"], 2);
    assert_eq!(other.import_ids(), ids);
    let client_of_other = client(&other);
    for id in &ids {
        let [a, b] = [client_of_one.bot_import_status(id).await, client_of_other.bot_import_status(id).await];
        assert_eq!(a.expect("a status"), b.expect("a status"));
    }
}

#[tokio::test]
async fn without_control_its_paths_are_unknown() {
    let emulator = emulator().control(false).start().await.expect("a free port");
    let control = Control::of(&emulator);
    for path in ["", "/", "/health", "/imports"] {
        let answer = control.ask("GET", path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("\"errors\""), "the platform's words: {}", answer.text);
    }
}
