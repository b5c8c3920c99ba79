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
//! One server each, many in one process; dropping the handle stops it. It listens on `127.0.0.1`
//! unless told to [`bind`](EmulatorBuilder::bind) elsewhere. What clients may take is bounded:
//! connections, which give way when they are idle, the time for a request, 32 KiB and 100 fields for
//! its head, 1 MiB for its body.
//!
//! With the feature `tls` it speaks HTTPS, with a certificate of your own (`EmulatorBuilder::tls`)
//! or one that is made for it (`EmulatorBuilder::self_signed`).
//!
//! A [`Scenario`] makes an import live: its tasks start and end by time, by looks or at once
//! ([`Mode`]), and a test can steer it. [`scenarios`] has some to begin with. A [`Fault`] is what
//! goes wrong on the way.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kore_emulator::{App, Emulator, Fault, Mode, Scenario, Task, scenarios};
//!
//! let scenario = Scenario::builder("no-entity")
//!     .task(Task::new("Bot Definition", "Shop"))
//!     .task(Task::new("Dialog", "Pay").outcome("failed").extra("error", "no entity"))
//!     .build()?;
//! let emulator = Emulator::builder()
//!     .app(App::made_up())
//!     .scenario(scenario, Mode::LOOKS)             // the third look sees that it failed
//!     .fault(Fault::reset().after(1).first(1))     // and the second request is reset
//!     .start()
//!     .await?;
//! let stuck = emulator.create(scenarios::stuck(), Mode::TIME);
//! emulator.fail(&stuck)?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod samples;
pub mod scenarios;

mod app;
mod builder;
mod clock;
mod emulator;
mod faults;
mod input;
mod life;
mod limits;
mod platform;
mod scenario;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod tokens;

pub use app::App;
pub use builder::EmulatorBuilder;
pub use emulator::Emulator;
pub use faults::{Fault, Faults};
pub use input::InputError;
pub use kore_protocol::watch::Now;
pub use life::{InvalidSpeed, Mode, Speed, SteerError};
pub use scenario::{Scenario, ScenarioBuilder, Task};
