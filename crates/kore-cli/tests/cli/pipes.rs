//! Files of users that are no files: what would hang for ever is refused, what a shell passes is read.

use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::process::{PATIENCE, send, until};
use crate::run::{CLIENT_ID, Kore, SECRET};

fn set(kore: Kore) -> Kore {
    kore.env("KORE_HOST", "http://127.0.0.1:1").env("KORE_CLIENT_ID", CLIENT_ID)
}

#[test]
fn a_pipe_without_a_writer_and_a_device_without_an_end_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let secret = |kore: Kore| set(kore).env("KORE_CLIENT_SECRET", SECRET);
    for path in [pipe.as_os_str(), "/dev/zero".as_ref()] {
        let with = |args: &[&str]| Kore::new(args).arg(path);
        let runs: [(&str, Kore); 7] = [
            ("--options", {
                let kore = with(&["import", "start", "--into", "st-1", "--options"]);
                secret(super::import::export(kore)).in_home().arg("bot")
            }),
            ("--options", secret(with(&["export", "start", "st-1", "--options"]))),
            ("--client-secret-file", set(with(&["token", "--client-secret-file"]))),
            ("--jwe-key", secret(with(&["token", "--jwe-key"]))),
            ("configuration file", secret(with(&["token", "--config"]))),
            ("--ca-file", secret(with(&["import", "status", "bir-1", "--ca-file"]))),
            ("--resume", secret(with(&["import", "watch", "--resume"]))),
        ];
        for (names, kore) in runs {
            let run = { kore }.run();
            assert_eq!(run.code, 2, "{names}: {}", run.stderr);
            assert!(run.stderr.contains(names), "{names}: {}", run.stderr);
            assert!(run.stderr.contains("expected a regular file, found a pipe"), "{names}: {}", run.stderr);
        }
    }
}

#[test]
fn what_a_shell_passes_is_read() {
    let kore = set(Kore::new(["token"]));
    let (kore, _home) = kore.into_plain_command();
    for (script, says) in [
        ("exec \"$@\" --client-secret-file <(printf %s a-secret-of-some-length)", "eyJ"),
        ("printf %s a-secret-of-some-length | \"$@\" --client-secret-file /dev/stdin", "eyJ"),
        ("exec \"$@\" --client-secret-file <(printf %70000s x)", "it is over 64 KiB"),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["-c", script, "bash"]).arg(kore.get_program()).args(kore.get_args());
        let set = kore.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let output = bash.env_clear().envs(set).env("PATH", path).output().expect("bash starts");
        let all = [output.stdout, output.stderr].concat();
        let all = String::from_utf8_lossy(&all);
        assert!(all.contains(says), "{script}: {all}");
    }
}

#[test]
fn a_signal_ends_the_wait_for_an_input_that_never_ends() {
    let kore = super::import::export(set(Kore::new(["import", "start", "--into", "st-1"])));
    let bot = kore.home().join("bot");
    let kore = kore.env("KORE_CLIENT_SECRET", SECRET).args(["--options", "/dev/stdin"]).arg(bot);
    let (mut kore, _home) = kore.into_command();
    let mut child = kore.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
    // It has nothing to read, and sleeps there.
    until("it waits", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        stat.contains(") S ")
    });
    send(&child, Signal::TERM);
    let start = std::time::Instant::now();
    while child.try_wait().expect("it is ours").is_none() {
        assert!(start.elapsed() < PATIENCE, "it goes on");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
