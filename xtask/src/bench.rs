//! `cargo xtask bench`: runs the benchmarks. Each prints its tables and fails beyond its bounds.

use crate::command::{cargo, execute};
use crate::workspace::Workspace;

const BENCHES: [&str; 5] = ["watch_memory", "load", "decode", "status_call", "upload"];

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    BENCHES.into_iter().try_for_each(|bench| {
        execute(cargo(workspace).args(["bench", "--locked", "--package", "kore-tests", "--bench", bench]))
    })
}
