//! The body of a request, and the limit of a response's body.
//!
//! An endpoint makes a [`Body`], and a transport sends it. Most bodies are a little JSON in memory. Files
//! are read while they are sent, so that they cost a few buffers whatever their size. Nothing here opens a
//! file: whoever makes the body brings a function that does.

mod content;
mod multipart;
mod reader;

use std::fmt;
use std::io::{self, Read as _};
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;

pub use self::content::{Content, ContentError};
pub use self::multipart::{Boundary, InvalidBoundary, Part};
pub use self::reader::BodyReader;

/// The body of a request: bytes in memory, or files that are read while they are sent.
///
/// Its length is known. It may be read more than once, if a request is repeated. A transport that keeps
/// bodies in memory uses [`to_bytes`](Self::to_bytes); others use [`reader`](Self::reader).
#[derive(Clone, Default)]
pub struct Body(Form);

#[derive(Clone)]
enum Form {
    Whole(Bytes),
    Pieces(Arc<Pieces>),
}

/// A body with its content type, since a boundary is a part of both.
struct Pieces {
    content_type: HeaderValue,
    length: u64,
    contents: Vec<Content>,
}

impl Body {
    /// An empty body.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The model of a request as JSON.
    ///
    /// # Panics
    /// If it cannot be written as JSON. Models of texts, numbers and values of JSON always can.
    pub fn json(model: &impl Serialize) -> Self {
        serde_json::to_vec(model).expect("texts, numbers and values of JSON").into()
    }

    fn pieces(content_type: HeaderValue, contents: Vec<Content>) -> Self {
        let length = contents.iter().map(Content::len).sum();
        Self(Form::Pieces(Arc::new(Pieces { content_type, length, contents })))
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its length in bytes, for `Content-Length`.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Form::Whole(bytes) => bytes.len() as u64,
            Form::Pieces(pieces) => pieces.length,
        }
    }

    /// Its `Content-Type`, if it brings one. That of bytes in memory is known by the endpoint.
    pub fn content_type(&self) -> Option<&HeaderValue> {
        match &self.0 {
            Form::Whole(_) => None,
            Form::Pieces(pieces) => Some(&pieces.content_type),
        }
    }

    /// The bytes, if the whole body is in memory.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Form::Whole(bytes) => Some(bytes),
            Form::Pieces(_) => None,
        }
    }

    /// The whole body in memory. Reading files blocks.
    ///
    /// # Errors
    /// If a file cannot be read, or if its length has changed. The error has a [`ContentError`] inside,
    /// which names the file.
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

/// Only the length, since files may have secrets.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.len())
    }
}

/// The longest body of a response that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BodyLimit(usize);

impl BodyLimit {
    /// 16 MiB, which is about 150,000 log entries.
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
