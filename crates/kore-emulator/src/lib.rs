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
//! One server each, many in one process; dropping the handle stops it.
#![forbid(unsafe_code)]

pub mod samples;
pub mod scenarios;

mod app;
mod faults;
mod input;
mod life;
mod platform;
mod replays;
mod scenario;
mod server;

pub use app::App;
pub use faults::{Fault, Faults};
pub use input::InputError;
pub use life::{InvalidSpeed, Mode, Speed, SteerError};
pub use scenario::{Scenario, ScenarioBuilder, Task};
pub use server::{Emulator, EmulatorBuilder};
