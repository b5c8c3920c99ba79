//! Decoding against `serde_json::Value` and against a plain derived struct, which loses unknown
//! keys and spellings. `cargo xtask bench` prints the ratios.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kore_types::{BotImport, Status, StatusLog, TaskType};
use plain::Plain;

#[path = "shared/plain.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "decoded, and not looked at")]
mod plain;

const SAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/bot-import-status.success.json");

/// The documented sample with a log of 10,000 entries, written as a server would.
fn long() -> Vec<u8> {
    let mut import = serde_json::from_slice::<BotImport>(SAMPLE).expect("the sample decodes");
    let types = ["Dialog", "Widget", "Form", "Event", "Bot Definition"];
    let entry = |n: usize| {
        StatusLog::new(
            TaskType::from(types[n % types.len()]),
            format!("A task with the name {n}"),
            Status::Success,
        )
    };
    import.status_logs = Some((0..10_000).map(entry).collect());
    serde_json::to_vec(&import).expect("a document encodes")
}

fn decode(c: &mut Criterion) {
    let long = long();
    for (name, json) in [("sample", SAMPLE), ("10,000 entries", &long)] {
        let mut group = c.benchmark_group(format!("decode {name}"));
        group.throughput(Throughput::Bytes(json.len() as u64));
        group.bench_function("kore-types", |b| {
            b.iter(|| serde_json::from_slice::<BotImport>(black_box(json)).expect("decodes"));
        });
        group.bench_function("plain struct", |b| {
            b.iter(|| serde_json::from_slice::<Plain>(black_box(json)).expect("decodes"));
        });
        group.bench_function("serde_json Value", |b| {
            b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(json)).expect("decodes"));
        });
        group.finish();
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
