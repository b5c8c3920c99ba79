//! How a watch ends: the answer that its owner waits for.

use super::{Job, ResumeToken};

/// How a watch ended. Only the first two say that the job ended too.
///
/// Exhaustive, so that whoever waits thinks of each.
#[must_use = "a watch that ended does not mean that the job succeeded"]
#[derive(Clone, Debug, PartialEq)]
pub enum End<J: Job, E> {
    /// The platform said that the job succeeded.
    Succeeded(J::Response),
    /// The platform said that the job failed. The tasks that failed say where.
    Failed(J::Response),
    /// The job goes on only once a person has approved it, and nobody knows when that is: it has
    /// neither succeeded nor failed.
    AwaitsApproval(Unended<J, E>),
    /// The deadline came first.
    DeadlineReached(Unended<J, E>),
    /// The owner cancelled the watch.
    Cancelled(Unended<J, E>),
    /// A poll failed, and a further one would fail too.
    CouldNotPoll {
        /// What went wrong.
        error: E,
        /// What is known of the job.
        unended: Unended<J, E>,
    },
}

/// What is known of a job that a watch left before its end.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unended<J: Job, E> {
    /// The last response, if a poll succeeded.
    pub last: Option<J::Response>,
    /// Why the last poll failed, if it did and was to be tried again. If there was never a response,
    /// this says why.
    pub trouble: Option<E>,
    /// With it another watch resumes from here, within the rate limit.
    pub resume: ResumeToken<J>,
}

impl<J: Job, E> Unended<J, E> {
    /// For the tests of a program: a job of which nothing was seen, with a token as if no request had
    /// been sent.
    pub fn new(job: J) -> Self {
        Self::unwatched(ResumeToken::of_no_requests(job))
    }

    /// A job whose watch has not begun.
    pub fn unwatched(resume: ResumeToken<J>) -> Self {
        Self { last: None, trouble: None, resume }
    }
}

impl<J: Job, E> End<J, E> {
    /// The last response, if a poll succeeded.
    pub fn response(&self) -> Option<&J::Response> {
        match self {
            Self::Succeeded(response) | Self::Failed(response) => Some(response),
            Self::AwaitsApproval(unended)
            | Self::DeadlineReached(unended)
            | Self::Cancelled(unended)
            | Self::CouldNotPoll { unended, .. } => unended.last.as_ref(),
        }
    }

    /// With it another watch resumes. `None` if the job ended.
    pub fn resume(&self) -> Option<&ResumeToken<J>> {
        match self {
            Self::Succeeded(_) | Self::Failed(_) => None,
            Self::AwaitsApproval(unended)
            | Self::DeadlineReached(unended)
            | Self::Cancelled(unended)
            | Self::CouldNotPoll { unended, .. } => Some(&unended.resume),
        }
    }
}
