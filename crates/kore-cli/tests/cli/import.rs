//! `kore import run` and `kore import start`.

mod files;
#[cfg(unix)]
mod killed;
mod platform;
#[cfg(unix)]
mod screen;
mod started;
