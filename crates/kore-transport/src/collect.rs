//! A response's body, taken whole or refused.

use std::error::Error;

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use kore_protocol::BodyLimit;

use crate::TransportError;

/// How much is read of a body that says itself that it is too long: enough for a message.
const START: usize = 512;

/// A response whose body is taken piece by piece, whole or not at all: for adapters of other clients.
/// See [`Transport`](crate::Transport) for an example.
#[derive(Debug)]
pub struct Collect {
    head: Parts,
    limit: BodyLimit,
    /// The body says itself that it is over the limit.
    is_too_long: bool,
    /// How much of it is taken: of one that is too long, enough for a message.
    enough: usize,
    taken: Taken,
}

impl Collect {
    /// Begins with the status and the headers. A body whose `content-length` is over the limit is
    /// refused after the first bytes.
    pub fn new(head: Parts, limit: BodyLimit) -> Self {
        let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self::of_length(head, limit, length.unwrap_or(0))
    }

    /// `length` is the least that the body has.
    fn of_length(head: Parts, limit: BodyLimit, length: u64) -> Self {
        let is_too_long = length > limit.get() as u64;
        let enough = if is_too_long { START.min(limit.get()) } else { limit.get() };
        Self { head, limit, is_too_long, enough, taken: Taken::default() }
    }

    /// Takes the next bytes of the body.
    ///
    /// # Errors
    /// If the body is over the limit, which ends it: nothing more is to be read.
    pub fn push(&mut self, piece: Bytes) -> Result<(), TransportError> {
        self.taken.push(piece);
        if self.taken.len() <= self.enough { Ok(()) } else { Err(self.too_large()) }
    }

    /// The whole response.
    ///
    /// # Errors
    /// If its headers say that the body is over the limit.
    pub fn finish(mut self) -> Result<Response<Bytes>, TransportError> {
        if self.is_too_long { Err(self.too_large()) } else { Ok(self.response()) }
    }

    /// The error of a body that broke off, with what had arrived.
    pub fn broken(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> TransportError {
        self.broken_as(|start| TransportError::cut_short(start).with_source(source))
    }

    fn broken_as(mut self, error: impl FnOnce(&Response<Bytes>) -> TransportError) -> TransportError {
        if self.is_too_long { self.too_large() } else { error(&self.response()) }
    }

    fn too_large(&mut self) -> TransportError {
        let limit = self.limit;
        TransportError::too_large(&self.response(), limit)
    }

    fn response(&mut self) -> Response<Bytes> {
        let (head, ()) = Response::new(()).into_parts();
        let head = std::mem::replace(&mut self.head, head);
        Response::from_parts(head, std::mem::take(&mut self.taken).into_bytes())
    }
}

/// Takes the body whole, and nothing after the limit. `broken` makes the error of a body that
/// breaks off, from what had arrived.
#[cfg(any(feature = "hyper", feature = "reqwest"))]
pub(crate) async fn collect<B: http_body::Body<Data = Bytes>>(
    response: Response<B>,
    limit: BodyLimit,
    broken: impl FnOnce(&Response<Bytes>, B::Error) -> TransportError,
) -> Result<Response<Bytes>, TransportError> {
    let (head, body) = response.into_parts();
    let mut body = std::pin::pin!(body);
    let mut collected = Collect::of_length(head, limit, body.size_hint().lower());
    loop {
        match next(&mut body).await {
            Some(Ok(data)) => collected.push(data)?,
            Some(Err(error)) => return Err(collected.broken_as(|start| broken(start, error))),
            None => break,
        }
        // Spares a poll, and the wake-up that comes with it, for a body whose length was given.
        if body.is_end_stream() {
            break;
        }
    }
    collected.finish()
}

/// The next bytes; trailers are passed over.
#[cfg(any(feature = "hyper", feature = "reqwest"))]
async fn next<B: http_body::Body<Data = Bytes>>(
    body: &mut std::pin::Pin<&mut B>,
) -> Option<Result<Bytes, B::Error>> {
    use http_body_util::BodyExt as _;

    loop {
        match body.frame().await? {
            Ok(frame) => match frame.into_data() {
                Ok(data) => return Some(Ok(data)),
                Err(_trailers) => {}
            },
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Bytes that are copied only if they come in more than one piece.
#[derive(Debug, Default)]
struct Taken {
    first: Bytes,
    /// Begins with `first` once a second piece came.
    all: Vec<u8>,
}

impl Taken {
    fn push(&mut self, data: Bytes) {
        if self.len() == 0 {
            self.first = data;
        } else {
            if self.all.is_empty() {
                self.all.extend_from_slice(&self.first);
            }
            self.all.extend_from_slice(&data);
        }
    }

    fn len(&self) -> usize {
        self.first.len().max(self.all.len())
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.into() }
    }
}
