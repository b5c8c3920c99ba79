//! `kore export`: the run that was started and no other, and its file.

#[cfg(unix)]
use std::process::{Command, Stdio};

use super::{STARTED, counting, kore, platform};
use crate::run::Run;
use crate::server::{Server, response};
use crate::tls::{TlsServer, ZIP};

pub(super) fn succeeded(file: &str, size: &str) -> String {
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
        let (run, file) = export(response("200 OK", "", ZIP), "22", &["-o", output]);
        assert_eq!((run.code, file.as_deref()), (0, Some(&ZIP[..])), "{}", run.stderr);
        let all = run.stdout + &run.stderr;
        assert!(all.contains("starting an export of st-1") && all.contains("started ber-2"), "{all}");
        assert!(all.contains("the 22 bytes of the export"), "{all}");
    }
}

#[test]
fn a_file_that_is_cut_of_the_wrong_size_or_refused_is_told_by_the_exit_code() {
    let whole = response("200 OK", "", ZIP);
    let cut =
        String::from_utf8(whole.clone()).expect("text").replace("length: 22", "length: 29").into_bytes();
    for (name, file, size, code) in [
        ("cut", cut, "29", 6),
        ("too short", whole.clone(), "23", 5),
        ("too long", whole, "3", 5),
        ("no zip", response("200 OK", "", b"PK12"), "4", 5),
        ("a page", response("200 OK", "content-type: text/html\r\n", b"<!DOCTYPE html><p>sig="), "23", 5),
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
    let files = Server::answering("200 OK", "", ZIP);
    let server = platform(STARTED, &[&succeeded(&files.url, "22")]);
    for out in ["/proc/export.zip", "/dev/null"] {
        let run = kore(&server, &["export", "run", "st-1", "--out", out]).run();
        assert_eq!(run.code, 7, "{}", run.stderr);
        assert!(!run.stderr.contains("starting"), "found out before the start: {}", run.stderr);
    }
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
fn the_file_is_fetched_from_the_document_that_ended_the_watch() {
    let files = Server::answering("200 OK", "", ZIP);
    let next = r#"{"_id":"ber-3","status":"success","createdOn":"2026-01-01T00:00:03.000Z"}"#;
    let (server, polls) = counting(STARTED, &[STARTED, &succeeded(&files.url, "22"), next]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    let run = kore(&server, &["export", "run", "st-1", "--out", out, "--interval", "10ms"]).run();
    assert_eq!((run.code, *polls.lock().expect("no panic")), (0, 2), "{}", run.stderr);
}

#[test]
fn an_export_without_its_file_is_green_in_no_report() {
    for output in ["json", "ndjson", "human"] {
        let reports = tempfile::tempdir().expect("a folder");
        let (junit, summary) = (reports.path().join("x.xml"), reports.path().join("x.md"));
        let flags = ["-o", output, "--junit", junit.to_str().expect("UTF-8"), "--summary"];
        let flags = [&flags[..], &[summary.to_str().expect("UTF-8")]].concat();
        let (run, _) = export(response("200 OK", "", ZIP), "5", &flags);
        assert_eq!(run.code, 5, "{}", run.stderr);
        let junit = std::fs::read_to_string(junit).expect("written");
        assert!(junit.contains("type=\"not_downloaded\"") && junit.contains("errors=\"1\""), "{junit}");
        let summary = std::fs::read_to_string(summary).expect("written");
        assert!(summary.contains("expected 5 bytes"), "{summary}");
        if output != "human" {
            assert!(run.stdout.contains(r#""outcome":"not_downloaded""#), "{}", run.stdout);
            assert!(!run.stdout.contains(r#""outcome":"succeeded""#), "{}", run.stdout);
        }
        // The next run fetches the file of this very export.
        assert!(
            run.stderr.contains(r#"export watch --resume '[{"bot":"st-1","export":"ber-2""#),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_file_host_is_verified_and_no_log_shows_the_address() {
    let good = TlsServer::start("localhost");
    let (other_name, other_ca) = (TlsServer::start("files.example"), TlsServer::start("localhost"));
    let size = ZIP.len().to_string();
    for (name, files, code, words) in [
        ("good", &good, 0, "bytes of the export"),
        ("for another name", &other_name, 6, "another host than localhost"),
        ("of an unknown CA", &other_ca, 6, "is not trusted"),
    ] {
        let server = platform(STARTED, &[&succeeded(&files.url, &size)]);
        // The CA of each but the last.
        let ca = if code == 0 { &good.ca_pem } else { &other_name.ca_pem };
        let kore = kore(&server, &["export", "run", "st-1", "--out", "x.zip", "--ca-file", "ca.pem"]);
        let run = { kore.file("ca.pem", ca).env("RUST_LOG", "trace").in_home() }.run();
        let all = run.stdout + &run.stderr;
        assert!(run.code == code && all.contains(words), "{name}: {} {all}", run.code);
        assert!(code != 0 || all.contains("h2::"), "HTTP/2 was spoken, and its library logged: {all}");
        for secret in ["sig=", "abcdefgh"] {
            assert!(!all.contains(secret), "{name}: {secret} in {all}");
        }
    }
}

#[test]
fn what_is_there_is_replaced_by_a_whole_file_alone_and_no_report_takes_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("x.zip");
    std::fs::write(&out, "old").expect("written");
    let path = out.to_str().expect("UTF-8");
    for (body, code, after) in [(&ZIP[..21], 5, &b"old"[..]), (ZIP, 0, ZIP)] {
        let files = Server::answering("200 OK", "", body);
        let server = platform(STARTED, &[&succeeded(&files.url, "22")]);
        let run = kore(&server, &["export", "run", "st-1", "--out", path]).run();
        assert_eq!(run.code, code, "{}", run.stderr);
        assert_eq!(std::fs::read(&out).expect("there"), after);
    }
    let server = platform(STARTED, &[STARTED]);
    let run = kore(&server, &["export", "run", "st-1", "--out", path, "--junit", path]).run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    run.says(&["--out names that file too", "hint: a report needs"]);
}

/// The system lets the process write no file beyond a few kilobytes.
#[test]
#[cfg(unix)]
fn a_file_that_the_system_cuts_off_is_7_and_goes_away() {
    let body = vec![b'P'; 100_000];
    let files = Server::answering("200 OK", "", body);
    let server = platform(STARTED, &[&succeeded(&files.url, "100000")]);
    let (plain, home) =
        kore(&server, &["export", "run", "st-1", "--out", "x.zip"]).in_home().into_plain_command();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#"trap "" XFSZ; ulimit -f 8; exec "$0" "$@""#]).arg(plain.get_program());
    command.args(plain.get_args()).current_dir(home.path()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = command.output().expect("sh starts");
    let stderr = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(7), "{stderr}");
    assert!(stderr.contains("hint: the export succeeded"), "{stderr}");
    assert_eq!(std::fs::read_dir(home.path()).expect("a folder").count(), 0);
}

/// A host that never ends its answer.
#[test]
#[cfg(unix)]
fn a_signal_ends_a_download_and_leaves_a_command_that_fetches_the_file() {
    use std::io::{BufRead as _, BufReader, Write as _};

    let (files, listener) = Server::silent();
    let server = platform(STARTED, &[&succeeded(&files.url, "100")]);
    let (mut command, home) =
        kore(&server, &["export", "run", "st-1", "--out", "x.zip"]).in_home().into_command();
    command.current_dir(home.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("fetching the file"))));
    let (mut stream, _) = listener.accept().expect("it asks for the file");
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nPK";
    stream.write_all(head).expect("it reads");
    crate::process::send(&child, rustix::process::Signal::TERM);
    let rest: Vec<_> = lines.map(|line| line.expect("UTF-8")).collect();
    let ended = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(143), "{rest:?} {stderr}");
    assert!(stderr.contains(r#""export":"ber-2""#) && stderr.contains("--out=x.zip"), "{stderr}");
    assert_eq!(std::fs::read_dir(home.path()).expect("a folder").count(), 0, "no part of it is left");
}

#[test]
fn several_bots_are_watched_at_once_and_their_files_go_to_a_folder() {
    let files = Server::answering("200 OK", "", ZIP);
    let own = succeeded(&files.url, "22");
    let server = platform("", &[STARTED, STARTED, &own]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    let args = ["export", "watch", "st-1", "st-2", "st-1", "--interval", "10ms", "--out"];
    let run = kore(&server, &[&args[..], &[out]].concat()).run();
    assert_eq!(run.code, 0, "{} {}", run.stdout, run.stderr);
    assert!(run.stdout.contains("2 exports: 2 succeeded"), "{}", run.stdout);
    for name in ["st-1.zip", "st-2.zip"] {
        assert_eq!(std::fs::read(folder.path().join(name)).expect(name), ZIP);
    }
    let file = folder.path().join("x.zip");
    let run = kore(&server, &[&args[..], &[file.to_str().expect("UTF-8")]].concat()).run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    run.says(&["expected a folder for the files of several bots"]);
}
