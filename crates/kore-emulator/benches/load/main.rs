//! What the emulator bears: status calls in a second on loopback against a bare hyper server that
//! answers with the same bytes, the memory of a million imports, and that of connections which do
//! nothing. It fails beyond the limits that the README gives. `-- throughput` leaves the memory out.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "it reports on standard output")]

mod generator;
mod room;
mod servers;

use std::time::Duration;

use generator::Generator;
use servers::Server;

/// The least of what the bare server does in the same CPU time: the README's figure, and room for a
/// machine that others use too.
const LEAST: f64 = 0.35;

/// Each is asked fewer than 60 times, and the whole takes less than a minute: the windows count, and
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
    // `cargo test --benches` only wants to know that it runs.
    let is_measured = std::env::args().any(|arg| arg == "--bench");
    if !std::env::args().any(|arg| arg == "throughput") {
        room::of_connections(if is_measured { 1_000 } else { 10 });
        room::of_bodies(if is_measured { 12 } else { 1 });
        room::of_imports(if is_measured { 1_000_000 } else { 1_000 });
    }
    throughput(if is_measured { BLOCKS } else { 1 }, is_measured);
}

/// Both servers in turn, block by block, for ratios that hold on a machine whose speed drifts.
fn throughput(blocks: usize, is_measured: bool) {
    let (emulator, requests) = Server::emulator(IMPORTS);
    let bare = Server::bare();
    let mut generators =
        [&emulator, &bare].map(|server| Generator::new(server.address, CONNECTIONS, requests.clone()));
    let mut run = |way: usize| {
        let server = [&emulator, &bare][way];
        let cpu = server.cpu();
        let elapsed = generators[way].run(REQUESTS);
        Block { elapsed, cpu: server.cpu() - cpu }
    };
    // Once each for nothing, to warm up.
    let _ = [run(0), run(1)];
    let mut pairs = Vec::new();
    for block in 0..blocks {
        // Each is the first equally often.
        let first = block % 2;
        let (a, b) = (run(first), run(1 - first));
        pairs.push(if first == 0 { (a, b) } else { (b, a) });
    }
    drop(generators);
    servers::check_that_limits_and_tokens_count(emulator.address, &requests);

    let in_a_second = |block: &Block| REQUESTS as f64 / block.elapsed.as_secs_f64();
    let micros = |block: &Block| block.cpu.as_secs_f64() * 1e6 / REQUESTS as f64;
    let [emulated, bare, ratio, cpu, bare_cpu, cpu_ratio] = [
        quartiles(pairs.iter().map(|(emulator, _)| in_a_second(emulator))),
        quartiles(pairs.iter().map(|(_, bare)| in_a_second(bare))),
        quartiles(pairs.iter().map(|(emulator, bare)| in_a_second(emulator) / in_a_second(bare))),
        quartiles(pairs.iter().map(|(emulator, _)| micros(emulator))),
        quartiles(pairs.iter().map(|(_, bare)| micros(bare))),
        quartiles(pairs.iter().map(|(emulator, bare)| micros(bare) / micros(emulator))),
    ];
    println!("### status calls on loopback, one thread for the server, {CONNECTIONS} connections\n");
    println!("| median of {blocks} blocks of {REQUESTS} | emulator | bare hyper | ratio | quartiles |");
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

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|part| values[((values.len() - 1) as f64 * part) as usize])
}
