//! `kore import run` and `kore import start`.

#[cfg(unix)]
mod ends;
mod files;
#[cfg(unix)]
mod killed;
mod platform;
#[cfg(unix)]
mod screen;
mod started;

#[cfg(target_os = "linux")]
pub(crate) use files::export;
