//! Output and input that nobody attends to: polls, deadline and signals go on.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use kore_emulator::samples;
use rustix::fd::OwnedFd;
use rustix::process::Signal;
use rustix::termios::{Action, tcflow};
use serde_json::Value;
use tempfile::TempDir;

use super::script::{Script, document, failed, running, succeeded};
use crate::process::{code, handles, send, small_pipe, terminal, until};
use crate::run::{Kore, Platform, SECRET};

/// A command on a terminal that is stopped as Ctrl-S stops it.
struct Stopped {
    child: Child,
    _terminal: (OwnedFd, File),
    _home: TempDir,
}

impl Stopped {
    fn start(kore: Kore) -> Self {
        let (master, slave) = terminal(120, 40);
        tcflow(&slave, Action::OOff).expect("stopped");
        let (mut command, home) = kore.env("TERM", "xterm-256color").into_command();
        let end = || slave.try_clone().expect("cloned");
        let child = command.stdin(Stdio::null()).stdout(end()).stderr(end()).spawn().expect("starts");
        Self { child, _terminal: (master, slave), _home: home }
    }
}

/// With standard output into that pipe.
fn piped(kore: Kore, writer: std::io::PipeWriter) -> (Child, TempDir) {
    let (mut command, home) = kore.into_command();
    let child = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn().expect("starts");
    (child, home)
}

fn stderr(child: &mut Child) -> String {
    std::io::read_to_string(child.stderr.take().expect("piped")).expect("UTF-8")
}

#[test]
fn a_stopped_terminal_holds_up_neither_polls_nor_the_first_signal() {
    let signals = [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)];
    let runs: Vec<_> = ["human", "json", "ndjson"]
        .into_iter()
        .zip(signals)
        .map(|(output, (signal, ends_with))| {
            let script = Script::new().import("bir-1", &running("bir-1"));
            let run = Stopped::start(script.watch_slowly(&["bir-1", "--output", output]));
            (run, script, signal, ends_with)
        })
        .collect();
    for (run, script, signal, _) in &runs {
        until("polls go on", || script.looks("bir-1") > 5);
        send(&run.child, *signal);
    }
    for (mut run, _script, _, ends_with) in runs {
        assert_eq!(code(&mut run.child), ends_with);
    }
}

#[test]
fn a_stopped_terminal_holds_up_neither_the_deadline_nor_an_end() {
    let ends = [(running("bir-1"), "1s", 3), (succeeded("bir-1"), "30m", 7), (failed("bir-1"), "30m", 1)];
    let runs: Vec<_> = ends
        .into_iter()
        .map(|(documents, timeout, ends_with)| {
            let script = Script::new().import("bir-1", &documents);
            let run = Stopped::start(script.watch_slowly(&["bir-1", "--timeout", timeout]));
            (run, script, ends_with)
        })
        .collect();
    for (mut run, _script, ends_with) in runs {
        assert_eq!(code(&mut run.child), ends_with);
    }
}

#[test]
fn a_stopped_terminal_holds_up_no_demo() {
    let mut demo = Stopped::start(Kore::new(["demo"]));
    until("it hears the signal", || handles(&demo.child, Signal::TERM));
    send(&demo.child, Signal::TERM);
    assert_eq!(code(&mut demo.child), 143);
}

