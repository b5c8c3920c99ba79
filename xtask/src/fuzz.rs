//! `cargo xtask fuzz`: feeds random documents to the decoder.

use anyhow::bail;

use crate::command::{execute, has_nightly, nightly_cargo, works};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, seconds: u32) -> anyhow::Result<()> {
    if !has_nightly(workspace) {
        bail!("fuzzing needs the nightly toolchain: `rustup toolchain install nightly`");
    }
    if !works(nightly_cargo(workspace).args(["fuzz", "--version"])) {
        bail!("fuzzing needs cargo-fuzz: `cargo install cargo-fuzz`");
    }
    execute(
        nightly_cargo(workspace)
            .args(["fuzz", "run", "decode", "--fuzz-dir", "tests/fuzz", "--"])
            .arg(format!("-max_total_time={seconds}")),
    )
}
