//! Reads a body from its beginning to its end. Transports use it.

use std::io::{self, Read};

use bytes::Bytes;

use super::Body;
use super::content::Opened;

/// Reads a body: as a [`Read`], or in chunks of [`Bytes`].
///
/// For a transport that must not block, [`in_memory`](Self::in_memory) gives bytes in memory, without a
/// copy and without blocking. [`chunk`](Self::chunk) reads files too, and may block.
pub struct BodyReader {
    body: Body,
    left: u64,
    /// The index of the next piece, behind `opened` if that is set.
    next: usize,
    opened: Option<Opened>,
}

impl BodyReader {
    pub(super) fn new(body: Body) -> Self {
        Self { left: body.len(), body, next: 0, opened: None }
    }

    /// The number of bytes that are left.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// At most `most` next bytes, if they are in memory. `None` if a file is next, or at the end.
    pub fn in_memory(&mut self, most: usize) -> Option<Bytes> {
        loop {
            let bytes = self.opened()?.in_memory(most)?;
            if !bytes.is_empty() {
                self.left -= bytes.len() as u64;
                return Some(bytes);
            }
        }
    }

    /// At most `most` next bytes. `None` at the end.
    ///
    /// # Errors
    /// If a file cannot be read, or if its length has changed. The error has a
    /// [`ContentError`](crate::ContentError) inside.
    pub fn chunk(&mut self, most: usize) -> io::Result<Option<Bytes>> {
        while let Some(opened) = self.opened() {
            let bytes = opened.chunk(most)?;
            if !bytes.is_empty() {
                self.left -= bytes.len() as u64;
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// The current piece, or the next one if the current one is at its end.
    fn opened(&mut self) -> Option<&mut Opened> {
        if self.opened.as_ref().is_none_or(Opened::is_over) {
            self.opened = self.body.content(self.next).map(Opened::new);
            self.next += 1;
        }
        self.opened.as_mut()
    }
}

impl Read for BodyReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        while let Some(opened) = self.opened() {
            let read = opened.read(buf)?;
            if read > 0 {
                self.left -= read as u64;
                return Ok(read);
            }
        }
        Ok(0)
    }
}
