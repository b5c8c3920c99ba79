//! Ctrl-C and SIGTERM.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::script::{Script, document, running, succeeded};
use crate::run::{CLIENT_ID, SECRET};

pub(super) fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("small")).expect("not zero")
}

pub(super) fn send(child: &Child, signal: Signal) {
    kill_process(pid(child), signal).expect("it runs");
}

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
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
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
    let mut ended = None;
    // Far longer than it takes: signals that come close together are one.
    for _ in 0..500 {
        ended = child.try_wait().expect("it is ours");
        if ended.is_some() {
            break;
        }
        send(&child, Signal::INT);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    if ended.is_none() {
        child.kill().expect("it runs");
    }
    assert_eq!(ended.expect("the second signal ends it").code(), Some(130));
}
