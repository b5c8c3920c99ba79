//! The command `kore`: arguments, output and exit codes around `kore-sdk`.
//!
//! Settings come from flags, the environment and a configuration file, in this order, and each
//! remembers where it came from, so that a message can name the place to change. All text that
//! came from outside is made printable before it reaches a terminal. No HTTP is spoken here.
//!
//! The one public function is what the binary calls; `kore --help` documents the rest.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod config;
mod duration;
mod environment;
mod exit;
mod failure;
mod hint;
mod logging;
mod output;
mod settings;

use std::io;
use std::process::ExitCode;

use args::{Args, Command, Import};
use exit::Exit;
use failure::Failure;

/// Runs the command that the arguments of this process name.
pub fn run() -> ExitCode {
    let args = match Args::of_process() {
        Ok(args) => args,
        Err(error) => {
            // Help, the version or a usage error; if it cannot be written there is no one to tell.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Success.into() };
        }
    };
    logging::start();
    let exit = execute(args.command).unwrap_or_else(|failure| {
        failure.print();
        failure.exit
    });
    exit.into()
}

fn execute(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Import { import: Import::Status(args) } => {
            runtime()?.block_on(commands::import_status(args))
        }
        Command::Token(args) => commands::token(args),
        Command::Emulator(args) => runtime()?.block_on(commands::emulator(&args)),
        Command::Demo => runtime()?.block_on(commands::demo()),
        Command::Completions(args) => commands::completions(&args),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error: io::Error| Failure::new(Exit::Usage, format!("cannot start the runtime: {error}")))
}
