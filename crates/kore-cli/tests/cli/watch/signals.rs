//! Ctrl-C, SIGTERM and SIGHUP.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::script::{Script, document, running, succeeded};
use crate::process::{self, code, send, until};
use crate::run::{CLIENT_ID, SECRET};

/// Runs until the first line is there, sends the signal, and gives back code and standard error.
fn stopped_by(signal: Signal, command: &mut Command) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    lines.next().expect("a line").expect("UTF-8");
    send(&child, signal);
    let rest: Vec<_> = lines.map(|line| line.expect("UTF-8")).collect();
    assert!(rest.iter().any(|line| line.contains("bir-1 given up after ")), "{rest:?}");
    let ended = child.wait_with_output().expect("it ends");
    (ended.status.code(), String::from_utf8(ended.stderr).expect("UTF-8"))
}

#[test]
fn a_signal_leaves_reports_and_a_command_that_goes_on() {
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        let script = Script::new().import("bir-1", &running("bir-1")).import("bir-2", &succeeded("bir-2"));
        let kore = script.watch(&["bir-2", "bir-1"]);
        let junit = kore.home().join("it's a report.xml");
        let (mut command, _home) = kore.arg("--junit").arg(&junit).into_command();
        let (exit, stderr) = stopped_by(signal, &mut command);
        assert_eq!(exit, Some(code), "{stderr}");
        assert!(!stderr.contains(SECRET) && !stderr.contains("eyJ"), "{stderr}");
        assert!(std::fs::read_to_string(&junit).expect("written").contains("type=\"cancelled\""));

        std::fs::remove_file(&junit).expect("removed");
        script.answer("bir-1", &succeeded("bir-1"));
        let resume = stderr.lines().last().expect("the command").trim();
        let resumed = Command::new("sh")
            .args(["-c", resume])
            .env_clear()
            .envs([("KORE_HOST", &*script.server.url), ("KORE_CLIENT_ID", CLIENT_ID)])
            .env("KORE_CLIENT_SECRET", SECRET)
            .output()
            .expect("sh starts");
        let stdout = String::from_utf8(resumed.stdout).expect("UTF-8");
        assert_eq!(resumed.status.code(), Some(0), "{resume}: {}", String::from_utf8_lossy(&resumed.stderr));
        assert!(stdout.contains("bir-1 succeeded after ") && !stdout.contains("bir-2"), "{stdout}");
        assert!(junit.exists(), "the flags are kept: {resume}");
    }
}

/// Nobody reads what it writes, so that it cannot end by itself.
#[test]
fn a_second_signal_ends_it_at_once() {
    let names: Vec<_> = (0..3000).map(|n| format!("a task with a long name, {n}")).collect();
    let tasks: Vec<_> = names.iter().map(|name| (&**name, "success")).collect();
    let script = Script::new().import("bir-1", &[document("bir-1", "pending", &tasks)]);
    let (mut command, _home) = script.watch(&["bir-1", "-o", "ndjson"]).into_command();
    let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut [0; 1]).expect("it has begun");
    send(&child, Signal::INT);
    // Signals that come close together are one.
    until("the second signal ends it", || {
        let is_over = child.try_wait().expect("it is ours").is_some();
        if !is_over {
            send(&child, Signal::INT);
        }
        is_over
    });
    assert_eq!(code(&mut child), 130);
}

/// A shell whose terminal is gone sends a signal beside that of the system.
#[cfg(target_os = "linux")]
#[test]
fn a_second_hangup_costs_no_report() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    let kore = script.watch_slowly(&["bir-1"]);
    let junit = kore.home().join("report.xml");
    // Nobody reads, so that the end takes its time.
    let (mut command, _home) = kore.arg("--junit").arg(&junit).into_command();
    let (_reader, writer) = process::small_pipe();
    let mut child = command.stdout(writer).stderr(Stdio::null()).spawn().expect("starts");
    drop(command);
    until("it hears the signal", || process::handles(&child, Signal::HUP));
    until("it looks", || script.looks("bir-1") > 0);
    send(&child, Signal::HUP);
    let mut sent = 1;
    until("all is written", || {
        send(&child, Signal::HUP);
        sent += 1;
        sent > 50 && junit.exists()
    });
    assert_eq!(code(&mut child), 129);
    assert!(std::fs::read_to_string(&junit).expect("written").contains("type=\"cancelled\""));
}

/// As `nohup` and a script's background jobs have it.
#[cfg(target_os = "linux")]
#[test]
fn what_was_ignored_at_the_start_stays_ignored() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    let (kore, _home) = script.watch_slowly(&["bir-1"]).into_plain_command();
    let emulator = Command::new(env!("CARGO_BIN_EXE_kore"));
    for (kore, arguments, ended) in [(kore, None, 143), (emulator, Some("emulator"), 0)] {
        let mut sh = Command::new("sh");
        sh.args(["-c", "trap '' HUP INT; exec \"$@\"", "sh"]).arg(kore.get_program()).args(arguments);
        sh.args(kore.get_args());
        let set = kore.get_envs().filter_map(|(name, value)| Some((name, value?)));
        sh.env_clear().envs(set).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = sh.spawn().expect("sh starts");
        until("it hears SIGTERM", || process::handles(&child, Signal::TERM));
        assert!(!process::handles(&child, Signal::HUP) && !process::handles(&child, Signal::INT));
        send(&child, Signal::HUP);
        send(&child, Signal::INT);
        if arguments.is_none() {
            let looks = script.looks("bir-1");
            until("it goes on", || script.looks("bir-1") > looks + 1);
        }
        send(&child, Signal::TERM);
        assert_eq!(code(&mut child), ended);
    }
}
