//! How much longer the models take to decode than a plain derived struct, which loses what it does not
//! know, and than `serde_json::Value`.

use std::hint::black_box;
use std::time::Duration;

use in_turn::{in_turn, print_ratios, thread_cpu};
use kore_types::{BotImport, Status, StatusLog, TaskType};
use plain::Plain;
use serde::de::DeserializeOwned;

#[path = "shared/in_turn.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "shared, and not all of it is used by each")]
mod in_turn;
#[path = "shared/plain.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "decoded, and not read")]
mod plain;

const SAMPLE: &[u8] = kore_protocol::bot_import::get_status::SAMPLE.as_bytes();
const BLOCKS: usize = 120;
const WAYS: [&str; 3] = ["plain struct", "kore-types", "serde_json Value"];

/// The documented sample with a log of 10,000 entries, written as a server would.
fn long() -> Vec<u8> {
    let mut import = serde_json::from_slice::<BotImport>(SAMPLE).expect("the sample decodes");
    let types = ["Dialog", "Widget", "Form", "Event", "Bot Definition"];
    let entry = |n: usize| {
        let name = format!("A task with the name {n}");
        StatusLog::new(TaskType::from(types[n % types.len()]), name, Status::Success)
    };
    import.status_logs = Some((0..10_000).map(entry).collect());
    serde_json::to_vec(&import).expect("a document encodes")
}

fn time<T: DeserializeOwned>(json: &[u8], times: usize) -> Duration {
    let start = thread_cpu();
    for _ in 0..times {
        black_box(serde_json::from_slice::<T>(black_box(json)).expect("decodes"));
    }
    thread_cpu() - start
}

fn main() {
    for (name, json, times) in [("sample", SAMPLE, 1000), ("10,000 entries", &long(), 10)] {
        let blocks = in_turn(BLOCKS, |way| match way {
            0 => time::<Plain>(json, times),
            1 => time::<BotImport>(json, times),
            _ => time::<serde_json::Value>(json, times),
        });
        print_ratios(&format!("decoding, {name}"), WAYS, &blocks);
    }
}
