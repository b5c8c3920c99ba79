//! `kore emulator --state`, killed at any moment.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::run::Kore;

/// How often it is killed.
const KILLS: u64 = 200;

/// After how many kills a new file begins, so that files are short and long.
const KILLS_OF_A_FILE: u64 = 25;

/// How many create at the same time.
const CREATORS: usize = 4;

struct Running {
    child: Child,
    address: String,
    _home: TempDir,
}

impl Running {
    fn start(file: &Path) -> Self {
        let file = file.to_str().expect("UTF-8");
        let (mut command, home) =
            Kore::new(["emulator", "--scenario", "stuck", "--state", file]).into_command();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("export KORE_HOST=http://").expect(&line).to_owned();
        // The rest is one line for each import: more than a pipe holds.
        thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Self { child, address, _home: home }
    }

    /// Creates until the server is gone; what it acknowledged is put in the list.
    fn create(address: &str, acknowledged: &Mutex<Vec<String>>, is_over: &AtomicBool) -> std::io::Result<()> {
        let mut stream = BufReader::new(TcpStream::connect(address)?);
        let body = r#"{"scenario": "demo-success"}"#;
        let request = format!(
            "POST /_emulator/imports HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        while !is_over.load(Ordering::Relaxed) {
            stream.get_mut().write_all(request.as_bytes())?;
            let answer = answer(&mut stream)?;
            let id = answer.split_once("\"id\":\"").and_then(|(_, rest)| rest.split('"').next());
            let id = id.unwrap_or_else(|| panic!("no id in {answer}"));
            acknowledged.lock().expect("no panic").push(id.to_owned());
        }
        Ok(())
    }

    /// All that it holds, as the text of a snapshot.
    fn snapshot(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it serves");
        // It comes in pieces; to HTTP/1.0, as it is until the connection ends.
        let request = format!("GET /_emulator/snapshot HTTP/1.0\r\nhost: {}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("sent");
        let answer = std::io::read_to_string(stream).expect("a snapshot");
        answer.split_once("\r\n\r\n").expect("a head").1.to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL, as kill -9 sends it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of the next answer.
fn answer(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().expect("a number");
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(String::from_utf8(body).expect("UTF-8"))
}

/// At its start it reads the file and writes it anew.
fn kill_while_it_starts(file: &Path, after: Duration) {
    let file = file.to_str().expect("UTF-8");
    let (mut command, _home) = Kore::new(["emulator", "--scenario", "stuck", "--state", file]).into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the binary starts");
    thread::sleep(after);
    child.kill().expect("it runs, or has ended unasked");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), None, "it did not end by itself");
}

/// A number that looks random: the same in each run.
fn random(mut seed: u64) -> u64 {
    kore_sdk::protocol::split_mix(&mut seed)
}

#[test]
fn each_import_that_was_acknowledged_outlives_each_kill() {
    let folder = TempDir::new().expect("a folder");
    let mut file = folder.path().join("0.json");
    let mut expected: Vec<String> = Vec::new();
    let mut all = 0;
    for kill in 0..KILLS {
        if kill % KILLS_OF_A_FILE == 0 {
            file = folder.path().join(format!("{kill}.json"));
            expected.clear();
        }
        kill_while_it_starts(&file, Duration::from_micros(random(!kill) % 30_000));
        // This start is the proof that the file of the last kill loads.
        let running = Running::start(&file);
        let held = running.snapshot();
        for id in &expected {
            assert!(held.contains(id.as_str()), "{id} is lost after kill {kill}");
        }
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let creators: Vec<_> = (0..CREATORS)
            .map(|_| {
                let (address, acknowledged) = (running.address.clone(), Arc::clone(&acknowledged));
                let is_over = Arc::clone(&is_over);
                // It ends with the error of a connection that was cut.
                thread::spawn(move || Running::create(&address, &acknowledged, &is_over).is_err())
            })
            .collect();
        thread::sleep(Duration::from_micros(random(kill) % 60_000));
        drop(running);
        is_over.store(true, Ordering::Relaxed);
        for creator in creators {
            creator.join().expect("each answer before the end is whole and has an id");
        }
        let mut acknowledged = acknowledged.lock().expect("no panic");
        all += acknowledged.len();
        expected.append(&mut acknowledged);
    }
    let held = Running::start(&file).snapshot();
    assert!(expected.iter().all(|id| held.contains(id.as_str())));
    assert!(all as u64 > KILLS, "{all} imports: it was hardly under load");
}

#[test]
fn a_state_file_is_one_emulators_and_is_not_overwritten_if_it_cannot_be_read() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("state.json");
    let path = file.to_str().expect("UTF-8");
    let running = Running::start(&file);
    Kore::new(["emulator", "--state", path]).fails(2).says(&["--state: ", "state.json", "another emulator"]);
    drop(running);
    std::fs::write(&file, "precious").expect("written");
    Kore::new(["emulator", "--state", path]).fails(2).says(&["--state: ", "state.json, line 1"]);
    assert_eq!(std::fs::read_to_string(&file).expect("there"), "precious");
}

#[test]
fn without_control_nothing_is_served_beside_the_api() {
    let (mut command, _home) = Kore::new(["emulator", "--no-control"]).into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("export KORE_HOST=http://").expect(&line).to_owned();
    let running = Running { child, address, _home };
    assert!(running.snapshot().contains("\"errors\""));
}
