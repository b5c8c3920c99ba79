//! Uploads on loopback, each by a process of its own: 50 MB by the SDK against `curl -F`, and four
//! files at once against one after the other. It fails beyond the limits in docs/benchmarks.md: in
//! time, and in the memory that the SDK's process takes above its start.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "it reports on standard output")]

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use in_turn::{in_turn, is_measured, print_ratios, quartiles};
use kore_sdk::protocol::bot_import::start_new;
use kore_sdk::protocol::file::upload;
use kore_sdk::{Client, ImportFile, ImportFiles, ImportMode};

#[path = "shared/in_turn.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared, and not all of it is used by each")]
mod in_turn;

const BLOCKS: usize = 40;
const LARGE: usize = 50_000_000;

/// The limits: of the time that curl takes, of that which one after the other takes (the same, and room
/// for a machine that others use too), and in MiB.
const SLOWEST: f64 = 1.1;
const SLOWEST_AT_ONCE: f64 = 1.1;
const MEMORY: f64 = 16.0;

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--upload").skip(1);
    if let Some(url) = arguments.next() {
        let at_once = arguments.next().and_then(|number| number.parse().ok());
        return upload(&url, at_once, arguments.map(PathBuf::from).collect());
    }
    let server = serve();
    let folder = std::env::temp_dir().join(format!("kore-bench-upload-{}", std::process::id()));
    fs::create_dir(&folder).expect("a folder");
    let size = if is_measured() { LARGE } else { LARGE / 50 };
    let large = file(&folder, "botDefinition.json", size);
    let fourth = (0..4).map(|n| file(&folder, &format!("{n}.js"), size / 4)).collect::<Vec<_>>();
    let small = file(&folder, "config.json", 100);

    let mut memory = Vec::new();
    let blocks = in_turn::<_, 2>(BLOCKS, |way| match way {
        0 => timed(&mut curl(server, &large)).0,
        _ => {
            let (time, used) = timed(&mut sdk(server, 0, std::slice::from_ref(&large)));
            memory.push(used);
            time
        }
    });
    print_ratios("50 MB up, wall time", ["curl -F", "kore-sdk"], &blocks);
    let [_, middle, _] = quartiles(memory.iter().copied());
    println!("memory of the process above its start: {middle:.1} MiB\n");

    let files = Vec::from_iter([&large, &small].into_iter().chain(&fourth).cloned());
    let at_once = in_turn::<_, 2>(BLOCKS, |way| timed(&mut sdk(server, [1, 4][way], &files)).0);
    print_ratios("six files up and an import started, wall time", ["one by one", "four at once"], &at_once);
    fs::remove_dir_all(&folder).expect("it is there");

    let ratio = |blocks: &[[Duration; 2]]| {
        quartiles(blocks.iter().map(|[first, second]| second.as_secs_f64() / first.as_secs_f64()))[1]
    };
    if is_measured() {
        assert!(ratio(&blocks) <= SLOWEST, "slower than {SLOWEST} times curl");
        assert!(ratio(&at_once) <= SLOWEST_AT_ONCE, "four at once are slower than one by one");
        assert!(middle <= MEMORY, "more than {MEMORY} MiB");
    }
}

/// Not all zeros, which nothing may make shorter.
fn file(folder: &Path, name: &str, length: usize) -> PathBuf {
    let path = folder.join(name);
    let bytes = (0..length).map(|at| (at / 1024 + at) as u8).collect::<Vec<_>>();
    fs::write(&path, bytes).expect("room for a file");
    path
}

fn curl(server: SocketAddr, file: &Path) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--header", "auth: a.b.c"]);
    curl.arg("--form").arg(format!("file=@{}", file.display()));
    curl.args(["--form", "fileContext=bulkImport", "--form", "fileExtension=json"]);
    curl.arg(format!("http://{server}{}", upload::METADATA.path.as_str()));
    curl
}

/// This program as a client; 0 uploads the first file alone.
fn sdk(server: SocketAddr, at_once: usize, files: &[PathBuf]) -> Command {
    let mut this = Command::new(std::env::current_exe().expect("this program has a path"));
    this.args(["--upload", &format!("http://{server}"), &at_once.to_string()]).args(files);
    this
}

/// How long a process ran, and what it said of its memory.
fn timed(command: &mut Command) -> (Duration, f64) {
    let began = Instant::now();
    let output = command.stderr(Stdio::inherit()).output().expect("it starts");
    let elapsed = began.elapsed();
    assert!(output.status.success(), "{command:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    (elapsed, said.trim().parse().unwrap_or_default())
}

/// The client.
fn upload(url: &str, at_once: Option<usize>, files: Vec<PathBuf>) {
    let at_start = mebibytes("VmRSS");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = Client::builder().host(url).token("a.b.c").build().expect("builds");
    let mut files = files.into_iter().map(|path| ImportFile::from_path(path).expect("it is there"));
    let (first, rest) = (files.next().expect("a file"), files.collect::<Vec<_>>());
    match at_once.and_then(std::num::NonZeroUsize::new) {
        None => {
            let content = kore_sdk::protocol::Content::from(first);
            let boundary = kore_sdk::protocol::Boundary::new(kore_sdk::random_jti()).expect("hexadecimal");
            let request = upload::Request::new(upload::Form::new(content), boundary);
            runtime.block_on(client.send(&request)).expect("it is taken");
        }
        Some(at_once) => {
            let [config, functions @ ..] = &rest[..] else { panic!("expected a configuration") };
            let files = ImportFiles::new(first, config.clone());
            let files = functions.iter().cloned().fold(files, ImportFiles::function);
            let import = client.import_bot(files).into_bot("st-1".parse().expect("valid"), ImportMode::Full);
            let import = import.uploads_at_once(at_once);
            runtime.block_on(async { import.await }).expect("it is taken");
        }
    }
    println!("{}", mebibytes("VmHWM") - at_start);
}

/// What the system says of this process.
fn mebibytes(key: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.unwrap_or_default() / 1024.0
}

/// Takes any body, and accepts whatever is in it.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that leaves ends it.
            thread::spawn(move || drop(answer(stream)));
        }
    });
    address
}

fn answer(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(256 * 1024, stream.try_clone()?);
    let mut stream = stream;
    loop {
        let (mut length, mut path, mut line) = (0, String::new(), String::new());
        while reader.read_line({
            line.clear();
            &mut line
        })? > 2
        {
            let lower = line.trim_end().to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length: ") {
                length = value.parse().map_err(io::Error::other)?;
            } else if lower.starts_with("expect:") {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            } else if path.is_empty() {
                path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
        }
        if line.is_empty() {
            return Ok(());
        }
        io::copy(&mut (&mut reader).take(length), &mut Discard)?;
        let body = if path == upload::METADATA.path.as_str() { upload::SAMPLE } else { start_new::SAMPLE };
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    }
}

/// [`io::sink`] is one that `copy` knows, and reads nothing for.
struct Discard;

impl io::Write for Discard {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(std::hint::black_box(buf).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