/// The lines of many imports are more than the pipe holds.
#[test]
fn a_pipe_that_nobody_reads_holds_up_neither_the_deadline_nor_an_end() {
    let ids: Vec<_> = (0..60).map(|n| format!("bir-{n:04}-0000-4000-8000-00000000000a")).collect();
    let input = ids.join("\n");
    let runs = [
        (running as fn(&str) -> _, "human", "4s", 3),
        (running, "ndjson", "4s", 3),
        (succeeded, "human", "30m", 7),
        (succeeded, "json", "30m", 7),
        (failed, "ndjson", "30m", 1),
    ];
    let runs = runs.map(|(documents, output, timeout, ends_with)| {
        let script = ids.iter().fold(Script::new(), |script, id| script.import(id, &documents(id)));
        let kore = script.watch_slowly(&["-", "--timeout", timeout, "--output", output]);
        let (mut command, home) = kore.into_command();
        let (reader, writer) = small_pipe();
        let mut child =
            command.stdin(Stdio::piped()).stdout(writer).stderr(Stdio::null()).spawn().expect("starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        (child, output, ends_with, (reader, script, home))
    });
    for (mut child, output, ends_with, _kept) in runs {
        assert_eq!(code(&mut child), ends_with, "{output}");
    }
}

#[test]
fn a_reader_that_sleeps_misses_nothing_and_holds_up_nothing() {
    let names: Vec<_> = (0..500).map(|n| format!("a task with a name, {n}")).collect();
    let tasks = |status| names.iter().map(|name| (&**name, status)).collect::<Vec<_>>();
    let script = Script::new().import("bir-1", &[document("bir-1", "pending", &tasks("inprogress"))]);
    let (reader, writer) = small_pipe();
    let (mut child, _home) = piped(script.watch_slowly(&["bir-1", "-o", "ndjson"]), writer);
    until("polls go on", || script.looks("bir-1") > 5);
    script.answer("bir-1", &[document("bir-1", "success", &tasks("success"))]);
    until("the end is seen", || script.looks("bir-1") > 0);
    let events: Vec<Value> = BufReader::new(reader)
        .lines()
        .map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("JSON"))
        .collect();
    let count = |event: &str| events.iter().filter(|line| line["event"] == event).count();
    assert_eq!((count("task_appeared"), count("task_changed")), (500, 500));
    assert_eq!(events.last().expect("an event")["exit_code"], 0);
    assert_eq!(code(&mut child), 0, "{}", stderr(&mut child));
}

/// A byte at a time is far less than what the next piece needs to go out.
#[test]
fn a_reader_that_takes_something_is_waited_for() {
    let name = "a task ".repeat(5_000);
    let script = Script::new().import("bir-1", &[document("bir-1", "success", &[(&name, "success")])]);
    let (mut reader, writer) = small_pipe();
    let (mut child, _home) = piped(script.watch(&["bir-1", "-o", "json"]), writer);
    let mut text = Vec::new();
    for _ in 0..8 {
        let mut byte = [0];
        reader.read_exact(&mut byte).expect("a byte");
        text.extend(byte);
        std::thread::sleep(Duration::from_secs(1));
    }
    reader.read_to_end(&mut text).expect("the rest");
    assert_eq!(code(&mut child), 0, "{}", stderr(&mut child));
    let document: Value = serde_json::from_slice(&text).expect("all of it");
    assert_eq!(document["imports"][0]["last"]["statusLogs"][0]["taskName"], *name);
}

