//! What a watched import costs in memory, beside its last document: the bytes that are asked of
//! the allocator, counted, in virtual time. It fails beyond the limits in docs/benchmarks.md.
#![allow(clippy::print_stdout, reason = "it reports on standard output")]

use std::time::{Duration, Instant, SystemTime};

use kore_protocol::watch::{Next, Now, Settings, Watches};
use kore_protocol::{RequestLogs, ResponseError};
use kore_types::{BotImport, BotImportId};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The most for an import that was polled once, in bytes.
const AT_REST: f64 = 1280.0;
/// The most for one that was polled for an hour.
const AFTER_AN_HOUR: f64 = 8.0 * 1024.0;

const SAMPLE: &str = kore_protocol::bot_import::get_status::SAMPLE;

/// The documented sample, but running, and with an id of its own.
fn document(n: usize) -> BotImport {
    let mut import: BotImport = serde_json::from_str(SAMPLE).expect("the sample is an import");
    import.id = Some(format!("bir-034fc180-4f84-5c54-a963-{n:012}").parse().expect("valid"));
    import.status = Some(kore_types::Status::Pending);
    import
}

fn bytes() -> f64 {
    dhat::HeapStats::get().curr_bytes as f64
}

/// Watches so many imports for so long, and gives back how many bytes each costs.
fn cost(imports: usize, time: Duration) -> f64 {
    let documents = bytes();
    let kept: Vec<Box<BotImport>> = (0..imports).map(|n| Box::new(document(n))).collect();
    let documents = bytes() - documents - (imports * size_of::<usize>()) as f64;
    drop(kept);

    let before = bytes();
    let start = Instant::now();
    let mut now = Now { instant: start, wall: SystemTime::UNIX_EPOCH };
    let mut watches: Watches<BotImportId, ResponseError> =
        Watches::new(RequestLogs::default(), Settings::default());
    for n in 0..imports {
        let id = document(n).id.expect("an id");
        watches.watch(id, Duration::from_secs(2 * 3600), now);
    }
    loop {
        match watches.poll(now) {
            Next::Send(look) => {
                let id = look.request().import_id.as_str();
                let n = id.rsplit('-').next().expect("a number").parse().expect("a number");
                watches.handle_response(now, &look, document(n));
            }
            Next::Wait(until) if until > start + time => break,
            Next::Wait(until) => now.instant = until,
            Next::Tell(_) => {}
            Next::Idle => unreachable!("the deadline is far"),
        }
    }
    (bytes() - before - documents) / imports as f64
}

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let at_rest = cost(10_000, Duration::ZERO);
    let after_an_hour = cost(200, Duration::from_secs(3600));
    println!("### memory of a watched import, beside its last document\n");
    println!("| | bytes | at most |\n|---|---:|---:|");
    println!("| at rest, of 10,000 | {at_rest:.0} | {AT_REST} |");
    println!("| after an hour of looks, of 200 | {after_an_hour:.0} | {AFTER_AN_HOUR} |");
    assert!(at_rest <= AT_REST && after_an_hour <= AFTER_AN_HOUR, "over the limit");
}
