//! The bodies of requests and answers.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::Busy;

/// A body of an answer: its connection is not idle until all of it is sent.
#[derive(Debug)]
pub(super) struct Kept<B> {
    body: B,
    _busy: Busy,
}

impl<B> Kept<B> {
    pub(super) fn new(body: B, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl<B: Body + Unpin> Body for Kept<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The most of one body: no call that is served here has one, this is room for those to come.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// The most of all bodies that are read at the same time.
const MAX_BODIES: usize = 64 * 1024 * 1024;

/// What all bodies that are being read take.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    bytes: AtomicUsize,
}

/// The part of one body in that; dropping it gives the room back.
struct Share<'a> {
    bodies: &'a Bodies,
    bytes: usize,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is over 1 MiB.
    TooLong,
    /// All that are being read are over 64 MiB together.
    TooMany,
    /// The connection ended within it.
    Broken,
}

impl Bodies {
    /// The whole body. One whose length is told and is too long is not waited for.
    pub(super) async fn read(&self, mut body: Incoming) -> Result<Bytes, Unread> {
        if body.size_hint().lower() > MAX_BODY as u64 {
            return Err(Unread::TooLong);
        }
        let mut share = Share { bodies: self, bytes: 0 };
        let mut read = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            share.grow(data.len())?;
            read.extend_from_slice(&data);
        }
        Ok(read.into())
    }
}

impl Share<'_> {
    fn grow(&mut self, bytes: usize) -> Result<(), Unread> {
        self.bytes += bytes;
        let all = self.bodies.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.bytes > MAX_BODY {
            return Err(Unread::TooLong);
        }
        if all > MAX_BODIES { Err(Unread::TooMany) } else { Ok(()) }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.bodies.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_body_has_its_bound_and_all_have_theirs() {
        let bodies = Bodies::default();
        let share = || Share { bodies: &bodies, bytes: 0 };
        assert_eq!(share().grow(MAX_BODY + 1), Err(Unread::TooLong));
        let mut held: Vec<_> = (0..MAX_BODIES / MAX_BODY).map(|_| share()).collect();
        assert!(held.iter_mut().all(|share| share.grow(MAX_BODY).is_ok()));
        assert_eq!(share().grow(1), Err(Unread::TooMany));
        held.pop();
        assert_eq!(share().grow(1), Ok(()));
        drop(held);
        assert_eq!(bodies.bytes.into_inner(), 0);
    }
}
