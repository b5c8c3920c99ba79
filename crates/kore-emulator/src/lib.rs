//! A server of the Kore.ai bot-import API on this machine, for tests and demonstrations.
//!
//! Paths, methods, messages and models are those of `kore-protocol` and `kore-types`, tokens are
//! verified by `kore-auth`: what a client learns here holds for the platform as far as its
//! documents go.
//!
//! ```
//! # #[tokio::main] async fn main() -> std::io::Result<()> {
//! use kore_emulator::{App, Emulator, samples};
//!
//! let emulator = Emulator::builder().app(App::made_up()).import(samples::succeeded()).start().await?;
//! println!("{} holds {:?}", emulator.url(), emulator.import_ids());
//! # Ok(())
//! # }
//! ```
//!
//! The documented rate limits hold, 60 requests in any 60 s and 1800 in any 3600 s for each import,
//! unless it is [`lenient`](EmulatorBuilder::lenient); a test may bring a [`clock`](EmulatorBuilder::clock).
//!
//! One server each, many in one process; dropping the handle stops it.
#![forbid(unsafe_code)]

pub mod samples;

mod app;
mod clock;
mod limits;
mod platform;
mod server;

pub use app::App;
pub use kore_protocol::watch::Now;
pub use server::{Emulator, EmulatorBuilder};
