//! Waiting for the end of jobs, in real time.

mod awaited;
mod blocking;
mod settings;
mod updates;

pub use settings::Wait;
pub use updates::Updates;

use std::time::Duration;

/// How long jobs are waited for by default.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30 * 60);
