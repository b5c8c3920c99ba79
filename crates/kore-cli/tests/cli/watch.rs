//! `kore import watch`

#[cfg(target_os = "linux")]
mod blocked;
mod documents;
mod exit_codes;
mod input;
#[cfg(target_os = "linux")]
mod places;
mod reports;
#[cfg(unix)]
mod screen;
mod script;
#[cfg(unix)]
mod signals;
mod why;
