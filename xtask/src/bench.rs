//! Runs the benchmarks, each of which prints its tables.

use crate::command::{cargo, execute};
use crate::workspace::Workspace;

const BENCHES: [(&str, &str); 4] = [
    ("kore-protocol", "watch_memory"),
    ("kore-emulator", "load"),
    ("kore-types", "decode"),
    ("kore-sdk", "status_call"),
];

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    BENCHES.into_iter().try_for_each(|(package, bench)| {
        execute(cargo(workspace).args(["bench", "--locked", "--package", package, "--bench", bench]))
    })
}
