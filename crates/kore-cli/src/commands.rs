//! One file for each command.

mod client;
mod completions;
mod demo;
mod doubts;
mod emulator;
mod import_id;
mod import_status;
mod import_watch;
mod token;

pub(crate) use completions::completions;
pub(crate) use demo::demo;
pub(crate) use doubts::doubt;
pub(crate) use emulator::emulator;
pub(crate) use import_status::import_status;
pub(crate) use import_watch::import_watch;
pub(crate) use token::token;
