//! The arguments of the command and what `--help` says of them. Secrets are none of them: other users
//! of the machine could read them.

mod bot_jobs;
mod help;
mod import_start;
mod import_watch;
mod jwe;
mod parse;
mod repeated;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use bot_jobs::{
    Export, ExportOf, ExportRunArgs, ExportStartArgs, ExportWatchArgs, Publish, PublishOf, PublishRunArgs,
    PublishStartArgs, PublishWatchArgs,
};
pub(crate) use import_start::{BotArgs, RunArgs, StartArgs, StartOutput};
pub(crate) use import_watch::{ReportArgs, WatchArgs, WatchHow, WatchOutput};
pub(crate) use jwe::JweArgs;
pub(crate) use repeated::flags_of_watch;

use crate::duration;

/// Imports, exports and publishes bots of the Kore.ai platform, and tells how each job is going.
#[derive(Parser)]
#[command(name = "kore", version, arg_required_else_help = true, after_help = help::kore())]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start bot imports, and ask about them
    #[command(arg_required_else_help = true)]
    Import {
        #[command(subcommand)]
        import: Import,
    },
    /// Export bots into files
    #[command(arg_required_else_help = true)]
    Export {
        #[command(subcommand)]
        export: Export,
    },
    /// Publish bots
    #[command(arg_required_else_help = true)]
    Publish {
        #[command(subcommand)]
        publish: Publish,
    },
    /// Print a JWT for the header `auth`, for use with curl
    #[command(after_help = help::token())]
    Token(TokenArgs),
    /// Show each setting and where it came from; with --check, ask the platform whether it takes them
    #[command(after_help = help::config())]
    Config(Box<ConfigArgs>),
    /// Run a server of the same API on this machine until Ctrl-C
    #[command(after_help = help::EMULATOR)]
    Emulator(EmulatorArgs),
    /// Import two small bots into an emulator inside this process; needs no account and no network
    Demo,
    /// Print a completion script for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(CompletionsArgs),
}

#[derive(Subcommand)]
pub(crate) enum Import {
    /// Ask for the status of an import, once
    #[command(override_usage = "kore import status [OPTIONS] <BIR>", after_help = help::status())]
    Status(Box<StatusArgs>),
    /// Start an import from files, wait until it has ended, and say how
    #[command(override_usage = "kore import run [OPTIONS] <--new NAME|--into BOT_ID> <PATH>…", after_help = help::run())]
    Run(Box<RunArgs>),
    /// Start an import from files, and print its id when the platform has accepted it
    #[command(override_usage = "kore import start [OPTIONS] <--new NAME|--into BOT_ID> <PATH>…", after_help = help::start())]
    Start(Box<StartArgs>),
    /// Wait until imports have ended, and say how
    #[command(override_usage = "kore import watch [OPTIONS] <BIR>…", after_help = help::watch())]
    Watch(Box<WatchArgs>),
}

#[derive(clap::Args)]
pub(crate) struct StatusArgs {
    /// The id of the import, bir-…; the response of the import call has it as _id
    #[arg(value_name = "BIR", required = true)]
    pub(crate) id: Option<OsString>,

    /// How to print the response
    #[arg(short, long, value_enum, default_value_t = Output::Human)]
    pub(crate) output: Output,

    /// Exit with 1 if the import failed, with 3 if it has not ended
    #[arg(long)]
    pub(crate) exit_status: bool,

    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people: failures first, the rest in short
    Human,
    /// The body exactly as the platform sent it; a newline is added if it does not end in one
    Json,
}

/// What a command needs that asks the platform one question.
#[derive(clap::Args)]
pub(crate) struct QuestionArgs {
    #[command(flatten)]
    identity: IdentityArgs,

    #[command(flatten)]
    connection: ConnectionArgs,

    /// How long one request may take, with a unit [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Connection")]
    timeout: Option<Duration>,
}

impl QuestionArgs {
    pub(crate) fn who_and_whom(self) -> (IdentityArgs, ConnectionArgs) {
        (self.identity, ConnectionArgs { timeout: self.timeout, ..self.connection })
    }
}

/// Who asks.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Identity")]
pub(crate) struct IdentityArgs {
    /// The client id (cs-…) of an app from the Admin Console [env: KORE_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,

    /// A file with the client secret, `-` for standard input [env: KORE_CLIENT_SECRET_FILE]
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,

    /// The `sub` of tokens, any text [env: KORE_SUBJECT] [default: kore-sdk]
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,

