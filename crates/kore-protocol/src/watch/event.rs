//! What happens during a watch, for those who show its progress.

use std::time::Instant;

use kore_types::Status;

/// Something that a watch has seen or decided. An event that announces a wait comes before that
/// wait.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<T> {
    /// The status of the whole job changed since the last poll, or this is the first poll.
    StatusChanged {
        /// The status before. `None` at the first poll, or if that response had no status.
        before: Option<Status>,
        /// The status now. `None` if the response has no status.
        now: Option<Status>,
    },
    /// The response has a new task.
    TaskAppeared {
        /// Its place among the tasks, from 0.
        index: usize,
        /// The task.
        entry: T,
    },
    /// A task changed since the last poll.
    TaskChanged {
        /// Its place among the tasks, from 0.
        index: usize,
        /// The task before.
        before: T,
        /// The task now.
        entry: T,
    },
    /// The response has a task no more that it had before.
    TaskVanished {
        /// Its place among the tasks before, from 0.
        index: usize,
        /// The task as it was.
        entry: T,
    },
    /// The rate limit is used up. Nothing is sent until it allows a request again.
    Throttled {
        /// When a request may be sent again.
        until: Instant,
    },
    /// A poll failed, and the next one may succeed.
    Retrying {
        /// What went wrong, on one line.
        because: String,
        /// How many polls in a row have failed.
        failures: u32,
        /// When the next poll is.
        at: Instant,
    },
    /// The platform refused a token that was used before. The next poll has a new one.
    TokenRenewed,
    /// A poll succeeded, and the job has not ended.
    NextPoll {
        /// When the next poll is.
        at: Instant,
        /// How many requests may still be sent, in this minute and in this hour.
        left: [u32; 2],
    },
}
