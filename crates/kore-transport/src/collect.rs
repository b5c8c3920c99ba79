//! Reads the body of a response within a limit. Every transport uses it, so that none reads without
//! end.

use std::error::Error;

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use kore_protocol::BodyLimit;

use crate::TransportError;

/// How much is read of a body whose headers say that it is too long: enough for a message.
const START: usize = 512;

/// Collects the body of a response piece by piece, within a limit. Adapters for other clients use it:
/// see the example of [`Transport`](crate::Transport).
#[derive(Debug)]
pub struct Collect {
    head: Parts,
    limit: BodyLimit,
    /// Whether the headers say that the body is over the limit.
    is_too_long: bool,
    /// How much of the body is read.
    enough: usize,
    taken: Taken,
}

impl Collect {
    /// Begins with the status and the headers. If `content-length` is over the limit, the body is refused
    /// after the first bytes.
    pub fn new(head: Parts, limit: BodyLimit) -> Self {
        let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self::of_length(head, limit, length.unwrap_or(0))
    }

    /// `length` is the least length of the body.
    fn of_length(head: Parts, limit: BodyLimit, length: u64) -> Self {
        let is_too_long = length > limit.get() as u64;
        let enough = if is_too_long { START.min(limit.get()) } else { limit.get() };
        Self { head, limit, is_too_long, enough, taken: Taken::default() }
    }

    /// Adds the next bytes of the body.
    ///
    /// # Errors
    /// If the body is over the limit. Then the adapter reads no more.
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

    /// The error of a body that broke off, with the part that arrived.
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

/// Reads the whole body, or up to the limit. `broken` makes the error of a body that breaks off, from
/// the part that arrived.
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
        // If the length is known, this saves a poll and its wake-up.
        if body.is_end_stream() {
            break;
        }
    }
    collected.finish()
}

/// Pours the body into the sink, off the threads of the runtime. Each piece has to come within
/// `silence`.
#[cfg(feature = "hyper")]
pub(crate) async fn pour<
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
>(
    response: Response<B>,
    sink: &crate::BodySink,
    silence: std::time::Duration,
) -> Result<Response<Bytes>, TransportError> {
    let broken = |why: String| TransportError::new(crate::Phase::Body, why);
    let (head, body) = response.into_parts();
    let mut body = std::pin::pin!(body);
    loop {
        let piece = tokio::time::timeout(silence, next(&mut body)).await.map_err(|_| {
            let waited = format!("{} s without a byte", silence.as_secs_f64());
            TransportError::timeout(crate::Phase::Body, waited)
        })?;
        match piece {
            None => return Ok(Response::from_parts(head, Bytes::new())),
            Some(Ok(data)) => {
                let sink = sink.clone();
                let writing = tokio::task::spawn_blocking(move || sink.write(&data)).await;
                if !writing
                    .map_err(|error| broken("it could not be written".to_owned()).with_source(error))?
                {
                    return Err(broken("no more of it is taken".to_owned()));
                }
            }
            Some(Err(error)) => {
                return Err(broken(format!("cut short after {} bytes", sink.written())).with_source(error));
            }
        }
    }
}

/// The next bytes of the body. Trailers are skipped.
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

/// Bytes that are copied only if they come in several pieces.
#[derive(Debug, Default)]
struct Taken {
    first: Bytes,
    /// The copy, from the second piece on.
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
