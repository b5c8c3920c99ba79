//! A command that is killed or stopped at any moment has said what is known of the import.

use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::platform::{ID, Platform, Start};
use crate::process::{code, send, until};

/// How often it is killed, unless `KORE_KILLS` says another number.
const KILLS: u64 = 25;

/// How long each response takes, so that no moment is too short to be hit.
const DELAY: Duration = Duration::from_millis(8);

/// What it wrote, in the order of writing: both streams are one file.
pub(super) fn start(
    platform: &Platform,
    command: &str,
) -> (std::process::Child, tempfile::TempDir, std::path::PathBuf) {
    let kore = platform.kore(command, &["--into", "st-1", "--full"]);
    let (mut command, home) = kore.into_command();
    let path = home.path().join("output");
    let file = File::create(&path).expect("created");
    let child = command
        .stdin(Stdio::null())
        .stderr(file.try_clone().expect("twice"))
        .stdout(file)
        .spawn()
        .expect("the binary starts");
    (child, home, path)
}

#[test]
#[allow(clippy::print_stderr, reason = "the figures of a longer run")]
fn whatever_the_server_accepted_is_in_the_output_or_starting_is_its_last_line() {
    let kills = std::env::var("KORE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    for command in ["start", "run"] {
        let (mut told, mut doubtful, mut before) = (0, 0, 0);
        let took = {
            let platform = Platform::with(Start::Accepted, DELAY, |_| ());
            let began = Instant::now();
            let (mut child, _home, _) = start(&platform, command);
            assert_eq!(code(&mut child), 0);
            began.elapsed()
        };
        for round in 0..kills {
            let platform = Platform::with(Start::Accepted, DELAY, |_| ());
            let (mut child, _home, path) = start(&platform, command);
            // Spread over the whole run, in an order that looks random and is the same each time.
            let mut seed = round;
            let part = kore_sdk::protocol::split_mix(&mut seed) % 1000;
            std::thread::sleep(took.mul_f64(part as f64 / 1000.0));
            let _ = child.kill();
            child.wait().expect("it is ours");
            platform.settle();
            let output = std::fs::read_to_string(path).expect("written");
            if platform.seen(|seen| seen.starts.is_empty()) {
                before += 1;
                continue;
            }
            let last = output.lines().last().unwrap_or_default();
            match output.contains(ID) {
                true => told += 1,
                false => doubtful += 1,
            }
            assert!(output.contains(ID) || last.contains("starting the import into"), "{command}: {output}");
        }
        assert!(told + before > 0 && told + doubtful + before == kills, "{told} {doubtful} {before}");
        eprintln!(
            "{command}: {kills} kills: {before} before the start, {doubtful} in doubt, {told} with the id"
        );
    }
}

#[test]
fn a_signal_before_the_start_starts_nothing_and_says_what_is_left() {
    for command in ["start", "run"] {
        let platform = Platform::with(Start::Accepted, Duration::from_secs(3600), |_| ());
        let (mut child, _home, path) = start(&platform, command);
        until("it uploads", || std::fs::read_to_string(&path).is_ok_and(|text| text.contains("uploading")));
        send(&child, Signal::INT);
        assert_eq!(code(&mut child), 130);
        let output = std::fs::read_to_string(&path).expect("written");
        assert!(output.contains("error: stopped before the start: no import was started\n"), "{output}");
        assert!(output.contains("hint: files that were uploaded stay with the platform"), "{output}");
        assert_eq!(platform.seen(|seen| seen.starts.len()), 0);
    }
}

#[test]
fn a_signal_behind_the_start_waits_for_the_id() {
    for command in ["start", "run"] {
        let platform = Platform::with(Start::Accepted, Duration::from_millis(700), |_| ());
        let (mut child, _home, path) = start(&platform, command);
        until("it starts", || {
            std::fs::read_to_string(&path).is_ok_and(|text| text.contains("starting the import"))
        });
        send(&child, Signal::TERM);
        assert_eq!(code(&mut child), 143);
        let output = std::fs::read_to_string(&path).expect("written");
        assert!(output.contains(ID), "{output}");
        assert_eq!(platform.seen(|seen| (seen.starts.len(), seen.polls)), (1, 0));
    }
}

#[test]
fn a_run_that_is_stopped_while_it_watches_prints_how_to_resume() {
    let platform = Platform::with(Start::Accepted, Duration::from_millis(500), |_| ());
    let (mut child, _home, path) = start(&platform, "run");
    until("it watches", || std::fs::read_to_string(&path).is_ok_and(|text| text.contains("status pending")));
    send(&child, Signal::TERM);
    assert_eq!(code(&mut child), 143);
    let output = std::fs::read_to_string(&path).expect("written");
    let command = output.lines().last().expect("the command");
    assert!(command.contains(" import watch --resume ") && command.contains(ID), "{output}");
    assert!(command.ends_with(" --interval=50ms") && !command.contains("--full"), "{output}");
}
