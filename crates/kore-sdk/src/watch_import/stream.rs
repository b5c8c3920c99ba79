//! Updates as a `Stream`, which the standard library does not have.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use kore_protocol::watch::Update;

use super::Updates;
use crate::Error;

impl Stream for Updates {
    type Item = Update<Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_update(context)
    }
}
