//! How much memory imports and connections take.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kore_emulator::{App, Emulator, Mode, scenarios};
use kore_protocol::bot_import::get_status;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::generator::{ask, connect};

/// The most for an import that shares its scenario, in bytes.
const MOST: f64 = 2048.0;

/// The most for bodies that do not end, in MiB: the room for all of them, and as much for copies.
const MOST_OF_BODIES: f64 = 200.0;

/// The longest that an answer may take beside a snapshot of all imports, as a share of the snapshot's
/// time: 1 would be a server that answers one after the other.
const LONGEST: f64 = 0.75;

/// What the process has in memory, in bytes; `None` but on Linux.
fn resident() -> Option<f64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<f64>().ok()? * rustix::param::page_size() as f64)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

pub(crate) fn of_imports(imports: usize) {
    let runtime = runtime();
    let emulator = runtime.block_on(Emulator::builder().start()).expect("a free port");
    let scenario = Arc::new(scenarios::documented_success());
    let Some(before) = resident() else { return println!("SKIPPED: memory, which only Linux tells") };
    for _ in 0..imports {
        emulator.create(Arc::clone(&scenario), Mode::TIME);
    }
    let each = (resident().expect("told before") - before) / imports as f64;
    println!("### memory of an import that shares its scenario\n");
    println!("| | bytes | at most |\n|---|---:|---:|");
    println!("| of {imports}, resident | {each:.0} | {MOST} |\n");
    assert!(imports < 1_000_000 || each <= MOST, "over the limit");
    beside_a_snapshot(&emulator);
}

/// How long others wait while a snapshot of all imports is given.
fn beside_a_snapshot(emulator: &Emulator) {
    let address = emulator.address();
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let others = std::thread::spawn(move || longest(address, &over));
    let before = resident().expect("told before");
    let start = Instant::now();
    let mut stream = connect(address);
    stream.write_all(b"GET /_emulator/snapshot HTTP/1.0\r\nhost: localhost\r\n\r\n").expect("it listens");
    let (mut length, mut most) = (0, before);
    let mut buffer = vec![0; 1024 * 1024];
    loop {
        match stream.read(&mut buffer).expect("an answer") {
            0 => break,
            read => length += read,
        }
        most = most.max(resident().expect("told before"));
    }
    let took = start.elapsed();
    is_over.store(true, Ordering::Relaxed);
    let longest = others.join().expect("each was answered");
    println!("### beside a snapshot of them all\n");
    println!("| bytes | took | longest answer to others | at most | MiB more |\n|---:|---:|---:|---:|---:|");
    let more = (most - before) / 1024.0 / 1024.0;
    let share = longest.as_secs_f64() / took.as_secs_f64();
    println!("| {length} | {took:.1?} | {longest:.1?} ({share:.2}) | {LONGEST} | {more:.1} |\n");
    assert!(share <= LONGEST, "others waited for too long");
}

/// The longest that one waited of those who ask until it is over.
fn longest(address: SocketAddr, is_over: &AtomicBool) -> Duration {
    let request = b"GET /_emulator/health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut connection = connect(address);
    let mut longest = Duration::ZERO;
    while !is_over.load(Ordering::Relaxed) {
        let start = Instant::now();
        ask(&mut connection, request);
        longest = longest.max(start.elapsed());
    }
    longest
}

/// Bodies of 4 MiB that end before their last byte.
pub(crate) fn of_bodies(bodies: usize) {
    let runtime = runtime();
    let emulator = runtime.block_on(Emulator::builder().start()).expect("a free port");
    let Some(before) = resident() else { return };
    let piece = vec![b' '; 64 * 1024];
    let pieces = 4 * 1024 * 1024 / piece.len();
    let head = format!(
        "POST /_emulator/imports HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        pieces * piece.len()
    );
    let sending: Vec<_> = (0..bodies)
        .map(|_| {
            let (head, piece, mut stream) = (head.clone(), piece.clone(), connect(emulator.address()));
            std::thread::spawn(move || {
                stream.write_all(head.as_bytes())?;
                // One for which there is no room is closed.
                (1..pieces).try_for_each(|_| stream.write_all(&piece))?;
                stream.write_all(&piece[1..])?;
                std::io::Result::Ok(stream)
            })
        })
        .collect();
    let mut most = before;
    while !sending.iter().all(std::thread::JoinHandle::is_finished) {
        most = most.max(resident().expect("told before"));
        std::thread::sleep(Duration::from_millis(5));
    }
    let more = (most - before) / 1024.0 / 1024.0;
    println!("### memory of {bodies} bodies of 4 MiB whose last byte is missing\n");
    println!("| | MiB more | at most |\n|---|---:|---:|\n| resident | {more:.1} | {MOST_OF_BODIES} |\n");
    assert!(more <= MOST_OF_BODIES, "over the limit");
    drop(sending);
}

/// So many idle connections, and a fifth as many that drip.
pub(crate) fn of_connections(idle: usize) {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).expect("up to the maximum");

    let runtime = runtime();
    let app = App::made_up();
    let emulator = runtime.block_on(Emulator::builder().app(app).start()).expect("a free port");
    let path = get_status::METADATA.path.fill(&["bir-1f"]);
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let Some(before) = resident() else { return };
    let mut open: Vec<_> = (0..idle).map(|_| connect(emulator.address())).collect();
    for connection in &mut open {
        assert!(ask(connection, request.as_bytes()).starts_with(b"HTTP/1.1 401 "));
    }
    for _ in 0..idle / 5 {
        let mut connection = connect(emulator.address());
        connection.write_all(&request.as_bytes()[..40]).expect("it listens");
        open.push(connection);
    }
    let mut other = connect(emulator.address());
    assert!(ask(&mut other, request.as_bytes()).starts_with(b"HTTP/1.1 401 "), "others are not served");
    let with = resident().expect("told before");
    drop((open, other));
    runtime.block_on(emulator.stop());
    let after = resident().expect("told before");
    println!("### memory of {idle} idle and {} dripping connections, client's side included\n", idle / 5);
    println!("| | MiB resident |\n|---|---:|");
    for (when, bytes) in [("before", before), ("with them", with), ("after", after)] {
        println!("| {when} | {:.1} |", bytes / 1024.0 / 1024.0);
    }
    println!();
}
