//! Reading a body from its beginning to its end.

use std::io::{self, Read};

use bytes::Bytes;

use super::Body;
use super::content::Opened;

/// Reads a body: as a [`Read`], or in chunks for those who send [`Bytes`].
///
/// What is in memory is handed over without a copy by [`in_memory`](Self::in_memory), which never
/// blocks; [`chunk`](Self::chunk) reads files too. Both are for transports that must not block their
/// thread.
pub struct BodyReader {
    body: Body,
    left: u64,
    /// The place of the piece that is read next, or of the one behind `opened`.
    next: usize,
    opened: Option<Opened>,
}

impl BodyReader {
    pub(super) fn new(body: Body) -> Self {
        Self { left: body.len(), body, next: 0, opened: None }
    }

    /// How many bytes are still to be read.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next bytes, at most `most`, if they are in memory. None if a file is to be read next, or
    /// at the end.
    pub fn in_memory(&mut self, most: usize) -> Option<Bytes> {
        loop {
            let bytes = self.opened()?.in_memory(most)?;
            if !bytes.is_empty() {
                self.left -= bytes.len() as u64;
                return Some(bytes);
            }
        }
    }

    /// The next bytes, at most `most`; none at the end.
    ///
    /// # Errors
    /// If a file cannot be read or has another length than it had: a
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

    /// The piece that is being read, or the next one if that is over.
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
