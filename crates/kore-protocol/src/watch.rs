//! Watching a [`Job`] of the platform until it ends. The import of a bot is such a job, named by its
//! id; a job of another kind is one more implementation of [`Job`].
//!
//! [`Watches`] are a state job_watch that owns neither socket nor clock, so that async and blocking
//! clients, tests and simulations share it. Its methods are of four kinds: getters, commands
//! ([`Watches::watch`], [`Watches::cancel`]), `handle_…` that feed it, and [`Watches::poll`] that
//! asks it what to do. Its owner sends the requests that it asks for, hands it the responses and
//! the time, and waits when it says so:
//!
//! ```
//! use std::time::{Duration, Instant, SystemTime};
//! use kore_protocol::watch::{Next, Now, Settings, Update, Watches};
//! use kore_protocol::{RequestLogs, ResponseError};
//! use kore_types::{BotImport, BotImportId, Status};
//!
//! let mut now = Now { instant: Instant::now(), wall: SystemTime::now() };
//! let id: BotImportId = "bir-1".parse()?;
//! let mut watches: Watches<BotImportId, ResponseError> =
//!     Watches::new(RequestLogs::default(), Settings::default());
//! watches.watch(id.clone(), Duration::from_secs(60), now);
//! let mut platform = [Status::Pending, Status::Success].into_iter();
//! let end = loop {
//!     match watches.poll(now) {
//!         Next::Tell(Update::Event { event, .. }) => println!("{event:?}"),
//!         Next::Tell(Update::Ended { end, .. }) => break end?,
//!         Next::Send(poll) => {
//!             let status = platform.next().expect("two polls");
//!             watches.handle_response(now, &poll, BotImport::new(id.clone(), status));
//!         }
//!         // Here the clock jumps; a real owner sleeps, or waits for a response.
//!         Next::Wait(until) => now.instant = until,
//!         Next::Idle => unreachable!("the end comes before"),
//!         _ => {}
//!     }
//! };
//! assert!(end.import().is_some_and(BotImport::is_over));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod deadline_too_soon;
mod diff;
mod end;
mod event;
mod host;
mod job;
mod job_watch;
mod pacing;
mod resume;
mod retry;
mod settings;
mod watches;

pub use deadline_too_soon::DeadlineTooSoon;
pub use end::{End, Unended};
pub use event::Event;
pub use host::Host;
pub(crate) use job::id_of;
pub use job::{Job, Task};
pub use job_watch::LAST_POLL;
pub use pacing::Pacing;
pub use resume::ResumeToken;
pub use retry::Backoff;
pub use settings::{Now, PollError, Settings};
pub use watches::{DEFAULT_CONCURRENCY, Next, Poll, Update, Watches};
