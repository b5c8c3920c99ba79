//! Runs the benchmarks and compares what criterion wrote.

mod estimates;
mod table;

use std::fs;
use std::time::SystemTime;

use anyhow::{Context, bail};
use cargo_metadata::Package;

use crate::command::{cargo, execute};
use crate::workspace::Workspace;

const BENCHES: [(&str, &str); 4] = [
    ("kore-protocol", "watch_memory"),
    ("kore-emulator", "load"),
    ("kore-types", "decode"),
    ("kore-sdk", "status_call"),
];

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let results = workspace.target_dir().join("criterion");
    fs::create_dir_all(&results).with_context(|| format!("cannot make {results}"))?;
    let start = SystemTime::now();
    for (package, bench) in BENCHES {
        if !workspace.member(package).is_some_and(|package| has_bench(package, bench)) {
            println!("SKIPPED: `{bench}` because {package} has no such benchmark");
            continue;
        }
        execute(
            cargo(workspace)
                .args(["bench", "--locked", "--package", package, "--bench", bench])
                .env("CRITERION_HOME", &results),
        )?;
    }
    let estimates = estimates::read(&results, start)?;
    if estimates.is_empty() {
        bail!("the benchmarks left no results in {results}");
    }
    println!("\n{}", table::markdown(&estimates));
    Ok(())
}

fn has_bench(package: &Package, name: &str) -> bool {
    package.targets.iter().any(|target| target.is_bench() && target.name == name)
}
