//! The body of an answer: whole, piece by piece, or broken off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::server::Busy;

/// What has been sent shall be on its way before the connection ends.
const FLUSH: Duration = Duration::from_millis(20);

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    rest: Bytes,
    /// How much is sent at a time, and the pause behind each piece.
    pieces: Option<(usize, Duration)>,
    end: End,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Lives as long as the body is being sent.
    _busy: Option<Busy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    BreaksOff,
    /// It breaks off now: what came before was given time to leave.
    Flushed,
}

impl AnswerBody {
    pub(crate) fn whole(body: Bytes) -> Self {
        Self { rest: body, pieces: None, end: End::Whole, sleep: None, _busy: None }
    }

    /// The connection is not idle until all of the body is sent.
    pub(crate) fn keeping(self, busy: Busy) -> Self {
        Self { _busy: Some(busy), ..self }
    }

    /// That start of a body, and then no more.
    pub(super) fn start(start: Bytes) -> Self {
        Self { end: End::BreaksOff, ..Self::whole(start) }
    }

    pub(super) fn drip(body: Bytes, bytes: usize, pause: Duration) -> Self {
        Self { pieces: Some((bytes, pause)), ..Self::whole(body) }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                std::task::ready!(sleep.as_mut().poll(context));
                self.sleep = None;
            }
            if !self.rest.is_empty() {
                let (bytes, pause) = self.pieces.unwrap_or((usize::MAX, Duration::ZERO));
                let length = bytes.min(self.rest.len());
                let piece = self.rest.split_to(length);
                self.sleep = (!pause.is_zero()).then(|| Box::pin(tokio::time::sleep(pause)));
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            match self.end {
                End::Whole => return Poll::Ready(None),
                End::BreaksOff => {
                    self.end = End::Flushed;
                    self.sleep = Some(Box::pin(tokio::time::sleep(FLUSH)));
                }
                End::Flushed => return Poll::Ready(Some(Err(io::Error::other("broken off by plan")))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.end == End::Whole
    }

    fn size_hint(&self) -> SizeHint {
        // That of a body which breaks off is not what the header promises.
        match self.end {
            End::Whole => SizeHint::with_exact(self.rest.len() as u64),
            End::BreaksOff | End::Flushed => SizeHint::default(),
        }
    }
}
