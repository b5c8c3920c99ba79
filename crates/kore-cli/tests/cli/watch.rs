//! `kore import watch`

#[cfg(target_os = "linux")]
mod blocked;
#[cfg(unix)]
mod deadline;
mod documents;
mod exit_codes;
mod input;
#[cfg(target_os = "linux")]
mod places;
mod reports;
mod resumed;
#[cfg(unix)]
pub(crate) mod screen;
mod script;
#[cfg(unix)]
mod signals;
mod why;
