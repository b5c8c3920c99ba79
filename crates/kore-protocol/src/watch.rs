//! Watching a [`Job`] of the platform until it ends: a state machine that owns neither socket nor
//! clock. The import of a bot is such a job, named by its id.
//!
//! Its methods are of four kinds: getters, commands ([`Watch::cancel`]), `handle_…` that feed it,
//! and `poll_…` that ask it what to do. The owner sends the requests that it asks for, tells it
//! the responses and the time, and waits when it says so:
//!
//! ```
//! use std::time::{Duration, Instant};
//! use kore_protocol::ResponseError;
//! use kore_protocol::watch::{Now, Settings, Step, Watch};
//! use kore_types::{BotImport, BotImportId, Status};
//!
//! let mut now = Now { instant: Instant::now(), wall: std::time::SystemTime::now() };
//! let id: BotImportId = "bir-1".parse()?;
//! let mut watch: Watch<BotImportId, ResponseError> =
//!     Watch::new(id.clone(), Duration::from_secs(60), Settings::default(), now)?;
//! let mut platform = [Status::Pending, Status::Success].into_iter();
//! loop {
//!     match watch.poll(now) {
//!         // Here the clock jumps; a real owner sends the request, and sleeps.
//!         Step::Poll(_request) => {
//!             let status = platform.next().expect("two polls");
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

mod deadline_too_soon;
mod diff;
mod end;
mod event;
mod host;
mod job;
mod machine;
mod pacing;
mod resume;
mod retry;
mod settings;
mod watches;

pub use deadline_too_soon::DeadlineTooSoon;
pub use end::{End, Unended};
pub use event::Event;
pub use host::Host;
pub use job::{Job, Task};
pub use machine::{LAST_POLL, Step, Waiting, Watch};
pub use pacing::Pacing;
pub use resume::ResumeToken;
pub use retry::Backoff;
pub use settings::{Now, PollError, Settings};
pub use watches::{DEFAULT_CONCURRENCY, Next, Poll, Update, Watches};
