//! Each answer has its exit code, its words and its hint.

use kore_emulator::{App, samples};

use crate::run::{Kore, Platform, app};
use crate::server::{Server, response};

fn refused(status: &str, msg: &str) -> Server {
    Server::answering(status, "", format!(r#"{{"errors":[{{"msg":"{msg}","code":1}}]}}"#))
}

fn html(status: &str) -> Kore {
    let page = "\n<html><h1>Log in</h1></html>";
    asking(&Server::answering(status, "content-type: text/html\r\n", page))
}

fn asking(server: &Server) -> Kore {
    Kore::status(&server.url, "bir-1")
}

#[test]
fn the_exit_status_is_that_of_the_import_only_if_asked_for() {
    for (import, code) in [(samples::succeeded(), 0), (samples::failed(), 1), (samples::running(), 3)] {
        let platform = Platform::start(|emulator| emulator.import(import));
        platform.status().succeeds();
        let run = platform.status().arg("--exit-status").run();
        assert_eq!(run.code, code, "{}", run.stderr);
    }
}

#[test]
fn a_status_that_is_not_known_is_no_success() {
    for body in
        [r#"{"_id":"bir-1","status":"Finished"}"#, r#"{"_id":"bir-1"}"#, r#"{"_id":"bir-1","status":1}"#]
    {
        assert_eq!(asking(&Server::json(body)).arg("--exit-status").run().code, 3, "{body}");
    }
}

#[test]
fn an_answer_without_a_status_is_warned_about() {
    let run = asking(&Server::json(r#"{"_id":"bir-1","statusLogs":[{"status":"success"}]}"#)).succeeds();
    run.says(&["warning: the response has no status: nothing can be concluded"]);
}

#[test]
fn a_document_that_cannot_be_read_as_a_whole_hides_no_verdict() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for odd in ["1e400", r#""\ud800""#, &deep] {
        let body = format!(r#"{{"_id":"bir-1","x":{odd},"status":"failed","statusLogs":[]}}"#);
        let run = asking(&Server::json(&*body)).arg("--exit-status").run();
        assert_eq!(run.code, 1, "{}", run.stderr);
        run.says(&["warning: the response cannot be read as a whole", "--output json shows it as it came"]);
        assert!(run.stdout.contains("failed"), "{}", run.stdout);
        let run = asking(&Server::json(&*body)).arg("--output=json").succeeds();
        assert_eq!(run.stdout, body + "\n");
    }
    let doubled = r#"{"_id":"bir-1","x":1e400,"status":"success","status":"failed"}"#;
    assert_eq!(asking(&Server::json(doubled)).arg("--exit-status").run().code, 3);
}

#[test]
fn a_response_about_another_import_is_an_error() {
    let other = Server::json(r#"{"_id":"bir-2","status":"success"}"#);
    for args in [&[][..], &["--exit-status"], &["--output=json"]] {
        let run = asking(&other).args(args).fails(5);
        run.says(&["error: expected a response about bir-1, found one about bir-2", "hint: ask again"]);
    }
}

#[test]
fn failed_tasks_of_an_import_that_succeeded_are_a_warning_and_keep_the_exit_status() {
    let log = r#"[{"status":"failed"},{"status":"success"},{"status":"failed"}]"#;
    let body = format!(r#"{{"_id":"bir-1","status":"success","statusLogs":{log}}}"#);
    for args in [&[][..], &["--exit-status", "--output=json"][..]] {
        let run = asking(&Server::json(&*body)).args(args).succeeds();
        assert_eq!(
            run.stderr,
            "warning: the platform says that the import succeeded, and that 2 of its tasks failed\n"
        );
    }
}

#[test]
fn a_wrong_secret() {
    let platform = Platform::start(|emulator| emulator.import(samples::succeeded()));
    let run = platform.status().env("KORE_CLIENT_SECRET", "another").fails(4);
    run.says(&["401", "Invalid SDK credentials", "(KORE_CLIENT_ID)", "(KORE_CLIENT_SECRET)", "clock"]);
}

#[test]
fn a_missing_scope() {
    let platform = Platform::of_app(app().scopes([]), |emulator| emulator.import(samples::succeeded()));
    let run = platform.status().fails(4);
    run.says(&["Scope is incorrect", "Admin Console", "Bot Definition > Bot Import", "cs-0f0f"]);
}

#[test]
fn an_app_that_enforces_jti() {
    let enforcing = || -> App { app().enforce_jti(true) };
    let platform = Platform::of_app(enforcing(), |emulator| emulator.import(samples::succeeded()));
    platform.status().fails(4).says(&["jti", "--jti", "KORE_JTI=1"]);
    platform.status().arg("--jti").succeeds();
    platform.status().env("KORE_JTI", "1").succeeds();
}

#[test]
fn an_import_that_is_not_known() {
    let platform = Platform::start(|emulator| emulator);
    let url = platform.emulator.url();
    Kore::status(&url, "bir-9").fails(5).says(&[
        "Invalid request ID",
        "check the import id",
        &url,
        "KORE_HOST",
    ]);
}

#[test]
fn rate_limits() {
    let minute = "You've exceeded the per-minute rate limit. Please wait for sometime before retrying.";
    asking(&refused("429 Too Many Requests", minute)).fails(5).says(&[minute, "wait a minute"]);
    // The status is a guess: the words alone are enough.
    asking(&refused("403 Forbidden", minute)).fails(5).says(&["wait a minute"]);
    let hourly = minute.replace("per-minute", "hourly");
    asking(&refused("429 Too Many Requests", &hourly)).fails(5).says(&["1800 requests an hour"]);
    let server = Server::answering("429 Too Many Requests", "retry-after: 7\r\n", "slow down");
    asking(&server).fails(5).says(&["wait 7 s"]);
}

#[test]
fn other_refusals() {
    for (status, msg, code, hint) in [
        ("401 Unauthorized", "something new", 4, "KORE_CLIENT_SECRET"),
        ("403 Forbidden", "no", 4, "KORE_CLIENT_SECRET"),
        (
            "403 Forbidden",
            "no",
            4,
            "may lack the scope \"Bot Definition > Bot Import\" (bot_definition:bot_import)",
        ),
        ("401 Unauthorized", "error verifying the jwt: possibly a replay", 4, "--jti"),
        ("400 Bad Request", "what", 5, "check the import id"),
        ("404 Not Found", "Not Found", 5, "check the host and its path"),
        ("405 Method Not Allowed", "Method Not Allowed", 5, "check the host and its path"),
        ("500 Internal Server Error", "Internal Server Error", 5, "try again later"),
        ("503 Service Unavailable", "later", 5, "try again later"),
        ("418 I'm a teapot", "short and stout", 5, "check that the host"),
    ] {
        asking(&refused(status, msg)).fails(code).says(&[msg, hint]);
    }
}

#[test]
fn a_page_of_html_is_a_proxy_or_another_host() {
    for (status, code) in [("200 OK", 5), ("404 Not Found", 5), ("403 Forbidden", 5), ("401 Unauthorized", 5)]
    {
        html(status).fails(code).says(&["<h1>Log in</h1>", "an HTML page", "a wrong host (KORE_HOST)"]);
    }
}

#[test]
fn a_page_of_html_does_not_hide_what_the_status_says() {
    for (status, hint) in [
        ("502 Bad Gateway", "try again later"),
        ("500 Internal Server Error", "try again later"),
        ("429 Too Many Requests", "wait a minute"),
        ("302 Found", "to the URL that does not redirect"),
    ] {
        html(status).fails(5).says(&[hint]);
    }
}

#[test]
fn answers_that_are_none() {
    let location = "location: https://login.example/\r\n";
    for (server, says) in [
        (Server::answering("302 Found", location, ""), "a redirect to \"https://login.example/\""),
        (Server::answering("200 OK", "", ""), "an empty body"),
        (Server::answering("200 OK", "", "[1]"), "not the expected JSON"),
        (Server::answering("200 OK", "", r#"{"errors":[{"msg":"odd"}]}"#), "odd"),
        (Server::answering("200 OK", "", vec![b' '; 17 << 20]), "over the limit"),
        (Server::start(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"_id\"".to_vec()), "cut short"),
    ] {
        asking(&server).fails(5).says(&[says, "hint: "]);
    }
}

#[test]
fn a_token_that_the_server_sends_back_is_not_shown() {
    for status in ["200 OK", "401 Unauthorized", "500 Internal Server Error"] {
        let server = Server::start(move |head| response(status, "", head.as_bytes()));
        let code = if status.starts_with("401") { 4 } else { 5 };
        asking(&server).fails(code).says(&["auth: [secret]"]);
        let server = Server::start(move |head| {
            let head = head.replace(['\r', '\n'], " ");
            response(status, "", format!(r#"{{"errors":[{{"msg":"{head}","code":"{head}"}}]}}"#).as_bytes())
        });
        asking(&server).fails(code).says(&["[secret]"]);
    }
}

#[test]
fn an_error_cannot_control_the_terminal_nor_fill_it() {
    let hostile = "\x1b[2J\x1b]0;x\x07\u{202e}".to_owned() + &"x".repeat(100_000);
    for server in [
        Server::answering("500 Oops", "content-type: \x1b[2J\r\n", hostile),
        Server::answering("302 Found", "location: \x1b[2J\r\n", ""),
        refused("401 Unauthorized", &format!(r"\u001b[2J\u0007{}", "x".repeat(100_000))),
    ] {
        let run = asking(&server).run();
        assert!(!run.stderr.contains(['\x1b', '\x07', '\u{202e}']), "{}", run.stderr);
        assert!(run.stderr.len() < 2_500, "{}", run.stderr.len());
    }
}

#[test]
fn a_token_within_a_document_is_not_shown_to_people() {
    let server = Server::start(move |head| {
        let token =
            head.split("auth: ").nth(1).and_then(|rest| rest.lines().next()).expect("a token").to_owned();
        let body = format!(
            r#"{{"_id":"bir-1","status":"failed","{token}":1,"x":"a {token} b","createdOn":"{token}",
                "statusLogs":[{{"taskName":"{token}","status":"failed","why":["{token}"]}}]}}"#
        );
        response("200 OK", "", body.as_bytes())
    });
    let run = asking(&server).succeeds();
    assert!(run.stdout.contains("a [JWT] b"), "{}", run.stdout);
}
