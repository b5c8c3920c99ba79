//! `kore import watch`

#[cfg(unix)]
mod deadline;
mod documents;
mod exit_codes;
mod input;
mod reports;
mod resumed;
#[cfg(unix)]
mod screen;
mod script;
#[cfg(unix)]
mod signals;
mod why;
