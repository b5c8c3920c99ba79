//! The command `kore`: arguments, output and exit codes around `kore-sdk`, for people and pipelines.
//!
//! Settings come from flags, the environment and a configuration file, in this order, and each
//! remembers where it came from, so that a message can name the place to change. All text that
//! came from outside is made printable before it reaches a terminal. No HTTP is spoken here.
//!
//! One public function is what the binary calls; `kore --help` documents the rest. With the feature
//! `man` there is a second one, which makes the manual pages.
#![forbid(unsafe_code)]

mod args;
mod bot_files;
mod commands;
mod duration;
mod environment;
mod exit;
mod failure;
mod file_name;
mod hint;
mod logging;
#[cfg(feature = "man")]
mod man;
mod options_file;
mod origin;
mod output;
mod plain_text;
mod reasons;
mod reports;
mod settings;
mod shell;
mod signals;
mod text;
mod time;
mod unexpanded;
mod watch;

use std::process::ExitCode;

use args::{Args, Command, Export, Import, Publish};
use exit::Exit;
use failure::Failure;
use kore_sdk::types::Printable;
#[cfg(feature = "man")]
pub use man::man_pages;
use output::Stream;

/// Runs the command that the arguments of this process name.
pub fn run() -> ExitCode {
    let exit = match Args::of_process() {
        Ok(args) => {
            logging::start();
            execute(args.command).unwrap_or_else(|failure| {
                output::messages::error(&failure);
                failure.exit
            })
        }
        Err(error) => {
            print(&error);
            if error.use_stderr() { Exit::Usage } else { Exit::Success }
        }
    };
    output::finish(exit).into()
}

fn execute(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Import { import: Import::Status(args) } => on_runtime(commands::import_status(*args)),
        Command::Import { import: Import::Run(args) } => on_runtime(commands::import_run(*args)),
        Command::Import { import: Import::Start(args) } => on_runtime(commands::import_start(*args)),
        Command::Import { import: Import::Watch(args) } => on_runtime(commands::import_watch(*args)),
        Command::Export { export: Export::Run(args) } => on_runtime(commands::export_run(*args)),
        Command::Export { export: Export::Start(args) } => on_runtime(commands::export_start(*args)),
        Command::Export { export: Export::Watch(args) } => on_runtime(commands::export_watch(*args)),
        Command::Publish { publish: Publish::Run(args) } => on_runtime(commands::publish_run(*args)),
        Command::Publish { publish: Publish::Start(args) } => on_runtime(commands::publish_start(*args)),
        Command::Publish { publish: Publish::Watch(args) } => on_runtime(commands::publish_watch(*args)),
        Command::Token(args) => commands::token(args),
        Command::Config(args) => on_runtime(commands::config(*args)),
        Command::Emulator(args) => on_runtime(commands::emulator(&args)),
        Command::Demo => on_runtime(commands::demo()),
        Command::Completions(args) => commands::completions(&args),
    }
}

/// Help, the version or a usage error.
fn print(error: &clap::Error) {
    let stream = if error.use_stderr() { Stream::Stderr } else { Stream::Stdout };
    let text = error.render();
    if std::env::args_os().any(|arg| arg.to_string_lossy().chars().any(char::is_control)) {
        // An argument that would control the terminal is repeated as it came.
        text.to_string().lines().for_each(|line| Stream::Stderr.raw(format!("{}\n", Printable::text(line))));
    } else {
        stream.styled(&text.ansi().to_string());
    }
}

fn on_runtime(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Usage, format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(command);
    // A name that is still looked up would hold the end back, whatever the timeout.
    runtime.shutdown_background();
    result
}
