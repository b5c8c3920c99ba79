//! `cargo xtask bench`: runs the benchmarks. Each prints its tables and fails beyond its bounds.

use crate::command::{cargo, execute};
use crate::dist;
use crate::workspace::Workspace;

const BENCHES: [&str; 6] = ["watch_memory", "load", "decode", "status_call", "upload", "command"];

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    BENCHES.into_iter().try_for_each(|bench| {
        let mut command = cargo(workspace);
        command.args(["bench", "--locked", "--package", "kore-tests", "--bench", bench]);
        if bench == "command" {
            command.env("KORE", dist::binary(workspace)?);
        }
        execute(&mut command)
    })
}
