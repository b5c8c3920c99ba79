//! One file for each command.

mod completions;
mod demo;
mod emulator;
mod import_status;
mod token;

pub(crate) use completions::completions;
pub(crate) use demo::demo;
pub(crate) use emulator::emulator;
pub(crate) use import_status::import_status;
pub(crate) use token::token;
