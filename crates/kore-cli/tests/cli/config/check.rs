//! `kore config --check`: one question, and what each response to it tells.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use kore_emulator::App;
use serde_json::Value;

use super::document;
use crate::run::{CLIENT_ID, Kore, Platform, Run, SECRET, app};
use crate::server::{Server, response};

const INVALID_ID: &str = r#"{"errors":[{"msg":"Invalid request ID","code":400}]}"#;

fn checking(host: &str) -> Kore {
    Kore::new(["config", "--check"])
        .env("KORE_HOST", host)
        .env("KORE_CLIENT_ID", CLIENT_ID)
        .env("KORE_CLIENT_SECRET", SECRET)
}

/// The results of the steps: host, TLS, platform, token, scope, clock.
#[track_caller]
fn steps(run: &Run) -> Vec<&str> {
    let check = run.stdout.split("\nCheck ").nth(1).unwrap_or_else(|| panic!("no check: {}", run.stdout));
    let steps: Vec<_> = check.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    let names: Vec<_> = steps.iter().map(|step: &Vec<&str>| step[0]).collect();
    assert_eq!(names, ["host", "TLS", "platform", "token", "scope", "clock"]);
    steps.iter().map(|step| step[1]).collect()
}

/// Checks a host, and gives back how the steps went and what was said.
#[track_caller]
fn checked(mut kore: Kore, code: i32, expected: [&str; 5]) -> Run {
    let run = kore.run();
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    assert_eq!(steps(&run)[..5], expected, "{}", run.stdout);
    run
}

const ALL: [&str; 5] = ["ok", "unused", "ok", "ok", "ok"];
const OVER_TLS: [&str; 5] = ["ok"; 5];
const NO_PLATFORM: [&str; 5] = ["ok", "unused", "failed", "unknown", "unknown"];
const NO_TOKEN: [&str; 5] = ["ok", "unused", "ok", "failed", "unknown"];
const NO_HOST: [&str; 5] = ["failed", "unknown", "unknown", "unknown", "unknown"];

fn of_app(app: App) -> Platform {
    Platform::of_app(app, |emulator| emulator)
}

#[test]
fn a_platform_that_takes_the_settings() {
    let platform = of_app(app());
    let run = checked(checking(&platform.emulator.url()), 0, ALL);
    assert_eq!((steps(&run)[5], &*run.stderr), ("ok", ""));
    let document = document(checking(&platform.emulator.url()));
    let check = &document["check"];
    let request = check["request"].as_str().expect("a text");
    assert!(
        request.starts_with(&format!("GET {}/api/public/bot/import/status/bir-", platform.emulator.url()))
    );
    assert!(
        check["steps"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|step| step["result"] == "ok" || step["step"] == "TLS"),
        "{document}"
    );
    assert_eq!(super::document(Kore::new(["config"]))["check"], Value::Null);
}

#[test]
fn an_app_without_the_scope() {
    let platform = of_app(app().scopes([]));
    let run = checked(checking(&platform.emulator.url()), 4, ["ok", "unused", "ok", "ok", "failed"]);
    run.says(&["error: the platform answered 401", "hint: in the Admin Console tick", CLIENT_ID]);
    let others = "> Bot Import; exports and publishes have scopes of their own";
    assert!(run.stdout.contains(others), "{}", run.stdout);
}

#[test]
fn a_wrong_secret_is_told_after_one_request() {
    let platform = of_app(app());
    let wrong = checking(&platform.emulator.url()).env("KORE_CLIENT_SECRET", "another-one");
    let run = checked(wrong, 4, NO_TOKEN);
    run.says(&["Invalid SDK credentials", "the secret (KORE_CLIENT_SECRET)"]);
    assert!(!run.stderr.contains("requests"), "it is asked once: {}", run.stderr);
}

#[test]
fn an_app_that_enforces_jti_or_jwe() {
    let platform = of_app(app().enforce_jti(true));
    let url = platform.emulator.url();
    checked(checking(&url), 4, NO_TOKEN).says(&["add --jti or KORE_JTI=1"]);
    checked(checking(&url).arg("--jti"), 0, ALL);

    let platform = of_app(app().enforce_jwe(true));
    let url = platform.emulator.url();
    checked(checking(&url), 4, NO_TOKEN).says(&["--jwe-key if JWE"]);
    let jwk = platform.emulator.jwk().expect("an app enforces JWE");
    let encrypted = checking(&url).file("jwk.json", jwk).in_home().env("KORE_JWE_KEY_FILE", "jwk.json");
    checked(encrypted, 0, ALL);
}

#[test]
fn a_ready_token_that_is_refused() {
    let platform = of_app(app());
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4IiwiYXBwSWQiOiJjcy0wZjBmIiwiZXhwIjoxfQ.c2ln";
    let kore =
        Kore::new(["config", "--check"]).env("KORE_HOST", platform.emulator.url()).env("KORE_JWT", jwt);
    checked(kore, 4, NO_TOKEN).says(&["the token of KORE_JWT ended"]);
}

#[test]
fn tls_that_is_trusted_and_tls_that_is_not() {
    let platform = Platform::start(|emulator| emulator.self_signed());
    let url = platform.emulator.url();
    let run = checked(checking(&url), 6, ["ok", "failed", "unknown", "unknown", "unknown"]);
    run.says(&["is not trusted", "--ca-file FILE trusts a CA"]);
    let ca = platform.emulator.ca_pem().expect("it speaks TLS");
    let run = checked(checking(&url).file("ca.pem", ca).in_home().env("KORE_CA_FILE", "ca.pem"), 0, OVER_TLS);
    assert!(run.stdout.contains("verified"), "{}", run.stdout);
}