    /// Sign a one-use token for each request, for apps that enforce JTI [env: KORE_JTI=1]
    #[arg(long)]
    pub(crate) jti: bool,

    /// A profile of the configuration file [env: KORE_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// The configuration file, in place of the usual one [env: KORE_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) jwe: JweArgs,
}

/// Whom, and how.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// The environment's URL, such as https://bots.kore.ai [env: KORE_HOST]
    #[arg(long, value_name = "URL")]
    pub(crate) host: Option<String>,

    /// Certificate authorities in PEM, trusted beside those of the system [env: KORE_CA_FILE]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Allow http:// to other machines; the token can be read on the way
    #[arg(long)]
    pub(crate) allow_http: bool,

    /// How long one request may take; commands name the flag differently.
    #[arg(skip)]
    pub(crate) timeout: Option<Duration>,
}

#[derive(clap::Args)]
pub(crate) struct TokenArgs {
    /// How long the token is good, with a unit; at most 1h with --jti
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "5m")]
    pub(crate) lifetime: Duration,

    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
}

#[derive(clap::Args)]
pub(crate) struct ConfigArgs {
    /// Ask the platform one question, and say what its response tells
    #[arg(long)]
    pub(crate) check: bool,

    /// How to print the settings
    #[arg(short, long, value_enum, default_value_t = ConfigOutput::Human)]
    pub(crate) output: ConfigOutput,

    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigOutput {
    /// A table for people
    Human,
    /// One document, whose keys are listed below
    Json,
}

#[derive(clap::Args)]
pub(crate) struct EmulatorArgs {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// The address to listen on; one that other machines can reach needs --app
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into())]
    pub(crate) bind: IpAddr,

    /// Who may call, in place of an app that is made up: ID:SECRET-FILE, with `:` and options out
    /// of jti, hs512, jwe and no-scope behind it; may be given more than once
    #[arg(long = "app", value_name = "ID:FILE[:OPTIONS]")]
    pub(crate) apps: Vec<String>,

    /// Speak HTTPS, with a certificate that is made for it
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    pub(crate) tls: bool,

    /// Speak HTTPS, with this certificate and those behind it (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// A scenario to run, by its name or in a file (.toml, .json); may be given more than once. Jobs
    /// of its kind that a client starts follow them in turn: imports in place of the files that they name
    #[arg(long = "scenario", value_name = "NAME|FILE")]
    pub(crate) scenarios: Vec<OsString>,

    /// A bot that is there, to import into, to export and to publish; may be given more than once
    #[arg(long = "bot", value_name = "BOT_ID")]
    pub(crate) bots: Vec<kore_sdk::types::BotId>,

    /// What moves imports, exports and publishes on
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Moved::Time)]
    pub(crate) mode: Moved,

    /// How much faster than the scenarios say, such as 10 or 0.5; with --mode time
    #[arg(long, value_name = "FACTOR")]
    pub(crate) speed: Option<kore_emulator::Speed>,

    /// What goes wrong on the way to the emulator, in a file (.toml, .json)
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,

    /// Keep no rate limits; the documented ones hold otherwise
    #[arg(long)]
    pub(crate) lenient: bool,

    /// The HTTP status of a response over a rate limit, from 400 to 599
    #[arg(long, value_name = "CODE", default_value_t = 429, conflicts_with = "lenient")]
    #[arg(value_parser = clap::value_parser!(u16).range(400..=599))]
    pub(crate) limit_status: u16,

    /// Say in such a response when to come again (Retry-After)
    #[arg(long, conflicts_with = "lenient")]
    pub(crate) retry_after: bool,

    /// Keep the imports in a file; if it is there, they come from it alone, and not from --scenario
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// How much is kept in memory of the contents of files, for exports, in MiB; beyond it the oldest go
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    pub(crate) keep_files: u32,

    /// Do not serve the page and the API that show and steer the emulator, under /_emulator/; with a --bind that
    /// other machines can reach it is never served
    #[arg(long)]
    pub(crate) no_control: bool,
}

/// What moves an emulated import on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Moved {
    /// Nothing: they are at their ends at once
    AtOnce,
    /// Time, as the scenario says
    Time,
    /// Polls: each ends a task
    Looks,
}

#[derive(clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn no_argument_takes_a_secret() {
        for command in ["status", "watch"] {
            let line = ["kore", "import", command, "bir-1"];
            for flag in ["--client-secret", "--jwt", "--secret", "--token"] {
                assert!(Args::try_parse_from(line.into_iter().chain([flag, "x"])).is_err(), "{flag}");
            }
        }
    }
}
