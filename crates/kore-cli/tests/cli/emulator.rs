//! `kore emulator`, as a script uses it.
#![cfg(unix)]

mod encrypted;
#[cfg(target_os = "linux")]
mod room;
mod ways;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use kore_sdk::protocol::bot_import::get_status;
use tempfile::TempDir;

use crate::run::Kore;

/// A running `kore emulator`, and the lines that it printed.
pub(crate) struct Running {
    child: Child,
    lines: Vec<String>,
    _home: TempDir,
}

impl Running {
    fn start() -> Self {
        Self::with_stderr(Stdio::inherit())
    }

    fn with_stderr(stderr: Stdio) -> Self {
        // Three settings and three imports.
        Self::of(&[], 6, stderr)
    }

    /// With further arguments, and so many lines to read.
    pub(crate) fn of(arguments: &[&str], lines: usize, stderr: Stdio) -> Self {
        let all = ["emulator", "--port", "0"].into_iter().chain(arguments.iter().copied());
        let (mut command, home) = Kore::new(all).into_command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the binary starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        // While it runs: the lines are flushed.
        let lines = out.lines().take(lines).collect::<Result<_, _>>().expect("lines");
        Self { child, lines, _home: home }
    }

    fn setting(&self, name: &str) -> Option<&str> {
        let start = format!("export {name}=");
        self.lines.iter().find_map(|line| line.strip_prefix(&start))
    }

    /// A command with its settings.
    pub(crate) fn kore(&self, arguments: &[&str]) -> Kore {
        ["KORE_HOST", "KORE_CLIENT_ID", "KORE_CLIENT_SECRET"]
            .into_iter()
            .fold(Kore::new(arguments), |kore, name| kore.env(name, self.setting(name).expect(name)))
    }

    /// Asks for the status of its n-th import.
    fn status(&self, n: usize) -> Kore {
        self.kore(&["import", "status", "--exit-status", &self.lines[3 + n]])
    }

    /// Looks at its first import so many times, over one connection; the statuses that are answered.
    fn looks(&self, count: usize) -> Vec<String> {
        let (mut token, _home) = self.kore(&["token"]).into_command();
        let token = String::from_utf8(token.output().expect("the binary starts").stdout).expect("UTF-8");
        let address =
            self.setting("KORE_HOST").and_then(|host| host.strip_prefix("http://")).expect("plain HTTP");
        let path = get_status::METADATA.path.fill(&[&self.lines[3]]);
        let last = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nauth: {}\r\n", token.trim_end());
        let mut stream = TcpStream::connect(address).expect("it serves");
        stream.write_all(format!("{last}\r\n").repeat(count - 1).as_bytes()).expect("sent");
        stream.write_all(format!("{last}connection: close\r\n\r\n").as_bytes()).expect("sent");
        let answers = std::io::read_to_string(stream).expect("UTF-8");
        answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].to_owned()).collect()
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
fn scenarios_run_in_the_order_and_the_mode_asked_for() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("mine.toml");
    std::fs::write(&file, "[[tasks]]\ntype = 'Dialog'\nname = 'Pay'\noutcome = 'failed'\n").expect("written");
    let file = file.to_str().expect("UTF-8");
    let arguments = ["--scenario", "demo-success", "--scenario", file, "--mode"];
    let with = |mode| Running::of(&[&arguments[..], &[mode]].concat(), 5, Stdio::inherit());
    let emulator = with("at-once");
    assert_eq!(emulator.status(0).run().code, 0);
    let failed = emulator.status(1).run();
    assert_eq!((failed.code, failed.stdout.contains("Pay")), (1, true), "{}", failed.stdout);
    let emulator = with("looks");
    let codes = [1, 1, 0].map(|n| emulator.status(n).run().code);
    // One task runs, then it has failed; the other import has not been polled until then.
    assert_eq!(codes, [3, 1, 3]);
}

