//! The binary `kore` as a user runs it, against an emulator and against servers that misbehave.
#![forbid(unsafe_code)]

#[cfg(unix)]
mod action;
mod answers;
mod bot_jobs;
#[cfg(target_os = "linux")]
mod closed;
mod config;
mod documented;
mod emulator;
mod identity;
mod ids;
mod import;
mod jwe;
mod killed;
mod output;
#[cfg(target_os = "linux")]
mod pipes;
#[cfg(unix)]
mod process;
mod profiles;
mod run;
mod server;
mod settings;
mod tls;
mod token;
mod transport;
mod usage;
mod verdicts;
mod watch;
#[cfg(windows)]
mod windows;
