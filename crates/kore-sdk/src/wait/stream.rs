//! The updates of the async client as a `Stream`, for those who use its combinators. std has none, so
//! this file alone names futures-core.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use kore_protocol::watch::{Job, Update};

use super::updates::Updates;
use crate::{Client, Error};

impl<J: Job> Stream for Updates<Client, J> {
    type Item = Update<J, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_update(context)
    }
}