#[test]
fn an_import_can_go_into_the_bots_that_it_is_told_of() {
    use kore_sdk::protocol::bot_import::start_existing;
    use kore_sdk::protocol::file::upload::{self, Form};
    use kore_sdk::protocol::{Boundary, Content};

    let emulator =
        Running::of(&["--bot", "st-1f", "--bot", "st-2e", "--mode", "at-once"], 6, Stdio::inherit());
    let [host, id, secret] = ["KORE_HOST", "KORE_CLIENT_ID", "KORE_CLIENT_SECRET"]
        .map(|name| emulator.setting(name).expect(name).to_owned());
    let client = kore_sdk::Client::builder().host(host).credentials(id, secret).environment_proxies(false);
    let client = client.build_blocking().expect("builds");
    let form = Form::new(Content::from_bytes("a.json", r#"{"dialogs": [{"name": "Pay"}]}"#));
    let file = client.send(&upload::Request::new(form, Boundary::new("b-1f").expect("valid")));
    let file = file.expect("uploaded").response.file.id.expect("an id");
    let start = |bot: &str| {
        let bot = bot.parse().expect("valid");
        client.send(&start_existing::Request::new(bot, file.clone(), file.clone(), Vec::new(), None))
    };
    let import = start("st-2e").expect("accepted").response.import_id;
    let status = emulator.kore(&["import", "status", import.as_str()]).run();
    assert!(status.code == 0 && status.stdout.contains("Pay"), "{}", status.stdout);
    assert!(start("st-3d").expect_err("unknown").to_string().contains("Invalid StreamId"));
    let refused = Kore::new(["emulator", "--bot", "shop"]).run();
    assert!(refused.code == 2 && refused.stderr.contains("expected \"st-\""), "{}", refused.stderr);
}

#[test]
fn a_scenario_beside_a_state_that_is_there_is_said_to_count_for_nothing() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("state.json").to_str().expect("UTF-8").to_owned();
    let with = |scenario: &str| {
        let arguments = ["--state", &file, "--scenario", scenario];
        let mut emulator = Running::of(&arguments, 4, Stdio::piped());
        assert_eq!(emulator.signal("TERM"), Some(0));
        let mut told = String::new();
        emulator.child.stderr.take().expect("piped").read_to_string(&mut told).expect("UTF-8");
        (emulator.lines[3].clone(), told)
    };
    let (id, told) = with("stuck");
    assert_eq!(told, "");
    let (same, told) = with("failure");
    assert_eq!(same, id);
    assert!(told.contains("--scenario is for a new file") && told.contains("state.json"), "{told}");
}

#[test]
fn the_rate_limits_hold_unless_it_is_lenient() {
    let statuses = Running::start().looks(61);
    assert_eq!((statuses.len(), statuses[59].as_str(), statuses[60].as_str()), (61, "200", "429"));
    let lenient = Running::of(&["--lenient"], 6, Stdio::inherit()).looks(61);
    assert_eq!(lenient, vec!["200"; 61]);
}

#[test]
fn faults_are_those_of_the_file() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("faults.json");
    std::fs::write(&file, r#"{"faults": [{"effect": "proxy_page", "first": 1}]}"#).expect("written");
    let file = file.to_str().expect("UTF-8");
    let emulator = Running::of(&["--faults", file], 6, Stdio::inherit());
    assert_eq!([0, 0].map(|n| emulator.status(n).run().code), [5, 0]);
}

#[test]
fn a_scenario_that_cannot_be_used_is_told_with_what_to_do() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("mine.toml");
    std::fs::write(&file, "[[tasks]]\ntype = 'Dialog'\nname = 'Pay'\nduration = 5\n").expect("written");
    let file = file.to_str().expect("UTF-8");
    let emulator = |arguments: &[&str]| Kore::new(["emulator"].iter().chain(arguments)).fails(2);
    emulator(&["--scenario", file]).says(&["--scenario: ", "mine.toml, line 4", "write \"5s\""]);
    emulator(&["--scenario", "sucess"]).says(&["no scenario \"sucess\"", "hint: ", "documented-success"]);
    emulator(&["--scenario", "./sucess.toml"]).says(&["--scenario: ./sucess.toml", "cannot be read"]);
    emulator(&["--faults", file]).says(&["--faults: ", "line 1", "`tasks`", "`faults`"]);
    emulator(&["--scenario", "stuck", "--mode", "looks", "--speed", "2"])
        .says(&["--speed is for --mode time"]);
}

#[test]
fn a_signal_ends_it_with_success() {
    for signal in ["TERM", "INT"] {
        assert_eq!(Running::start().signal(signal), Some(0), "{signal}");
    }
}

/// Runs the example of the help, which may call for another `kore emulator`; then stops that.
fn run_the_example(emulator: &str) -> std::process::Output {
    let help = Kore::new(["emulator", "--help"]).succeeds().stdout;
    let (_, example) = help.split_once("Example:\n").expect("an example");
    let script = format!("{}\ncode=$?; kill $!; exit $code", example.replace("kore emulator", emulator));
    let directory = std::path::Path::new(env!("CARGO_BIN_EXE_kore")).parent().expect("in a directory");
    let home = TempDir::new().expect("a directory");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", directory.display());
    let mut sh = Command::new("sh");
    sh.env_clear().env("PATH", path).env("HOME", home.path()).current_dir(home.path());
    sh.args(["-c", &script]).output().expect("sh runs")
}

#[test]
fn the_example_of_the_help_works_as_it_stands() {
    let run = run_the_example("kore emulator");
    let shown = String::from_utf8_lossy(&run.stdout);
    assert!(shown.contains("Status   success"), "{shown}{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(run.status.code(), Some(0));
}

#[test]
fn the_example_of_the_help_ends_if_the_emulator_cannot_start() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    let run = run_the_example(&format!("kore emulator --port {port}"));
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("cannot serve on"));
}

#[test]
fn off_a_terminal_standard_error_is_empty() {
    let mut emulator = Running::with_stderr(Stdio::piped());
    assert_eq!(emulator.signal("TERM"), Some(0));
    let stderr = std::io::read_to_string(emulator.child.stderr.take().expect("piped")).expect("UTF-8");
    assert_eq!(stderr, "");
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_it_says_why_it_does_not_end() {
    // The near end of a new terminal is one too, and echoes what is written to it.
    let terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/ptmx").expect("a terminal");
    let emulator = Running::with_stderr(terminal.try_clone().expect("a copy").into());
    let mut line = String::new();
    BufReader::new(terminal).read_line(&mut line).expect("a line");
    let url = emulator.lines[0].strip_prefix("export KORE_HOST=").expect("the host");
    assert!(line.starts_with(&format!("serving on {url} until Ctrl-C; ")), "{line}");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let run = Kore::new(["emulator", "--port", &port]).fails(2);
    run.says(&[&format!("cannot serve on 127.0.0.1:{port}"), "hint: --port 0"]);
}
