//! The command `kore` as a release has it beside curl: its size, and how long a start, and a status
//! call to the emulator, take as a whole. `cargo xtask bench` builds it and says in `KORE` where it is.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "it reports on standard output")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use in_turn::{in_turn, is_measured, print_ratios, quartiles};
use kore_sdk::protocol::bot_import::get_status;

#[path = "shared/in_turn.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared, and not all of it is used by each")]
mod in_turn;

const BLOCKS: usize = 60;

/// The limits: of the time that curl takes, and of the size of the binary in MiB.
const SLOWEST: f64 = 2.0;
const LARGEST: f64 = 8.0;

fn main() {
    let Some(kore) = env::var_os("KORE").map(PathBuf::from) else {
        println!("SKIPPED: the command, because KORE names no binary (`cargo xtask bench` does)");
        return;
    };
    let size = mebibytes(&kore);
    println!("kore: {size:.2} MiB; curl and the libraries that it loads: {:.2} MiB\n", size_of_curl());

    let mut ratios = vec![compared("--version", |way| match way {
        0 => command(Path::new("curl"), &["--version"]),
        _ => command(&kore, &["--version"]),
    })];
    for (what, flags) in [("a status call", &[][..]), ("a status call over TLS", &["--tls"])] {
        let emulator = Emulator::started(&kore, flags);
        let token = emulator.token(&kore);
        ratios.push(compared(what, |way| match way {
            0 => emulator.curl(&token),
            _ => emulator.kore(&kore),
        }));
    }
    if is_measured() {
        assert!(size <= LARGEST, "larger than {LARGEST} MiB");
        assert!(ratios.iter().all(|ratio| *ratio <= SLOWEST), "slower than {SLOWEST} times curl");
    }
}

/// The wall time from the start of a process to its end, and the ratio to that of curl.
fn compared(what: &str, command: impl Fn(usize) -> Command) -> f64 {
    let blocks = in_turn::<_, 2>(BLOCKS, |way| {
        let mut command = command(way);
        let began = Instant::now();
        let output = command.output().expect("it starts");
        let elapsed = began.elapsed();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        elapsed
    });
    print_ratios(&format!("{what}, wall time"), ["curl", "kore"], &blocks);
    let [curl, kore] = [0, 1].map(|way| middle(blocks.iter().map(|block| block[way])));
    println!("in the middle {:.1} ms and {:.1} ms\n", curl * 1e3, kore * 1e3);
    quartiles(blocks.iter().map(|[curl, kore]| kore.as_secs_f64() / curl.as_secs_f64()))[1]
}

fn middle(times: impl Iterator<Item = Duration>) -> f64 {
    quartiles(times.map(|time| time.as_secs_f64()))[1]
}

fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// An emulator in a process of its own, which ends with it.
struct Emulator {
    process: Child,
    variables: Vec<(String, String)>,
    id: String,
}

impl Emulator {
    fn started(kore: &Path, flags: &[&str]) -> Self {
        let mut command = command(kore, &["emulator", "--lenient", "--scenario", "documented-success"]);
        let process = command.args(flags).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut emulator = Self { process, variables: Vec::new(), id: String::new() };
        let lines = BufReader::new(emulator.process.stdout.take().expect("piped")).lines();
        for line in lines.map(|line| line.expect("text")) {
            if let Some((name, value)) = line.strip_prefix("export ").and_then(|line| line.split_once('=')) {
                emulator.variables.push((name.to_owned(), value.trim_matches('\'').to_owned()));
            } else if line.starts_with("bir-") {
                emulator.id = line;
                return emulator;
            }
        }
        panic!("the emulator names no import");
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn token(&self, kore: &Path) -> String {
        let mut command = command(kore, &["token", "--lifetime", "1h"]);
        let output = command.envs(self.variables.clone()).output().expect("it starts");
        String::from_utf8(output.stdout).expect("a token is text").trim().to_owned()
    }

    fn kore(&self, kore: &Path) -> Command {
        let mut command = command(kore, &["import", "status", "--output", "json", &self.id]);
        command.envs(self.variables.clone());
        command
    }

    fn curl(&self, token: &str) -> Command {
        let mut curl = command(Path::new("curl"), &["--silent", "--show-error", "--fail", "--noproxy", "*"]);
        if let Some(file) = self.variable("KORE_CA_FILE") {
            // As kore does: the system's authorities, and this one.
            let both = Path::new(file).with_file_name("both.pem");
            let system = fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
            let authorities = [system, fs::read(file).expect("it is there")].concat();
            fs::write(&both, authorities).expect("room for a file");
            curl.arg("--cacert").arg(both);
        }
        let host = self.variable("KORE_HOST").expect("it says where it is");
        curl.args(["--header", &format!("auth: {token}")]);
        curl.arg(format!("{host}{}", get_status::METADATA.path.fill(&[&self.id])));
        curl
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // So that it removes the files of --tls.
        drop(command(Path::new("kill"), &[&self.process.id().to_string()]).status());
        drop(self.process.wait());
    }
}

fn mebibytes(file: &Path) -> f64 {
    fs::metadata(file).expect("it is there").len() as f64 / f64::from(1 << 20)
}

/// The program, and each library that it loads.
fn size_of_curl() -> f64 {
    let path = env::var_os("PATH").unwrap_or_default();
    let program = env::split_paths(&path).map(|folder| folder.join("curl")).find(|file| file.is_file());
    let program = program.expect("curl is installed");
    let ldd = command(Path::new("ldd"), &[]).arg(&program).output().expect("ldd is installed");
    let said = String::from_utf8_lossy(&ldd.stdout).into_owned();
    let libraries = said.split_whitespace().filter(|word| word.starts_with('/')).map(Path::new);
    mebibytes(&program) + libraries.map(mebibytes).sum::<f64>()
}
