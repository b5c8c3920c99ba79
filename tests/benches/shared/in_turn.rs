//! The one way in which benchmarks measure: what is compared runs in turn, block by block, and what
//! counts is the median of the ratios within the blocks. A machine that is busy, or whose speed
//! drifts, is so for all. Each benchmark includes this file by its path.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Runs each way once in each block, and gives back what that was, by block and way. `cargo test
/// --benches` only wants to know that it runs: one block.
pub fn in_turn<T, const WAYS: usize>(blocks: usize, mut run: impl FnMut(usize) -> T) -> Vec<[T; WAYS]> {
    let blocks = if is_measured() { blocks } else { 1 };
    // Once each for nothing, to warm up.
    (0..WAYS).for_each(|way| drop(run(way)));
    let block = |block: usize| {
        let mut block_of = [const { None }; WAYS];
        for turn in 0..WAYS {
            // Each comes at each place equally often, and the order is turned round in every other
            // block: what ran before leaves its traces in caches and in the allocator.
            let way = (turn + block / 2) % WAYS;
            let way = if block.is_multiple_of(2) { way } else { WAYS - 1 - way };
            block_of[way] = Some(run(way));
        }
        block_of.map(|of_way| of_way.expect("each has had its turn"))
    };
    (0..blocks).map(block).collect()
}

pub fn is_measured() -> bool {
    std::env::args().any(|arg| arg == "--bench")
}

/// The CPU time that the calling thread has taken: less of it depends on who else runs.
pub fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
}

pub fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|part| values[((values.len() - 1) as f64 * part) as usize])
}

/// A table of the ratios to the first way.
#[allow(clippy::print_stdout, reason = "a benchmark reports on standard output")]
pub fn print_ratios<const WAYS: usize>(what: &str, names: [&str; WAYS], blocks: &[[Duration; WAYS]]) {
    println!("### {what}: median of the ratios of {} blocks\n", blocks.len());
    println!("| | ratio | quartiles |\n|---|---:|---:|");
    for (way, name) in names.into_iter().enumerate() {
        let ratio = |block: &[Duration; WAYS]| block[way].as_secs_f64() / block[0].as_secs_f64();
        let [low, middle, high] = quartiles(blocks.iter().map(ratio));
        println!("| {name} | {middle:.2} | {low:.2} to {high:.2} |");
    }
    println!();
}
