//! How much memory imports and connections take.

use std::io::Write as _;
use std::sync::Arc;

use kore_emulator::{App, Emulator, Mode, scenarios};
use kore_protocol::bot_import::get_status;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::generator::{ask, connect};

/// The most for an import that shares its scenario, in bytes.
const MOST: f64 = 2048.0;

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
