//! What each command does, a file for each; [`crate::run`] calls them with the arguments that were read.

mod bot_jobs;
mod client;
mod completions;
mod config;
mod demo;
mod emulator;
mod import_ids;
mod import_start;
mod import_status;
mod import_watch;
mod job_watch;
mod resumed;
mod token;

pub(crate) use bot_jobs::{
    export_run, export_start, export_watch, publish_run, publish_start, publish_watch,
};
pub(crate) use completions::completions;
pub(crate) use config::{Check, Passed, config};
pub(crate) use demo::demo;
pub(crate) use emulator::emulator;
pub(crate) use import_start::{import_run, import_start};
pub(crate) use import_status::import_status;
pub(crate) use import_watch::import_watch;
pub(crate) use token::token;
