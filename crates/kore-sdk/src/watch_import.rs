//! Waiting for the end of imports, in real time.

mod driver;
mod settings;
mod stream;
mod updates;

pub use settings::WatchImport;
pub use updates::Updates;

pub(crate) mod blocking;

use std::time::Duration;

/// How long imports are waited for unless told otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30 * 60);
