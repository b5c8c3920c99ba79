//! The arguments of `kore import watch`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::{ConnectionArgs, IdentityArgs};
use crate::duration;

#[derive(clap::Args)]
pub(crate) struct WatchArgs {
    /// The ids of imports, bir-…; `-` reads more of them from standard input, one a line
    #[arg(value_name = "BIR")]
    pub(crate) ids: Vec<OsString>,

    /// Give the others up as soon as one import has not succeeded
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// Resume what another run watched, and poll once more what failed: what it printed behind --resume,
    /// or a file (`-` is standard input): the one that it wrote, or its output of -o json or -o ndjson;
    /// may be repeated
    #[arg(long, value_name = "TOKEN|FILE")]
    pub(crate) resume: Vec<OsString>,

    #[command(flatten)]
    pub(crate) how: WatchHow,
}

/// How jobs are watched, whether they are started here or not.
#[derive(clap::Args)]
pub(crate) struct WatchHow {
    /// How long to wait at the most in all; then what is not over is polled once more if its rate limit
    /// allows, which takes 10 s at most
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "30m")]
    pub(crate) timeout: Duration,

    /// How often to poll, in place of every 1 s to 5 s; the platform's rate limits are kept in any case
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) interval: Option<Duration>,

    /// How to print what happens
    #[arg(short, long, value_enum, default_value_t = WatchOutput::Human)]
    pub(crate) output: WatchOutput,

    #[command(flatten)]
    pub(crate) reports: ReportArgs,

    #[command(flatten)]
    pub(crate) identity: IdentityArgs,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// How long one request may take, with a unit [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Connection")]
    pub(crate) request_timeout: Option<Duration>,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Reports")]
pub(crate) struct ReportArgs {
    /// Write a JUnit report, a test case for each task, for Jenkins, GitLab and Azure
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,

    /// Write a summary in Markdown; on GitHub Actions it is added to the job's summary in any case
    #[arg(long, value_name = "FILE")]
    pub(crate) summary: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WatchOutput {
    /// For people: a view that redraws itself on a terminal, else a line for each change
    Human,
    /// One JSON document at the end
    Json,
    /// One JSON document a line for each event
    Ndjson,
}