#[test]
fn a_host_that_is_not_reached() {
    let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("an address");
    let plain = ["failed", "unused", "unknown", "unknown", "unknown"];
    checked(checking(&format!("http://{free}")), 6, plain).says(&["the host is from KORE_HOST"]);
    checked(checking("https://no-such-host.invalid").args(["--timeout", "20s"]), 6, NO_HOST);
    let proxy = Server::answering("407 Proxy Authentication Required", "", "<html>");
    let through =
        checking("https://kore.invalid").env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port));
    checked(through, 6, NO_HOST).says(&["wants a user and a password"]);
}

#[test]
fn a_host_that_says_nothing_is_waited_for_as_long_as_asked() {
    let (silent, _listener) = Server::silent();
    let run = checked(checking(&silent.url).args(["--timeout", "300ms"]), 6, NO_PLATFORM);
    run.says(&["timed out", "0.3 s", "hint: --timeout"]);
}

#[test]
fn a_host_that_is_not_the_platform() {
    let page = "<html><h1>Log in</h1></html>";
    let html = "content-type: text/html\r\n";
    for (server, hint) in [
        (Server::answering("200 OK", html, page), "an HTML page is no response of the API"),
        (Server::answering("404 Not Found", html, page), "an HTML page is no response of the API"),
        (Server::answering("401 Unauthorized", html, page), "an HTML page is no response of the API"),
        (Server::answering("404 Not Found", "", ""), "check the host and its path (KORE_HOST)"),
        (Server::answering("403 Forbidden", "", "no"), "a firewall or a wrong host"),
        (Server::answering("302 Found", "location: https://login.example/\r\n", ""), "does not redirect"),
        (Server::answering("503 Service Unavailable", "", "later"), "try again later"),
        (Server::json("{}"), "is this a mock, or a cache?"),
        (Server::json(r#"{"_id":"bir-1","status":"success"}"#), "check for a cache"),
    ] {
        checked(checking(&server.url), 5, NO_PLATFORM).says(&["error: ", "hint: ", hint]);
    }
    // What begins the path is a part of the host.
    let platform = of_app(app());
    let url = format!("{}/builder", platform.emulator.url());
    checked(checking(&url), 5, NO_PLATFORM).says(&["check the host and its path (KORE_HOST)"]);
}

#[test]
fn a_refusal_that_says_neither() {
    let limit = r#"{"errors":[{"msg":"Rate limit for this API has been reached. Please try again after some time.","code":429}]}"#;
    let server = Server::answering("429 Too Many Requests", "", limit);
    checked(checking(&server.url), 5, NO_PLATFORM).says(&["wait a minute"]);
    let bare = Server::answering("401 Unauthorized", "", "");
    checked(checking(&bare.url), 4, ["ok", "unused", "unknown", "failed", "unknown"]);
    // The words of the refusal may change: the token was not refused.
    let words =
        Server::answering("400 Bad Request", "", r#"{"errors":[{"msg":"No such import","code":400}]}"#);
    let run = checked(checking(&words.url), 0, ALL);
    run.says(&["warning: expected the refusal \"Invalid request ID\"", "No such import"]);
}

/// A server with the clock set so.
fn server_at(seconds: i64, status: &'static str, body: &'static str) -> Server {
    Server::start(move |_| {
        let now = SystemTime::now();
        let shift = Duration::from_secs(seconds.unsigned_abs());
        let then = if seconds < 0 { now - shift } else { now + shift };
        let date = format!("date: {}\r\n", httpdate::fmt_http_date(then));
        response(status, &date, body.as_bytes())
    })
}

#[test]
fn a_clock_that_is_off_is_told_and_is_what_to_mend_where_the_token_is_refused() {
    let hour_behind = server_at(3600, "400 Bad Request", INVALID_ID);
    let run = checked(checking(&hour_behind.url), 0, ALL);
    assert_eq!(steps(&run)[5], "failed");
    run.says(&["warning: this machine's clock is ", " behind the host's: tokens may be refused"]);

    let refused = r#"{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}"#;
    let hour_ahead = server_at(-3600, "401 Unauthorized", refused);
    let run = checked(checking(&hour_ahead.url), 4, NO_TOKEN);
    run.says(&["hint: set this machine's clock: it is 1 h", " ahead of the host's"]);

    let in_time = server_at(-5, "400 Bad Request", INVALID_ID);
    let run = checked(checking(&in_time.url), 0, ALL);
    assert_eq!((steps(&run)[5], &*run.stderr), ("ok", ""));
}

#[test]
fn it_asks_once_whatever_comes_and_each_time_for_another_import() {
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, paths) = (asked.clone(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let seen = paths.clone();
    let server = Server::start(move |head| {
        let at = count.fetch_add(1, Ordering::SeqCst);
        seen.lock().expect("no panic").push(head.lines().next().unwrap_or_default().to_owned());
        let status = ["503 Service Unavailable", "401 Unauthorized", "429 Too Many Requests"][at % 3];
        response(status, "retry-after: 0\r\n", b"{}")
    });
    for n in 1..=3 {
        assert_ne!(checking(&server.url).run().code, 0);
        assert_eq!(asked.load(Ordering::SeqCst), n);
    }
    let paths = paths.lock().expect("no panic");
    assert!(paths.iter().all(|path| path.starts_with("GET /api/public/bot/import/status/bir-")), "{paths:?}");
    assert!(paths[0] != paths[1] && paths[1] != paths[2], "{paths:?}");
}
