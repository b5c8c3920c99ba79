//! What is known of the jobs that are watched, apart from how it is shown: where each stands, how it
//! ended, and what the next run needs to resume.

mod board;
mod document;
mod ending;
mod export;
mod import;
mod publish;
mod resume;

pub(crate) use board::{Board, Next, Progress};
pub(crate) use document::{Document, Shown, Task};
pub(crate) use ending::{Ending, Verdict, exit_code};
pub(crate) use resume::{Again, command, read as read_resumed, timeout_that_works};
