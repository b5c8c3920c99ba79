//! Updates as a `Stream`, which the standard library does not have.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use kore_protocol::watch::{Job, Update};

use super::Updates;
use crate::Error;

impl<J: Job> Stream for Updates<J> {
    type Item = Update<J, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_update(context)
    }
}

/// Nothing of it is pinned in place.
impl<J: Job> Unpin for Updates<J> {}
