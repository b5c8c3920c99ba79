//! `cargo xtask ci`: runs all checks in order, and prints how long each took.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::checks::Check;
use crate::skipped::Skipped;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let mut skipped = Skipped::default();
    let mut times = Vec::new();
    let result = Check::ALL.into_iter().try_for_each(|check| {
        println!("\n=== {} ===", check.name());
        let start = Instant::now();
        let result = check.run(workspace, &mut skipped);
        let time = start.elapsed();
        println!("=== {}: {} in {:.1} s ===", check.name(), word(&result), time.as_secs_f64());
        times.push((check.name(), time, word(&result)));
        result.with_context(|| format!("`cargo xtask {}` failed; that command shows it again", check.task()))
    });

    println!("\n{}", table(&times));
    for line in skipped.lines() {
        println!("{line}");
    }
    let failed = usize::from(result.is_err());
    println!("checks: {} passed, {failed} failed", times.len() - failed);
    result
}

fn word(result: &anyhow::Result<()>) -> &'static str {
    if result.is_ok() { "ok" } else { "FAILED" }
}

fn table(times: &[(&str, Duration, &str)]) -> String {
    let total: Duration = times.iter().map(|(_, time, _)| *time).sum();
    let row = |name: &str, time: Duration, word: &str| {
        format!("{name:<14}{:>8.1} s  {word}", time.as_secs_f64()).trim_end().to_owned() + "\n"
    };
    times.iter().map(|(name, time, word)| row(name, *time, word)).collect::<String>()
        + &row("total", total, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_step_and_adds_up() {
        let times =
            [("fmt", Duration::from_millis(400), "ok"), ("clippy", Duration::from_millis(61_300), "FAILED")];
        let expected = concat!(
            "fmt                0.4 s  ok\n",
            "clippy            61.3 s  FAILED\n",
            "total             61.7 s\n",
        );
        assert_eq!(table(&times), expected);
    }
}
