//! `kore import watch`

mod documents;
mod exit_codes;
mod input;
mod reports;
#[cfg(unix)]
mod screen;
mod script;
#[cfg(unix)]
mod signals;
mod why;
