//! What a watch has to tell while it goes on.

use std::time::Instant;

use kore_types::Status;

/// Something that a watch has seen or decided. Events come out before the waiting that they
/// announce.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<T> {
    /// The status of the job as a whole is another one than at the last poll, or the first.
    StatusChanged {
        /// The status before; none at the first poll, or where the response had none.
        before: Option<Status>,
        /// The status now; none where the response has none.
        now: Option<Status>,
    },
    /// A task that was not there before.
    TaskAppeared {
        /// Its place among the tasks, from 0.
        index: usize,
        /// The task.
        entry: T,
    },
    /// A task that is another one than at the last poll.
    TaskChanged {
        /// Its place among the tasks, from 0.
        index: usize,
        /// The task before.
        before: T,
        /// The task now.
        entry: T,
    },
    /// A task that was there before and is not any more.
    TaskVanished {
        /// Its place among the tasks before, from 0.
        index: usize,
        /// The task as it was.
        entry: T,
    },
    /// The rate limit of the platform is used up; nothing is sent until then.
    Throttled {
        /// When a request may be sent again.
        until: Instant,
    },
    /// A poll failed in a way that may pass.
    Retrying {
        /// What went wrong, on one line.
        because: String,
        /// How many polls in a row have failed.
        failures: u32,
        /// When the next poll is.
        at: Instant,
    },
    /// The platform refused a token that had been used before; the next poll brings a new one.
    TokenRenewed,
    /// A poll went well, and the job has not ended.
    NextPoll {
        /// When the next poll is.
        at: Instant,
        /// How many requests may still be sent, in the windows of a minute and of an hour.
        left: [u32; 2],
    },
}
