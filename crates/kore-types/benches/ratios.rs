//! How much longer the models take than a plain derived struct, which loses what it does not know,
//! and than `serde_json::Value`: measured in turns, so that a busy machine is busy for all.

use std::hint::black_box;
use std::time::{Duration, Instant};

use kore_types::{BotImport, Status, StatusLog, TaskType};
use plain::Plain;
use serde::de::DeserializeOwned;

#[path = "shared/plain.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "decoded, and not looked at")]
mod plain;

const SAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/bot-import-status.success.json");
const ROUNDS: usize = 101;

fn time<T: DeserializeOwned>(json: &[u8], times: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        black_box(serde_json::from_slice::<T>(black_box(json)).expect("decodes"));
    }
    start.elapsed() / times
}

/// The median of the ratios of pairs. Each of a pair comes first in every other one, since what was
/// freed before it makes allocating slower or faster.
fn ratio<T: DeserializeOwned>(json: &[u8], times: u32) -> f64 {
    let pair = |n: usize| {
        let first = n.is_multiple_of(2).then(|| time::<BotImport>(json, times));
        let other = time::<T>(json, times);
        let ours = first.unwrap_or_else(|| time::<BotImport>(json, times));
        ours.as_secs_f64() / other.as_secs_f64()
    };
    let mut ratios: Vec<f64> = (0..ROUNDS).map(pair).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

#[allow(clippy::print_stdout, reason = "it is what the benchmark is for")]
fn main() {
    let mut long: BotImport = serde_json::from_slice(SAMPLE).expect("the sample decodes");
    let types = ["Dialog", "Widget", "Form", "Event", "Bot Definition"];
    let entry = |n: usize| {
        let name = format!("A task with the name {n}");
        StatusLog::new(TaskType::from(types[n % types.len()]), name, Status::Success)
    };
    long.status_logs = Some((0..10_000).map(entry).collect());
    let long = serde_json::to_vec(&long).expect("a document encodes");
    for (name, json, times) in [("sample", SAMPLE, 400), ("10,000 entries", &long, 10)] {
        let (plain, value) = (ratio::<Plain>(json, times), ratio::<serde_json::Value>(json, times));
        println!("{name}: {plain:.2} of a plain struct, {value:.2} of Value");
    }
}
