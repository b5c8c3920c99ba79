//! The arguments of `kore import run` and `kore import start`: which files go where.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, ValueEnum};

use super::{ConnectionArgs, IdentityArgs, WatchHow};
use crate::duration;

/// Which files go where.
#[derive(clap::Args)]
#[command(group = ArgGroup::new("target").required(true).args(["new", "into"]))]
pub(crate) struct BotArgs {
    /// A folder as an export unzips, a .zip, or the files: appDefinition.json or botDefinition.json,
    /// config.json, icon.png (for a new bot), *.js
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Import as a new bot of that name
    #[arg(long, value_name = "NAME")]
    pub(crate) new: Option<String>,

    /// Import into the bot with that id, st-…; needs --full or --options
    #[arg(long, value_name = "BOT_ID")]
    pub(crate) into: Option<String>,

    /// Replace the bot as a whole: what the files lack is deleted; asks once on a terminal
    #[arg(long, conflicts_with_all = ["new", "options"])]
    pub(crate) full: bool,

    /// Change the bot by these importOptions (JSON), which are sent byte for byte
    #[arg(long, value_name = "FILE", conflicts_with = "new")]
    pub(crate) options: Option<PathBuf>,

    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,

    /// Check the files, print what would be done (as JSON with -o json), and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) bot: BotArgs,

    #[command(flatten)]
    pub(crate) how: WatchHow,
}

#[derive(clap::Args)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    pub(crate) bot: BotArgs,

    /// How long it may take in all until the platform accepts the import
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "30m")]
    pub(crate) timeout: Duration,

    /// What to print on standard output
    #[arg(short, long, value_enum, default_value_t = StartOutput::Human)]
    pub(crate) output: StartOutput,

    #[command(flatten)]
    pub(crate) identity: IdentityArgs,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// How long one request may take, an upload too, with a unit [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Connection")]
    pub(crate) request_timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StartOutput {
    /// The id of the import alone
    Human,
    /// The response exactly as the platform sent it
    Json,
}