#[test]
fn what_does_not_fit_is_counted_aloud() {
    // Each change tells what was before and what is now.
    let long = |n: usize| format!("{n}{}", "x".repeat(4_000_000));
    let entry = |n: usize| {
        format!(
            r#"{{"_id":"bir-1","status":"pending","statusLogs":[{{"taskName":"a","status":"inprogress","at":"{}"}}]}}"#,
            long(n)
        )
    };
    let documents: Vec<_> = (0..11).map(entry).collect();
    let script = Script::new().import("bir-1", &documents);
    let (reader, writer) = small_pipe();
    let (mut child, _home) = piped(script.watch(&["bir-1", "-o", "ndjson"]), writer);
    until("all changes are there", || script.looks("bir-1") > documents.len());
    script.answer("bir-1", &succeeded("bir-1"));
    let lines: Vec<_> = BufReader::new(reader).lines().map(|line| line.expect("UTF-8")).collect();
    let told = lines.iter().find(|line| line.contains(r#""event":"not_written""#)).expect("it is told");
    let told: Value = serde_json::from_str(told).expect("JSON");
    assert!(told["lines"].as_u64().expect("a number") > 0);
    let last: Value = serde_json::from_str(lines.last().expect("a line")).expect("JSON");
    assert_eq!(last["exit_code"], 7);
    assert_eq!(code(&mut child), 7);
    let stderr = stderr(&mut child);
    assert!(
        stderr.contains("lines were not written to standard output: its reader was too slow"),
        "{stderr}"
    );
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing() {
    let platform = Platform::start(|emulator| emulator.import(samples::succeeded()));
    let script = Script::new().import("bir-1", &running("bir-1"));
    let watch = script.watch_slowly(&["bir-1"]);
    for (kore, is_watch) in [(platform.status(), false), (watch, true)] {
        let (mut command, _home) = kore.env("RUST_LOG", "trace").into_command();
        let (_reader, writer) = small_pipe();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(writer).spawn().expect("starts");
        let mut stdout = child.stdout.take().expect("piped");
        if is_watch {
            until("polls go on", || script.looks("bir-1") > 5);
            send(&child, Signal::TERM);
        }
        let mut text = String::new();
        stdout.read_to_string(&mut text).expect("UTF-8");
        assert_eq!(code(&mut child), if is_watch { 143 } else { 0 });
        assert!(text.contains(if is_watch { "given up" } else { "success" }), "{text}");
    }
}

#[test]
fn an_emulator_serves_while_nobody_reads_its_lines() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("free");
    let port = port.port();
    let kore = Kore::new(["emulator", "--port", &port.to_string()]);
    let kore = kore.args((0..200).flat_map(|_| ["--scenario", "stuck"]));
    let (_reader, writer) = small_pipe();
    let (mut child, _home) = piped(kore, writer);
    let served = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"GET /_emulator/snapshot HTTP/1.0\r\nhost: localhost\r\n\r\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line)
    };
    until("it serves", || served().is_ok_and(|line| line.contains(" 200 ")));
    send(&child, Signal::TERM);
    assert_eq!(code(&mut child), 7, "its lines are lost");
}

#[test]
fn input_that_stays_open_keeps_the_timeout() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    for (argument, flags, input) in
        [("-", &[][..], ""), ("-", &[], "bir-1\n"), ("bir-1", &["--client-secret-file", "-"], SECRET)]
    {
        let kore = script.watch(&[argument]).args(flags).args(["--timeout", "1s"]);
        let (mut command, _home) = kore.into_command();
        if !flags.is_empty() {
            command.env_remove("KORE_CLIENT_SECRET");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut open = child.stdin.take().expect("piped");
        open.write_all(input.as_bytes()).expect("written");
        assert_eq!(code(&mut child), 3);
        let stderr = stderr(&mut child);
        assert!(stderr.contains("error: standard input was still open at the deadline"), "{stderr}");
    }
    assert_eq!(script.looks("bir-1"), 0);
}

#[test]
fn a_ca_file_that_nobody_writes_keeps_the_timeout() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    let kore = script.watch(&["bir-1"]).args(["--timeout", "1s"]).env("KORE_CA_FILE", "/dev/stdin");
    let (mut kore, _home) = kore.into_command();
    // Its writer stays, and writes nothing.
    let (reader, _writer) = std::io::pipe().expect("a pipe");
    let run = kore.stdin(reader).output().expect("it ends");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("error: a file was not read at the deadline"), "{stderr}");
    assert_eq!(script.looks("bir-1"), 0);
}

#[test]
fn a_report_to_a_pipe_waits_for_its_reader_while_there_is_one() {
    let script =
        Script::new().import("bir-good", &succeeded("bir-good")).import("bir-bad", &failed("bir-bad"));
    for flag in ["--junit", "--summary"] {
        for (id, ends_with) in [("bir-good", 7), ("bir-bad", 1)] {
            let kore = script.watch(&[id]);
            let pipe = fifo(&kore);
            let run = kore.arg(flag).arg(&pipe).run();
            assert_eq!(run.code, ends_with, "{}", run.stderr);
            run.says(&[&format!("error: cannot write {flag} "), "its reader took nothing for 5 s"]);
        }
        let kore = script.watch(&["bir-good"]);
        let pipe = fifo(&kore);
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).expect("a report")
        });
        kore.arg(flag).arg(&pipe).succeeds();
        assert!(reader.join().expect("it was read").contains("bir-good"));
    }
}

fn fifo(kore: &Kore) -> std::path::PathBuf {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    let path = kore.home().join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    path
}
