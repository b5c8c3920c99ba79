//! The last poll, when the deadline has come.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};

use super::script::{Script, running, succeeded};
use crate::process::{pid, send};
use crate::run::Kore;
use crate::server::{Server, response};

fn json(body: &[String]) -> Vec<u8> {
    response("200 OK", "content-type: application/json\r\n", body[0].as_bytes())
}

/// A server that tells of each request, and sends the response that it is given then.
fn asked_each_time() -> (Server, Receiver<()>, Sender<Vec<String>>) {
    let (asked, requests) = channel();
    let (responses, given) = channel::<Vec<String>>();
    let server = Server::start(move |_| {
        let _ = asked.send(());
        given.recv().map(|body| json(&body)).unwrap_or_default()
    });
    (server, requests, responses)
}

fn spawn(kore: Kore) -> (Child, Lines<BufReader<ChildStdout>>, impl Sized) {
    let (mut command, home) = kore.into_command();
    let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    (child, lines, home)
}

/// Stops the process, for good.
fn stop(child: &Child) {
    send(child, Signal::STOP);
    waitid(WaitId::Pid(pid(child)), WaitIdOptions::STOPPED).expect("it is ours").expect("it has stopped");
}

fn exit_code(mut child: Child, lines: Lines<BufReader<ChildStdout>>) -> (Option<i32>, Vec<String>) {
    let lines = lines.map(|line| line.expect("UTF-8")).collect();
    (child.wait().expect("it ends").code(), lines)
}

#[test]
fn an_import_that_ended_after_the_poll_before_has_succeeded() {
    let begun: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let server = Server::start(move |_| {
        let since = begun.get_or_init(Instant::now).elapsed();
        json(&if since < Duration::from_millis(3300) { running("bir-1") } else { succeeded("bir-1") })
    });
    Kore::watch(&server.url, &["bir-1", "--interval", "3s", "--timeout", "4s"]).succeeds();
}

#[test]
fn the_deadline_of_many_polls_each_of_them_once_more() {
    let ids: Vec<_> = (0..70).map(|n| format!("bir-{n}")).collect();
    let script = ids
        .iter()
        .fold(Script::new(), |script, id| script.import(id, &[running(id), succeeded(id)].concat()));
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    Kore::watch(&script.server.url, &ids).args(["--interval", "1h", "--timeout", "4s"]).succeeds();
    assert!(ids.iter().all(|id| script.looks(id) == 2));
}

#[test]
fn a_process_that_was_stopped_past_its_deadline_polls_once_more() {
    let script = Script::new().import("bir-1", &running("bir-1"));
    let timeout = Duration::from_secs(2);
    let kore = Kore::watch(&script.server.url, &["bir-1", "--interval", "1h", "--timeout", "2s"]);
    let (child, mut lines, _home) = spawn(kore);
    lines.next().expect("a line").expect("UTF-8");
    stop(&child);
    script.answer("bir-1", &succeeded("bir-1"));
    thread::sleep(timeout + Duration::from_secs(2));
    send(&child, Signal::CONT);
    let (code, lines) = exit_code(child, lines);
    assert_eq!(code, Some(0), "{lines:?}");
    assert_eq!(script.looks("bir-1"), 1);
}

/// The response came while nobody could read it, and is an old one.
#[test]
fn a_process_that_was_stopped_with_a_poll_under_way_polls_once_more() {
    let (server, requests, responses) = asked_each_time();
    let (child, lines, _home) = spawn(Kore::watch(&server.url, &["bir-1", "--timeout", "2s"]));
    requests.recv().expect("a request");
    stop(&child);
    responses.send(running("bir-1")).expect("it is served");
    thread::sleep(Duration::from_secs(4));
    send(&child, Signal::CONT);
    requests.recv().expect("the last poll");
    responses.send(succeeded("bir-1")).expect("it is served");
    let (code, lines) = exit_code(child, lines);
    assert_eq!(code, Some(0), "{lines:?}");
}

#[test]
fn a_signal_ends_the_last_poll_at_once() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (server, requests, responses) = asked_each_time();
        // Long enough that a busy machine serves the first poll before the deadline.
        let kore = Kore::watch(&server.url, &["bir-1", "--interval", "1h", "--timeout", "5s"]);
        let (child, lines, _home) = spawn(kore);
        requests.recv().expect("the first poll");
        responses.send(running("bir-1")).expect("it is served");
        requests.recv().expect("the last poll");
        send(&child, signal);
        let (exit, lines) = exit_code(child, lines);
        assert_eq!(exit, Some(code), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("bir-1 given up after ")), "{lines:?}");
    }
}

#[test]
fn a_failure_of_the_last_poll_is_told_and_one_before_it_has_passed() {
    let bodies = [running("bir-1"), vec!["<html>".to_owned()]].concat();
    let unavailable = response("503 Service Unavailable", "", b"busy");
    for (script, trouble) in
        [([json(&bodies), unavailable.clone()], true), ([unavailable, json(&bodies)], false)]
    {
        let polls = std::sync::atomic::AtomicUsize::new(0);
        let server = Server::start(move |_| {
            let poll = polls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            script[poll.min(1)].clone()
        });
        // The backoff of a failure is a second at least.
        let run = Kore::watch(&server.url, &["bir-1", "--interval", "1h", "--timeout", "900ms"]).run();
        assert_eq!(run.code, 3, "{}", run.stdout);
        assert_eq!(run.stdout.contains("the last poll failed: "), trouble, "{}", run.stdout);
    }
}
