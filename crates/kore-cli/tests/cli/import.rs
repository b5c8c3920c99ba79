//! `kore import run` and `kore import start`.

#[cfg(unix)]
mod ends;
pub(crate) mod files;
#[cfg(unix)]
mod killed;
pub(crate) mod platform;
#[cfg(unix)]
mod screen;
mod started;

#[cfg(target_os = "linux")]
pub(crate) use files::export;
