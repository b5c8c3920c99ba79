//! A request's body as the async clients take it: read in pieces on a thread that may block, one
//! piece ahead of what is sent.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use kore_protocol::{Body, BodyReader};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::{TransportError, failure};

/// How much is read at once. A body costs three of these: one on its way, one read ahead, and one in
/// the client's buffer.
const PIECE: usize = 128 * 1024;

/// A body that is being sent, from its beginning.
pub(crate) struct SendBody {
    state: State,
    left: u64,
    sending: Sending,
}

enum State {
    /// Bytes that are there; reading them needs no thread.
    Whole(Bytes),
    /// In a lock only because reqwest shares bodies between threads.
    Between(Mutex<BodyReader>),
    Reading(JoinHandle<(BodyReader, io::Result<Option<Bytes>>)>),
    Over,
}

/// What becomes of a body while it is sent: for the one who waits for the response. Nothing can
/// become of one that is sent at once.
#[derive(Clone)]
pub(crate) struct Sending(Option<Arc<Mutex<Progress>>>);

#[derive(Default)]
struct Progress {
    failed: Option<TransportError>,
    /// How many pieces were taken.
    taken: u64,
}

impl Sending {
    pub(crate) fn of(body: &Body) -> Self {
        Self(body.as_bytes().is_none().then(Arc::default))
    }

    fn lock(&self) -> Option<MutexGuard<'_, Progress>> {
        self.0.as_ref().map(|progress| progress.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the body could not be sent whole, if that is so: the client's own error may not tell.
    pub(crate) fn take_failure(&self) -> Option<TransportError> {
        self.lock()?.failed.take()
    }

    /// How many pieces were taken; none for a body that is sent at once.
    #[cfg(feature = "hyper")]
    pub(crate) fn taken(&self) -> Option<u64> {
        Some(self.lock()?.taken)
    }
}

impl SendBody {
    pub(crate) fn new(body: &Body, sending: Sending) -> Self {
        let state = match body.as_bytes() {
            Some(bytes) => State::Whole(bytes.clone()),
            None => State::Between(Mutex::new(body.reader())),
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
                            self.state = State::Between(Mutex::new(reader));
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
                    // A runtime that ends takes its threads with it; an opener may panic.
                    let (reader, piece) = read.map_err(io::Error::other)?;
                    // Read ahead while this piece is sent.
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
