//! `kore import run` and `kore import start`.

mod files;
#[cfg(unix)]
mod killed;
mod platform;
mod started;
