//! The load that the emulator takes: status calls in a second on loopback against a bare hyper server that
//! answers with the same bytes, the memory of a million imports, and that of connections which do
//! nothing. It fails beyond the limits in docs/benchmarks.md. `-- throughput` leaves the memory out.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "it reports on standard output")]

mod generator;
#[path = "../shared/in_turn.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared, and not all of it is used by each")]
mod in_turn;
mod room;
mod servers;

use std::time::Duration;

use generator::Generator;
use in_turn::{in_turn, is_measured, quartiles};
use servers::Server;

/// The least of what the bare server does in the same CPU time: the figure in docs/benchmarks.md, and room for a
/// machine that others use too.
const LEAST: f64 = 0.35;

/// Each is asked fewer than 60 times, and the whole takes less than a minute: the rate limits count, and
/// let every request through.
const IMPORTS: usize = 4_000;
const CONNECTIONS: usize = 16;
const BLOCKS: usize = 60;
const REQUESTS: usize = 2_000;

/// What one server did in one block.
struct Block {
    elapsed: Duration,
    /// The CPU time of the server's thread.
    cpu: Duration,
}

fn main() {
    let is_measured = is_measured();
    if !std::env::args().any(|arg| arg == "throughput") {
        room::of_connections(if is_measured { 1_000 } else { 10 });
        room::of_bodies(if is_measured { 100 } else { 1 });
        room::of_imports(if is_measured { 1_000_000 } else { 1_000 });
    }
    throughput(is_measured);
}

fn throughput(is_measured: bool) {
    let (emulator, requests) = Server::emulator(IMPORTS);
    let bare = Server::bare();
    let mut generators =
        [&emulator, &bare].map(|server| Generator::new(server.address, CONNECTIONS, requests.clone()));
    let pairs = in_turn(BLOCKS, |way| {
        let server = [&emulator, &bare][way];
        let cpu = server.cpu();
        let elapsed = generators[way].run(REQUESTS);
        Block { elapsed, cpu: server.cpu() - cpu }
    });
    drop(generators);
    servers::check_that_limits_and_tokens_count(emulator.address, &requests);

    let in_a_second = |block: &Block| REQUESTS as f64 / block.elapsed.as_secs_f64();
    let micros = |block: &Block| block.cpu.as_secs_f64() * 1e6 / REQUESTS as f64;
    let [emulated, bare, ratio, cpu, bare_cpu, cpu_ratio] = [
        quartiles(pairs.iter().map(|[emulator, _]| in_a_second(emulator))),
        quartiles(pairs.iter().map(|[_, bare]| in_a_second(bare))),
        quartiles(pairs.iter().map(|[emulator, bare]| in_a_second(emulator) / in_a_second(bare))),
        quartiles(pairs.iter().map(|[emulator, _]| micros(emulator))),
        quartiles(pairs.iter().map(|[_, bare]| micros(bare))),
        quartiles(pairs.iter().map(|[emulator, bare]| micros(bare) / micros(emulator))),
    ];
    println!("### status calls on loopback, one thread for the server, {CONNECTIONS} connections\n");
    println!(
        "| median of {} blocks of {REQUESTS} | emulator | bare hyper | ratio | quartiles |",
        pairs.len()
    );
    println!("|---|---:|---:|---:|---:|");
    let row = |name: &str, emulated: [f64; 3], bare: [f64; 3], ratio: [f64; 3], digits: usize| {
        let [low, middle, high] = ratio;
        let (emulated, bare) = (emulated[1], bare[1]);
        println!("| {name} | {emulated:.digits$} | {bare:.digits$} | {middle:.2} | {low:.2} to {high:.2} |");
    };
    row("requests in a second", emulated, bare, ratio, 0);
    row("CPU time of a request, µs; ratio the other way round", cpu, bare_cpu, cpu_ratio, 1);
    println!();
    assert!(!is_measured || cpu_ratio[1] >= LEAST, "under {LEAST} of the bare server");
}
