//! What is printed, and where it goes.

use std::process::Stdio;

use kore_emulator::samples;

use crate::run::{Kore, Platform};
use crate::server::Server;

const ESCAPE: char = '\x1b';

fn platform() -> Platform {
    Platform::start(|emulator| emulator.import(samples::failed()))
}

#[test]
fn json_is_the_body_byte_for_byte() {
    let body = "{ \"_id\" : \"bir-1\",\r\n\t\"status\":\"success\", \"n\": 1.0e400, \"é\": \"\\u00e9\" }";
    let run = Kore::status(&Server::json(body).url, "bir-1").args(["-o", "json"]).succeeds();
    assert_eq!(run.stdout, format!("{body}\n"));
    let with_line_end = format!("{body}\n");
    let run = Kore::status(&Server::json(&*with_line_end).url, "bir-1").args(["--output", "json"]).succeeds();
    assert_eq!(run.stdout, with_line_end);
}

#[test]
fn a_failed_import_shows_why() {
    let run = platform().status().succeeds();
    for text in [
        "Status   failed\n",
        "2 failed, 9 succeeded",
        "Dialog     ShowDiseaseList  failed\n      error: the dialog",
    ] {
        assert!(run.stdout.contains(text), "{text}: {}", run.stdout);
    }
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn off_a_terminal_there_are_no_colours_unless_they_are_forced() {
    let platform = platform();
    assert!(!platform.status().succeeds().stdout.contains(ESCAPE));
    assert!(!platform.status().env("NO_COLOR", "1").succeeds().stdout.contains(ESCAPE));
    assert!(platform.status().env("CLICOLOR_FORCE", "1").succeeds().stdout.contains(ESCAPE));
    let mut failing = Kore::new(["import", "status", "bir-1"]);
    assert!(!failing.fails(2).stderr.contains(ESCAPE));
}

#[test]
fn escape_sequences_from_the_platform_do_not_reach_the_terminal() {
    let hostile = r"\u001b[2J\u001b]0;x\u0007\u009b2J\u202e";
    let body = format!(
        r#"{{"_id":"{hostile}","status":"{hostile}","{hostile}":"{hostile}","statusLogs":[
            {{"taskType":"{hostile}","taskName":"{hostile}","status":"failed","{hostile}":["{hostile}"]}},
            {{"taskType":"{hostile}","taskName":"{hostile}","status":"success"}}, "{hostile}"]}}"#
    );
    let server = Server::json(body);
    let plain = Kore::status(&server.url, "bir-1").succeeds();
    assert!(!plain.stdout.contains([ESCAPE, '\x07', '\u{9b}', '\u{202e}']), "{}", plain.stdout);
    let coloured = Kore::status(&server.url, "bir-1").env("CLICOLOR_FORCE", "1").succeeds();
    for sequence in coloured.stdout.split(ESCAPE).skip(1) {
        let end = sequence.find('m').unwrap_or_else(|| panic!("not a colour: {sequence}"));
        let digits = sequence[1..end].bytes().all(|b| b.is_ascii_digit() || b == b';');
        assert!(sequence.starts_with('[') && digits, "not a colour: {sequence}");
    }
}

#[test]
fn ten_thousand_tasks_stay_readable() {
    let entry = |n: usize| {
        let status = if n == 5_000 { "failed" } else { "success" };
        format!(r#"{{"taskType":"Dialog","taskName":"task {n}","status":"{status}","error":"e{n}"}}"#)
    };
    let log: Vec<_> = (0..10_000).map(entry).collect();
    let body = format!(r#"{{"_id":"bir-1","status":"failed","statusLogs":[{}]}}"#, log.join(","));
    let run = Kore::status(&Server::json(body).url, "bir-1").succeeds();
    assert!(run.stdout.lines().count() < 20, "{}", run.stdout);
    assert!(
        run.stdout.contains("Failed\n  Dialog  task 5000  failed\n      error: e5000\n"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
}

#[test]
fn a_reader_that_goes_away_is_no_failure_and_keeps_the_exit_status() {
    let platform = platform();
    for (args, code) in
        [(["--output", "json"], 0), (["--output", "human"], 0), (["--exit-status", "--output=json"], 1)]
    {
        let (mut command, _home) = platform.status().args(args).into_command();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!(ended.status.code(), Some(code));
        assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let (mut demo, _demo_home) = Kore::new(["demo"]).into_command();
    let ended =
        demo.stdout(full).stderr(Stdio::piped()).spawn().expect("starts").wait_with_output().expect("ends");
    assert_eq!(ended.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&ended.stderr).starts_with("error: cannot write to standard output"));
}

#[test]
fn the_demo_runs_without_network_roots_or_settings() {
    let proxy = "http://127.0.0.1:1";
    let mut kore = Kore::new(["demo"])
        .env("HTTP_PROXY", proxy)
        .env("HTTPS_PROXY", proxy)
        .env("ALL_PROXY", proxy)
        .env("SSL_CERT_FILE", "/no/such")
        .env("SSL_CERT_DIR", "/no/such");
    let run = kore.succeeds();
    let mut rest = &*run.stdout;
    for text in [
        "# 1. A small bot goes up",
        "uploaded appDefinition.json\n",
        "starting the import into a new bot \"Shop\" …\n",
        "started bir-",
        "Dialog Find a product: ",
        "succeeded after ",
        "# Its exit code would be 0.\n",
        "# 2. The same bot again, whose export left a task out",
        "starting the import into the bot st-",
        "failed after ",
        "Dialog Refund: failed (error: the export left this task out)\n",
        "# Its exit code would be 1.\n",
        "# For a server that stays: kore emulator --help\n",
    ] {
        let at = rest.find(text).unwrap_or_else(|| panic!("{text}: {}", run.stdout));
        rest = &rest[at + text.len()..];
    }
    assert_eq!(rest, "");
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

/// A log that cannot be written is no reason to end, nor to say nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_changes_nothing() {
    let platform = Platform::start(|emulator| emulator.import(samples::succeeded()));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let (mut command, _home) = platform.status().env("RUST_LOG", "trace").into_command();
    let output = command.stderr(full).output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(!output.stdout.is_empty());
}
