//! Watching an import until it ends: a state machine that owns neither socket nor clock.
//!
//! Its methods are of four kinds: getters, commands ([`Watch::cancel`]), `handle_…` that feed it,
//! and `poll_…` that ask it what to do. The owner sends the requests that it asks for, tells it
//! the answers and the time, and waits when it says so:
//!
//! ```
//! use std::time::{Duration, Instant};
//! use kore_protocol::ResponseError;
//! use kore_protocol::watch::{Now, Settings, Step, Watch};
//! use kore_types::{BotImport, Status};
//!
//! let mut now = Now { instant: Instant::now(), wall: std::time::SystemTime::now() };
//! let id: kore_types::BotImportId = "bir-1".parse()?;
//! let mut watch: Watch<ResponseError> =
//!     Watch::new(id.clone(), Duration::from_secs(60), Settings::default(), now)?;
//! let mut platform = [Status::Pending, Status::Success].into_iter();
//! loop {
//!     match watch.poll(now) {
//!         // Here the clock jumps; a real owner sends the request, and sleeps.
//!         Step::Poll(_request) => {
//!             let status = platform.next().expect("two looks");
//!             watch.handle_response(now, BotImport::new(id.clone(), status));
//!         }
//!         Step::Wait { until, .. } => now.instant = until,
//!         Step::Ended => break,
//!     }
//!     while let Some(event) = watch.poll_event() {
//!         println!("{event:?}");
//!     }
//! }
//! assert!(watch.into_end().is_ok_and(|end| end.import().is_some_and(BotImport::is_over)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock;
mod diff;
mod end;
mod event;
mod host;
mod ledger;
mod machine;
mod pacing;
mod resume;
mod retry;
mod settings;
mod deadline_too_soon;
mod watches;
mod windows;

pub use end::{End, Unended};
pub use event::Event;
pub use host::Host;
pub use ledger::Ledger;
pub use machine::{LAST_POLL, Step, Waiting, Watch};
pub use pacing::Pacing;
pub use resume::ResumeToken;
pub use retry::Backoff;
pub use settings::{PollError, Now, Settings};
pub use deadline_too_soon::DeadlineTooSoon;
pub use watches::{DEFAULT_CONCURRENCY, Look, Next, Update, Watches};
pub use windows::{Quota, Windows};
