//! Waiting for the end of jobs in real time: the watch of `kore-protocol` with clocks, tokio and
//! threads. Both clients use it.

mod awaited;
mod blocking;
mod settings;
mod stream;
mod updates;

pub(crate) use settings::SetWatch;
pub use settings::Wait;
pub(crate) use updates::Polls;
pub use updates::Updates;

use std::time::Duration;

/// The default deadline of a wait.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30 * 60);
