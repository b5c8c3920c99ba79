//! What a watch has to tell while it goes on.

use std::time::Instant;

use kore_types::{Status, StatusLog};

/// Something that a watch has seen or decided. Events come out before the waiting that they
/// announce.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The status of the import as a whole is another one than at the last look, or the first.
    StatusChanged {
        /// The status before; none at the first look, or where the answer had none.
        before: Option<Status>,
        /// The status now; none where the answer has none.
        now: Option<Status>,
    },
    /// A task that was not in the log before.
    TaskAppeared {
        /// Its place in the log, from 0.
        index: usize,
        /// The entry.
        entry: StatusLog,
    },
    /// A task whose entry is another one than at the last look.
    TaskChanged {
        /// Its place in the log, from 0.
        index: usize,
        /// The entry before.
        before: StatusLog,
        /// The entry now.
        entry: StatusLog,
    },
    /// A task that was in the log before and is not in it any more.
    TaskVanished {
        /// Its place in the log before, from 0.
        index: usize,
        /// The entry as it was.
        entry: StatusLog,
    },
    /// The windows of the platform are used up; nothing is sent until then.
    Throttled {
        /// When a slot is free again.
        until: Instant,
    },
    /// A look failed in a way that may pass.
    Retrying {
        /// What went wrong, on one line.
        because: String,
        /// How many looks in a row have failed.
        failures: u32,
        /// When the next look is.
        at: Instant,
    },
    /// The platform refused a token that had been used before; the next look brings a new one.
    TokenRenewed,
    /// A look went well, and the import has not ended.
    NextPoll {
        /// When the next look is.
        at: Instant,
        /// How many requests may still be sent, in the windows of a minute and of an hour.
        left: [u32; 2],
    },
}
