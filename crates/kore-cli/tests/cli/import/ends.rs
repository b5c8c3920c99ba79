//! How a run ends that has no import to watch: its reports, its signals, its outputs.

use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use super::killed::start;
use super::platform::{ID, Platform, Start};
use crate::process::{code, send, until};

#[test]
fn the_reports_tell_of_a_start_in_doubt_and_of_one_that_was_refused() {
    for (answer, exit, outcome, words) in [
        (Start::Lost, 8, "may_have_started", "may have started"),
        (Start::Page("429 Too Many Requests"), 8, "may_have_started", "may have started"),
        (Start::Refused("400 Bad Request", "Not now"), 5, "not_started", "Not now"),
    ] {
        let platform = Platform::new(answer);
        let mut kore = platform.kore("run", &["--into", "st-1", "--full"]).in_home();
        kore = kore.args(["--junit", "j.xml", "--summary", "s.md"]);
        let run = kore.run();
        assert_eq!(run.code, exit, "{answer:?}: {}", run.stderr);
        let read = |name: &str| std::fs::read_to_string(kore.home().join(name)).expect("written");
        let (junit, summary) = (read("j.xml"), read("s.md"));
        assert!(junit.contains(&format!("type=\"{outcome}\"")) && junit.contains("errors=\"1\""), "{junit}");
        assert!(junit.contains(words) && junit.contains("the bot st-1"), "{junit}");
        assert!(summary.contains(&outcome.replace('_', " ")), "{summary}");
        assert_eq!(platform.seen(|seen| seen.starts.len()), 1);
    }
}

#[test]
fn a_second_hangup_ends_the_wait_for_the_id_and_the_pair_of_a_terminal_does_not() {
    for command in ["start", "run"] {
        let starting = |path: &std::path::Path| {
            let path = path.to_owned();
            until("it starts", move || {
                std::fs::read_to_string(&path).is_ok_and(|text| text.contains("starting the import"))
            });
        };
        let platform = Platform::new(Start::Silent);
        let (mut child, _home, path) = start(&platform, command);
        starting(&path);
        until("it ends", || {
            send(&child, Signal::HUP);
            std::thread::sleep(Duration::from_millis(200));
            child.try_wait().expect("it is ours").is_some()
        });
        assert_eq!(code(&mut child), 129);
        let output = std::fs::read_to_string(&path).expect("written");
        assert!(output.contains("a second signal: the import may have started"), "{output}");

        let platform = Platform::with(Start::Accepted, Duration::from_millis(700), |_| ());
        let (mut child, _home, path) = start(&platform, command);
        starting(&path);
        send(&child, Signal::HUP);
        send(&child, Signal::HUP);
        assert_eq!(code(&mut child), 129);
        let output = std::fs::read_to_string(&path).expect("written");
        assert!(output.contains(ID), "{output}");
    }
}

/// As `| head -1` does, or `| true`.
#[test]
fn a_reader_that_has_gone_changes_no_exit_code() {
    for (command, answer, exit) in [
        ("start", Start::Accepted, 0),
        ("run", Start::Accepted, 0),
        ("start", Start::Refused("400 Bad Request", "Not now"), 5),
        ("run", Start::Lost, 8),
    ] {
        let platform = Platform::new(answer);
        let (mut kore, _home) = platform.kore(command, &["--into", "st-1", "--full"]).into_command();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let kore = kore.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let mut child = kore.spawn().expect("the binary starts");
        let mut stderr = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("UTF-8");
        assert_eq!(code(&mut child), exit, "{command}: {stderr}");
        if command == "start" && exit == 0 {
            assert!(stderr.contains(&format!("started {ID}")), "nobody else has it: {stderr}");
        }
    }
}
