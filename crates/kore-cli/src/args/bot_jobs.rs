//! The arguments of `kore export` and `kore publish`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Subcommand;

use super::{ConnectionArgs, IdentityArgs, WatchHow, help};

#[derive(Subcommand)]
pub(crate) enum Export {
    /// Start an export, wait until it has ended, and fetch its file
    #[command(after_help = help::EXPORT)]
    Run(Box<ExportRunArgs>),
    /// Start an export, and print its id when the platform has accepted it
    #[command(after_help = help::EXPORT)]
    Start(Box<ExportStartArgs>),
    /// Wait until the last exports of bots have ended, and fetch their files if --out says where to
    #[command(after_help = help::EXPORT)]
    Watch(Box<ExportWatchArgs>),
}

#[derive(Subcommand)]
pub(crate) enum Publish {
    /// Start a publish, wait until it has ended, and say how
    #[command(after_help = help::PUBLISH)]
    Run(Box<PublishRunArgs>),
    /// Start a publish
    #[command(after_help = help::PUBLISH)]
    Start(Box<PublishStartArgs>),
    /// Wait until the last publishes of bots have ended, and say how
    #[command(after_help = help::PUBLISH)]
    Watch(Box<PublishWatchArgs>),
}

/// What is exported.
#[derive(clap::Args)]
pub(crate) struct ExportOf {
    /// The id of the bot, st-…
    #[arg(value_name = "BOT_ID")]
    pub(crate) bot: OsString,

    /// Export what was published last, in place of what is worked on
    #[arg(long)]
    pub(crate) published: bool,

    /// Export a part of the bot: a file with exportOptions (JSON), or with these beside the other keys of
    /// the call's body
    #[arg(long, value_name = "FILE")]
    pub(crate) options: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct ExportRunArgs {
    #[command(flatten)]
    pub(crate) export: ExportOf,

    /// Where the file goes; in a folder it is named after the bot
    #[arg(long, value_name = "FILE.zip|DIR")]
    pub(crate) out: PathBuf,

    #[command(flatten)]
    pub(crate) how: WatchHow,
}

#[derive(clap::Args)]
pub(crate) struct ExportStartArgs {
    #[command(flatten)]
    pub(crate) export: ExportOf,

    #[command(flatten)]
    pub(crate) identity: IdentityArgs,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(clap::Args)]
pub(crate) struct ExportWatchArgs {
    /// The ids of bots, st-…
    #[arg(value_name = "BOT_ID", required_unless_present = "resume")]
    pub(crate) ids: Vec<OsString>,

    /// Resume what another run watched, and poll once more what failed: what it printed behind --resume,
    /// or a file (`-` is standard input): the one that it wrote, or its output of -o json or -o ndjson;
    /// may be repeated
    #[arg(long, value_name = "TOKEN|FILE")]
    pub(crate) resume: Vec<OsString>,

    /// Where the file goes; in a folder it is named after the bot
    #[arg(long, value_name = "FILE.zip|DIR")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) how: WatchHow,
}

/// What is published, and how.
#[derive(clap::Args)]
pub(crate) struct PublishOf {
    /// The id of the bot, st-…
    #[arg(value_name = "BOT_ID")]
    pub(crate) bot: OsString,

    /// The comment on the version
    #[arg(long, value_name = "TEXT")]
    pub(crate) comment: String,

    /// Train the bot; without it that is up to the platform
    #[arg(long)]
    pub(crate) train: bool,
}

#[derive(clap::Args)]
pub(crate) struct PublishRunArgs {
    #[command(flatten)]
    pub(crate) publish: PublishOf,

    #[command(flatten)]
    pub(crate) how: WatchHow,
}

#[derive(clap::Args)]
pub(crate) struct PublishStartArgs {
    #[command(flatten)]
    pub(crate) publish: PublishOf,

    #[command(flatten)]
    pub(crate) identity: IdentityArgs,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(clap::Args)]
pub(crate) struct PublishWatchArgs {
    /// The ids of bots, st-…
    #[arg(value_name = "BOT_ID", required_unless_present = "resume")]
    pub(crate) ids: Vec<OsString>,

    /// Resume what another run watched, and poll once more what failed: what it printed behind --resume,
    /// or a file (`-` is standard input): the one that it wrote, or its output of -o json or -o ndjson;
    /// may be repeated
    #[arg(long, value_name = "TOKEN|FILE")]
    pub(crate) resume: Vec<OsString>,

    #[command(flatten)]
    pub(crate) how: WatchHow,
}
