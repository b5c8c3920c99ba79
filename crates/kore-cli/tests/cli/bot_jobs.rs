//! `kore export` and `kore publish` against small servers.

use std::sync::{Arc, Mutex};

use crate::run::{Kore, Run};
use crate::server::{Server, response};

const STARTED: &str = r#"{"_id":"ber-2","status":"pending","createdOn":"2026-01-01T00:00:02.000Z"}"#;

/// Answers a start with the first body, and polls with the others in turn, the last for ever.
fn platform(start: &str, polls: &[&str]) -> Server {
    let start = start.to_owned();
    let polls: Vec<String> = polls.iter().map(|poll| (*poll).to_owned()).collect();
    let polled = Arc::new(Mutex::new(0));
    Server::start(move |head| {
        if head.starts_with("POST ") {
            return response("200 OK", "", start.as_bytes());
        }
        let mut polled = polled.lock().expect("no panic");
        *polled += 1;
        response("200 OK", "", polls[polls.len().min(*polled) - 1].as_bytes())
    })
}

fn kore(server: &Server, args: &[&str]) -> Kore {
    Kore::new(args)
        .env("KORE_HOST", &server.url)
        .env("KORE_CLIENT_ID", crate::run::CLIENT_ID)
        .env("KORE_CLIENT_SECRET", crate::run::SECRET)
}

fn succeeded(file: &str, size: &str) -> String {
    format!(
        r#"{{"_id":"ber-2","status":"success","downloadURL":"{file}/f?sig=abcdefgh","fileSize":"{size}"}}"#
    )
}

