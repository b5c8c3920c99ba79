//! The body of a request, and how much of a response is taken.
//!
//! An endpoint makes a [`Body`], a transport sends it. Most bodies are some JSON in memory. One with
//! files is read while it is sent, so that it costs a few buffers whatever the files' size; who makes
//! it says how each file is opened, since nothing here does.

mod content;
mod multipart;
mod reader;

use std::fmt;
use std::io::{self, Read as _};
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;

pub use self::content::{Content, ContentError};
pub use self::multipart::{Boundary, InvalidBoundary, Part};
pub use self::reader::BodyReader;

/// The body of a request: bytes, or pieces of which some are read while they are sent.
///
/// Its length is known, and it may be read more than once, for a request that is sent again. A
/// transport that holds bodies in memory takes [`to_bytes`](Self::to_bytes); others send what
/// [`reader`](Self::reader) gives.
#[derive(Clone, Default)]
pub struct Body(Form);

#[derive(Clone)]
enum Form {
    Whole(Bytes),
    Pieces(Arc<Pieces>),
}

/// A body with its type, since a boundary is part of both.
struct Pieces {
    content_type: HeaderValue,
    length: u64,
    contents: Vec<Content>,
}

impl Body {
    /// No body.
    pub fn empty() -> Self {
        Self::default()
    }

    fn pieces(content_type: HeaderValue, contents: Vec<Content>) -> Self {
        let length = contents.iter().map(Content::len).sum();
        Self(Form::Pieces(Arc::new(Pieces { content_type, length, contents })))
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes it has: the `Content-Length`.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Form::Whole(bytes) => bytes.len() as u64,
            Form::Pieces(pieces) => pieces.length,
        }
    }

    /// Its own `Content-Type`; none for bytes, whose endpoint knows it.
    pub fn content_type(&self) -> Option<&HeaderValue> {
        match &self.0 {
            Form::Whole(_) => None,
            Form::Pieces(pieces) => Some(&pieces.content_type),
        }
    }

    /// The bytes, if all of it is in memory.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Form::Whole(bytes) => Some(bytes),
            Form::Pieces(_) => None,
        }
    }

    /// The whole body in memory. Reading files blocks.
    ///
    /// # Errors
    /// If a file cannot be read or has another length than it had: a [`ContentError`] inside, which
    /// names it.
    pub fn to_bytes(&self) -> io::Result<Bytes> {
        if let Some(bytes) = self.as_bytes() {
            return Ok(bytes.clone());
        }
        let mut bytes = Vec::new();
        self.reader().read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    /// Reads the body from its beginning.
    pub fn reader(&self) -> BodyReader {
        BodyReader::new(self.clone())
    }

    fn content(&self, at: usize) -> Option<Content> {
        match &self.0 {
            Form::Whole(bytes) => (at == 0).then(|| Content::from_bytes("", bytes.clone())),
            Form::Pieces(pieces) => pieces.contents.get(at).cloned(),
        }
    }
}

impl Default for Form {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Form::Whole(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

/// Its length alone: files may hold secrets.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.len())
    }
}

/// How many bytes of a response's body are taken before it is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BodyLimit(usize);

impl BodyLimit {
    /// 16 MiB: some 150,000 log entries.
    pub const DEFAULT: Self = Self(16 * 1024 * 1024);

    /// A limit of that many bytes.
    pub const fn bytes(bytes: usize) -> Self {
        Self(bytes)
    }

    /// The limit in bytes.
    pub const fn get(self) -> usize {
        self.0
    }
}

impl Default for BodyLimit {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests;
