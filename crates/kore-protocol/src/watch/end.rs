//! How a watch ends.

use kore_types::BotImport;

use super::ResumeToken;
use crate::bot_import::get_status::Response;

/// How a watch ended. Only the first two say that the import has.
///
/// Exhaustive: whoever waits has to think of each.
#[must_use = "that the wait is over does not say that the import succeeded"]
#[derive(Clone, Debug, PartialEq)]
pub enum End<E> {
    /// The platform said that the import succeeded.
    Succeeded(Response),
    /// The platform said that the import failed; its failed entries say at which task.
    Failed(Response),
    /// The deadline came first.
    DeadlineReached(Unended<E>),
    /// The watch was given up by its owner.
    Cancelled(Unended<E>),
    /// A look failed in a way that does not pass.
    CouldNotPoll {
        /// What went wrong.
        error: E,
        /// Where the watch stood.
        unended: Unended<E>,
    },
}

/// Where a watch stood that ended before its import.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unended<E> {
    /// The last document, if a look went well.
    pub last: Option<Response>,
    /// What the last look failed with, if it did and was to be tried again: of an import of which
    /// nothing was ever seen it says why.
    pub trouble: Option<E>,
    /// With it another watch goes on from here, within the platform's windows.
    pub resume: ResumeToken,
}

impl<E> Unended<E> {
    pub(super) fn new(last: Option<Response>, trouble: Option<E>, resume: ResumeToken) -> Self {
        Self { last, trouble, resume }
    }
}

impl<E> End<E> {
    /// The last document, if a look went well.
    pub fn import(&self) -> Option<&BotImport> {
        self.response().map(|response| &response.import)
    }

    /// The last document with its bytes, if a look went well.
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Succeeded(response) | Self::Failed(response) => Some(response),
            Self::DeadlineReached(unended) | Self::Cancelled(unended) => unended.last.as_ref(),
            Self::CouldNotPoll { unended, .. } => unended.last.as_ref(),
        }
    }

    /// With it another watch goes on; none if the import ended.
    pub fn resume(&self) -> Option<&ResumeToken> {
        match self {
            Self::Succeeded(_) | Self::Failed(_) => None,
            Self::DeadlineReached(unended) | Self::Cancelled(unended) => Some(&unended.resume),
            Self::CouldNotPoll { unended, .. } => Some(&unended.resume),
        }
    }
}
