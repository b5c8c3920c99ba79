//! A response's body, taken whole or refused.

use std::pin::{Pin, pin};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use http_body_util::BodyExt;
use kore_protocol::BodyLimit;

use crate::TransportError;

/// How much is read of a body that says itself that it is too long: enough for a message.
const START: usize = 512;

/// Takes the body whole, and nothing after the limit. `broken` makes the error of a body that
/// breaks off, from what had arrived.
pub(crate) async fn collect<B: Body<Data = Bytes>>(
    response: Response<B>,
    limit: BodyLimit,
    broken: impl FnOnce(&Response<Bytes>, B::Error) -> TransportError,
) -> Result<Response<Bytes>, TransportError> {
    let (head, body) = response.into_parts();
    let mut body = pin!(body);
    let is_too_long = body.size_hint().lower() > limit.get() as u64;
    let enough = if is_too_long { START.min(limit.get()) } else { limit.get() };
    let mut taken = Taken::default();
    let end = loop {
        match next(&mut body).await {
            Some(Ok(data)) => taken.push(data),
            Some(Err(error)) => break Some(error),
            None => break None,
        }
        if taken.len() > enough {
            return Err(TransportError::too_large(&Response::from_parts(head, taken.into_bytes()), limit));
        }
        // Spares a poll, and the wake-up that comes with it, for a body whose length was given.
        if body.is_end_stream() {
            break None;
        }
    };
    let response = Response::from_parts(head, taken.into_bytes());
    match end {
        _ if is_too_long => Err(TransportError::too_large(&response, limit)),
        Some(error) => Err(broken(&response, error)),
        None => Ok(response),
    }
}

/// The next bytes; trailers are passed over.
async fn next<B: Body<Data = Bytes>>(body: &mut Pin<&mut B>) -> Option<Result<Bytes, B::Error>> {
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
#[derive(Default)]
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
