//! `kore emulator`, as a script uses it.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::run::Kore;

/// A running `kore emulator`, and the lines that it printed.
struct Running {
    child: Child,
    lines: Vec<String>,
    _home: TempDir,
}

impl Running {
    fn start() -> Self {
        let (mut command, home) = Kore::new(["emulator", "--port", "0"]).into_command();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        // Three settings and three imports, while it runs: the lines are flushed.
        let lines = out.lines().take(6).collect::<Result<_, _>>().expect("lines");
        Self { child, lines, _home: home }
    }

    fn signal(&mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().expect("kill runs").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_shell_can_take_its_lines_over() {
    let emulator = Running::start();
    let file = emulator._home.path().join("lines");
    std::fs::write(&file, emulator.lines.join("\n") + "\n").expect("written");
    let script = r#"eval "$(grep '^export ' "$1")"
        for id in $(grep '^bir-' "$1"); do "$2" import status --exit-status "$id" > /dev/null; echo "$?"; done"#;
    let run = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(&file)
        .arg(env!("CARGO_BIN_EXE_kore"))
        .env("HOME", emulator._home.path())
        .output()
        .expect("sh runs");
    let codes = String::from_utf8_lossy(&run.stdout);
    // Succeeded, running, failed.
    assert_eq!(codes, "0\n3\n1\n", "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn its_lines_are_settings_and_bare_ids() {
    let emulator = Running::start();
    let starts =
        ["export KORE_HOST=http://127.0.0.1:", "export KORE_CLIENT_ID=cs-", "export KORE_CLIENT_SECRET="];
    for (line, start) in emulator.lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    assert!(emulator.lines[3..].iter().all(|line| line.parse::<kore_sdk::BotImportId>().is_ok()));
}

#[test]
fn a_signal_ends_it_with_success() {
    for signal in ["TERM", "INT"] {
        assert_eq!(Running::start().signal(signal), Some(0), "{signal}");
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let run = Kore::new(["emulator", "--port", &port]).fails(2);
    run.says(&[&format!("cannot serve on 127.0.0.1:{port}"), "hint: --port 0"]);
}
