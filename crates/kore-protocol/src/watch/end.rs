//! How a watch ends.

use super::{Job, ResumeToken};

/// How a watch ended. Only the first two say that the job has.
///
/// Exhaustive: whoever waits has to think of each.
#[must_use = "that the wait is over does not say that the job succeeded"]
#[derive(Clone, Debug, PartialEq)]
pub enum End<J: Job, E> {
    /// The platform said that the job succeeded.
    Succeeded(J::Response),
    /// The platform said that the job failed; its failed tasks say where.
    Failed(J::Response),
    /// The deadline came first.
    DeadlineReached(Unended<J, E>),
    /// The watch was given up by its owner.
    Cancelled(Unended<J, E>),
    /// A poll failed in a way that does not pass.
    CouldNotPoll {
        /// What went wrong.
        error: E,
        /// Where the watch stood.
        unended: Unended<J, E>,
    },
}

/// Where a watch stood that ended before its job.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unended<J: Job, E> {
    /// The last response, if a poll went well.
    pub last: Option<J::Response>,
    /// What the last poll failed with, if it did and was to be tried again: of a job of which
    /// nothing was ever seen it says why.
    pub trouble: Option<E>,
    /// With it another watch resumes from here, within the rate limits.
    pub resume: ResumeToken<J>,
}

impl<J: Job, E> End<J, E> {
    /// The last response, if a poll went well.
    pub fn response(&self) -> Option<&J::Response> {
        match self {
            Self::Succeeded(response) | Self::Failed(response) => Some(response),
            Self::DeadlineReached(unended) | Self::Cancelled(unended) => unended.last.as_ref(),
            Self::CouldNotPoll { unended, .. } => unended.last.as_ref(),
        }
    }

    /// With it another watch resumes; none if the job ended.
    pub fn resume(&self) -> Option<&ResumeToken<J>> {
        match self {
            Self::Succeeded(_) | Self::Failed(_) => None,
            Self::DeadlineReached(unended) | Self::Cancelled(unended) => Some(&unended.resume),
            Self::CouldNotPoll { unended, .. } => Some(&unended.resume),
        }
    }
}
