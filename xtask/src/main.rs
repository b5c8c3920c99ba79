//! The chores of this workspace, as `cargo xtask`: every check of CI, the benchmarks, the files that are
//! made.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its terminal")]

mod bench;
mod checkout;
mod checks;
mod ci;
mod command;
mod dist;
mod fuzz;
mod openapi;
mod picture;
mod simulate;
mod skipped;
mod tools;
mod version;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::checks::Check;
use crate::skipped::Skipped;
use crate::workspace::Workspace;

/// The chores of kore-rs
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Every check below, in order, up to the first failure
    Ci,
    #[command(flatten)]
    One(Check),
    /// Write the OpenAPI document of the API anew
    Openapi {
        /// Only say whether the committed one is current
        #[arg(long)]
        check: bool,
    },
    /// Make the archive of a release for each target that can be built here, and try it
    Dist {
        /// For this target alone; may be given more than once
        #[arg(long = "target", value_name = "TRIPLE")]
        targets: Vec<String>,
        /// How it is built; another profile than that of releases is faster, and shows whether it works
        #[arg(long, default_value = dist::PROFILE)]
        profile: String,
    },
    /// Set the version of a release in manifests, lock files, the changelog and the OpenAPI document
    Version {
        /// Such as 0.2.0
        version: cargo_metadata::semver::Version,
    },
    /// Write the picture of `kore import watch` in the README anew; a test compares it
    Picture,
    /// Run the benchmarks: ratios to what one would write by hand, and bounds of memory
    Bench,
    /// Run the watch against a scripted platform in virtual time, and print how late it sees an end
    Simulate {
        /// How many runs
        #[arg(long, default_value_t = 100_000)]
        runs: u64,
        /// The seed of the first run; the same seed gives the same run
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Feed random documents to the decoder (needs nightly and cargo-fuzz)
    Fuzz {
        /// How long to go on
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    match task {
        Task::Ci => ci::run(&workspace),
        Task::One(check) => check.run(&workspace, &mut Skipped::default()),
        Task::Openapi { check: true } => Check::Openapi.run(&workspace, &mut Skipped::default()),
        Task::Openapi { check: false } => openapi::write(&workspace),
        Task::Dist { targets, profile } => dist::run(&workspace, &targets, &profile, &mut Skipped::default()),
        Task::Version { version } => version::set(&workspace, &version),
        Task::Picture => picture::write(&workspace),
        Task::Bench => bench::run(&workspace),
        Task::Simulate { runs, seed } => simulate::run(&workspace, runs, seed),
        Task::Fuzz { seconds } => fuzz::run(&workspace, seconds),
    }
}
