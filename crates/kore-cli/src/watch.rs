//! What is known of the imports that are watched, apart from how it is shown.

mod ending;
mod progress;
mod resume;

pub(crate) use ending::{Ending, Verdict, exit_code};
pub(crate) use progress::{Board, Import, Next, task};
pub(crate) use resume::{Again, command, read as read_resumed, timeout_that_works};
