//! `kore completions`: prints the script by which a shell completes the arguments.

use clap::CommandFactory as _;

use crate::args::{Args, CompletionsArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    // To memory first: the generator panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "kore", &mut script);
    output::raw(script)?;
    Ok(Exit::Success)
}
