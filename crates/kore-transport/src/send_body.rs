//! The body of a request for the async clients. Files are read in pieces on a blocking thread, one piece
//! ahead of what is sent, so that 50 MB cost a few buffers.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use kore_protocol::{Body, BodyReader};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::{TransportError, failure};

/// The size of a piece. A body needs three of them: one that is sent, one read ahead, and one in the
/// buffer of the client.
const PIECE: usize = 128 * 1024;

/// A body that is sent, from its beginning.
pub(crate) struct SendBody {
    state: State,
    left: u64,
    sending: Sending,
}

enum State {
    /// Bytes in memory, which need no thread.
    Whole(Bytes),
    /// In a lock since reqwest wants bodies to be `Sync`, and in a box since every request is moved often,
    /// with a body or without.
    Between(Box<Mutex<BodyReader>>),
    Reading(JoinHandle<(BodyReader, io::Result<Option<Bytes>>)>),
    Over,
}

impl State {
    fn between(reader: BodyReader) -> Self {
        Self::Between(Box::new(Mutex::new(reader)))
    }
}

/// The progress of a body while it is sent, for the caller that waits for the response. A body in memory
/// has none.
#[derive(Clone)]
pub(crate) struct Sending(Option<Arc<Mutex<Progress>>>);

#[derive(Default)]
struct Progress {
    failed: Option<TransportError>,
    /// How many pieces the client has taken.
    taken: u64,
}

impl Sending {
    pub(crate) fn of(body: &Body) -> Self {
        Self(body.as_bytes().is_none().then(Arc::default))
    }

    fn lock(&self) -> Option<MutexGuard<'_, Progress>> {
        self.0.as_ref().map(|progress| progress.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the body could not be sent whole, since the error of the client may not say it.
    pub(crate) fn take_failure(&self) -> Option<TransportError> {
        self.lock()?.failed.take()
    }

    /// How many pieces the client has taken; 0 for a body in memory.
    #[cfg(feature = "hyper")]
    pub(crate) fn taken(&self) -> Option<u64> {
        Some(self.lock()?.taken)
    }
}

impl SendBody {
    pub(crate) fn new(body: &Body, sending: Sending) -> Self {
        let state = match body.as_bytes() {
            Some(bytes) => State::Whole(bytes.clone()),
            None => State::between(body.reader()),
        };
        Self { state, left: body.len(), sending }
    }

    fn read(mut reader: BodyReader) -> State {
        State::Reading(spawn_blocking(move || {
            let piece = reader.chunk(PIECE);
            (reader, piece)
        }))
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Poll::Ready(None),
                State::Whole(bytes) => return Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes))),
                State::Between(reader) => {
                    let mut reader = reader.into_inner().unwrap_or_else(PoisonError::into_inner);
                    match reader.in_memory(PIECE) {
                        Some(bytes) => {
                            self.state = State::between(reader);
                            return Poll::Ready(Some(Ok(bytes)));
                        }
                        None if reader.left() == 0 => return Poll::Ready(None),
                        None => self.state = Self::read(reader),
                    }
                }
                State::Reading(mut reading) => {
                    let Poll::Ready(read) = Pin::new(&mut reading).poll(cx) else {
                        self.state = State::Reading(reading);
                        return Poll::Pending;
                    };
                    // The runtime may end, and an opener may panic.
                    let (reader, piece) = read.map_err(io::Error::other)?;
                    // The next piece is read while this one is sent.
                    if reader.left() > 0 && matches!(piece, Ok(Some(_))) {
                        self.state = Self::read(reader);
                    }
                    return Poll::Ready(piece.transpose());
                }
            }
        }
    }
}

impl HttpBody for SendBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let piece = ready!(this.poll_piece(cx));
        if let Some(Ok(piece)) = &piece {
            this.left -= piece.len() as u64;
        }
        if let Some(mut progress) = this.sending.lock() {
            match &piece {
                Some(Ok(_)) => progress.taken += 1,
                Some(Err(error)) => progress.failed = Some(failure::unread(error)),
                None => {}
            }
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
