//! `cargo xtask simulate`: runs the watch many times in virtual time.

use crate::command::{cargo, execute};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, runs: u64, seed: u64) -> anyhow::Result<()> {
    execute(
        cargo(workspace)
            .args(["test", "--locked", "--release", "--package", "kore-protocol", "--test", "simulation"])
            .args(["--", "--nocapture"])
            .env("SIMULATED_RUNS", runs.to_string())
            .env("SIMULATED_SEED", seed.to_string()),
    )
}