/// Runs an export whose file is answered with that.
fn export(file: Vec<u8>, size: &str, more: &[&str]) -> (Run, Option<Vec<u8>>) {
    let files = Server::start(move |_| file.clone());
    let server = platform(STARTED, &[STARTED, &succeeded(&files.url, size)]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    let args = ["export", "run", "st-1", "--out", out, "--interval", "10ms"];
    let run = kore(&server, &[&args, more].concat()).run();
    assert!(!format!("{}{}", run.stdout, run.stderr).contains("sig="), "{} {}", run.stdout, run.stderr);
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    let file = std::fs::read(folder.path().join("st-1.zip")).ok();
    assert_eq!(names.len(), usize::from(file.is_some()), "{names:?}");
    (run, file)
}

#[test]
fn an_export_is_run_to_its_file_and_no_output_shows_its_address() {
    for output in ["human", "json", "ndjson"] {
        let (run, file) = export(response("200 OK", "", b"PK12"), "4", &["-o", output]);
        assert_eq!((run.code, file.as_deref()), (0, Some(&b"PK12"[..])), "{}", run.stderr);
        assert!(run.stderr.contains("the 4 bytes of the export"), "{}", run.stderr);
    }
}

#[test]
fn a_file_that_is_cut_of_the_wrong_size_or_refused_is_told_by_the_exit_code() {
    let whole = response("200 OK", "", b"PK12");
    let cut = String::from_utf8(whole.clone()).expect("text").replace("length: 4", "length: 9").into_bytes();
    for (name, file, size, code) in [
        ("cut", cut, "9", 6),
        ("too short", whole.clone(), "5", 5),
        ("too long", whole, "3", 5),
        ("refused", response("403 Forbidden", "", b"<Error>sig=</Error>"), "4", 5),
        ("redirected", response("302 Found", "location: http://127.0.0.1/?sig=abcdefgh\r\n", b""), "4", 5),
    ] {
        // A download that is cut is tried again, within what the timeout leaves.
        let (run, file) = export(file, size, &["-o", "json", "--timeout", "4s"]);
        assert_eq!((run.code, file), (code, None), "{name}: {}", run.stderr);
        assert!(
            run.stdout.contains(&format!("\"exit_code\": {code}"))
                || run.stdout.contains(&format!("\"exit_code\":{code}")),
            "{name}: {}",
            run.stdout
        );
        assert!(run.stderr.contains("hint: the export succeeded"), "{name}: {}", run.stderr);
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_written_is_7_and_a_folder_that_is_not_there_2() {
    let files = Server::answering("200 OK", "", "PK12");
    let server = platform(STARTED, &[&succeeded(&files.url, "4")]);
    let run = kore(&server, &["export", "run", "st-1", "--out", "/proc/export.zip"]).run();
    assert_eq!(run.code, 7, "{}", run.stderr);
    let run = kore(&server, &["export", "run", "st-1", "--out", "/no/such/folder/x.zip"]).run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(!run.stderr.contains("starting"), "{}", run.stderr);
}

#[test]
fn another_export_that_came_between_is_said_and_is_no_success() {
    let other = r#"{"_id":"ber-3","status":"success","createdOn":"2026-01-01T00:00:03.000Z"}"#;
    let server = platform(STARTED, &[other]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("x.zip");
    let run = kore(&server, &["export", "run", "st-1", "--out", out.to_str().expect("UTF-8")]).run();
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert!(run.stdout.contains("expected a response about ber-2, found one about ber-3"), "{}", run.stdout);
    assert!(!out.exists());
}

#[test]
fn an_export_that_is_not_over_is_resumed_by_the_command_that_is_printed() {
    let server = platform(STARTED, &[STARTED]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("x.zip");
    let args = ["export", "run", "st-1", "--timeout", "300ms", "--out", out.to_str().expect("UTF-8")];
    let run = kore(&server, &args).run();
    assert_eq!(run.code, 3, "{}", run.stderr);
    run.says(&["export watch --resume ", "--out="]);
    let resumed = run.resumed();
    let token = resumed.split('\'').max_by_key(|part| part.len()).expect("it is the longest");
    assert!(token.contains(r#""kind":"bot export""#) && token.contains("ber-2"), "{token}");
    let files = Server::answering("200 OK", "", "PK12");
    let later = platform(STARTED, &[&succeeded(&files.url, "4")]);
    let run =
        kore(&later, &["export", "watch", "--resume", token, "--out", out.to_str().expect("UTF-8")]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(std::fs::read(out).expect("the file"), b"PK12");
}

#[test]
fn a_publish_ends_as_its_own_status_says() {
    let before = r#"{"_id":"ds-1","status":"successful"}"#;
    let of = |status: &str| {
        format!(
            r#"{{"_id":"ds-2","status":"{status}","statusSummary":[{{"resourceType":"NL","name":"Natural Language","status":"{status}"}}]}}"#
        )
    };
    let (running, succeeded, failed) = (of("inprogress"), of("successful"), of("failed"));
    let awaiting = of("awaitingApproval");
    for (name, start, polls, code, words) in [
        ("succeeds", "[]", vec![before, before, &running, &succeeded], 0, "succeeded"),
        ("fails", "[]", vec![before, &running, &failed], 1, "Natural Language"),
        ("tells of the one before", "[]", vec![before], 3, "not over at the deadline"),
        (
            "awaits approval",
            r#"[{"status":"SUCCESS","result":{"state":"awaitingApproval"}}]"#,
            vec![before],
            3,
            "awaits approval",
        ),
        ("awaits approval later", "[]", vec![before, &awaiting], 3, "awaitingApproval"),
    ] {
        let server = platform(start, &polls);
        let timeout = if code == 3 && name.contains("before") { "300ms" } else { "60s" };
        let args = ["publish", "run", "st-1", "--comment", "new", "--interval", "10ms", "--timeout", timeout];
        let run = kore(&server, &args).run();
        assert_eq!(run.code, code, "{name}: {} {}", run.stdout, run.stderr);
        assert!(
            format!("{}{}", run.stdout, run.stderr).contains(words),
            "{name}: {} {}",
            run.stdout,
            run.stderr
        );
    }
}

#[test]
fn the_last_publish_of_a_bot_is_watched_and_starts_print_what_they_started() {
    let server = platform("[]", &[r#"{"_id":"ds-1","status":"failed"}"#]);
    assert_eq!(kore(&server, &["publish", "watch", "st-1"]).run().code, 1);
    let run = kore(&server, &["publish", "start", "st-1", "--comment", "new", "--train"]).run();
    assert_eq!((run.code, &*run.stdout), (0, "st-1\n"), "{}", run.stderr);
    let server = platform(STARTED, &[STARTED]);
    let run = kore(&server, &["export", "start", "st-1", "--published"]).run();
    assert_eq!((run.code, &*run.stdout), (0, "ber-2\n"), "{}", run.stderr);
    for args in [
        &["export", "watch"][..],
        &["publish", "watch", "bir-1"],
        &["publish", "start", "st-1", "--comment", ""],
    ] {
        assert_eq!(kore(&server, args).run().code, 2, "{args:?}");
    }
}
