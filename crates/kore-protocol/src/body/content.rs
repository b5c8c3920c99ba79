//! The content of a file: a name, a length, and a way to read it. Endpoints that send files are given
//! these.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use kore_types::Printable;

type Open = dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync;

/// A file to send, or some bytes with a name. Cheap to clone.
///
/// ```
/// use std::fs::File;
/// use kore_protocol::Content;
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
/// let length = std::fs::metadata(path)?.len();
/// let file = Content::from_opener("Cargo.toml", length, move || Ok(Box::new(File::open(path)?)));
/// assert_eq!(file.to_bytes()?.len() as u64, length);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Content {
    name: Arc<str>,
    length: u64,
    source: Source,
    report: Option<Arc<dyn Fn(u64) + Send + Sync>>,
}

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    Opener(Arc<Open>),
}

impl Content {
    /// Bytes in memory.
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { name: name.into(), length: bytes.len() as u64, source: Source::Bytes(bytes), report: None }
    }

    /// A content that `open` opens each time it is sent. It must have exactly that length each time. It may
    /// be opened on another thread, which it may block.
    pub fn from_opener(
        name: impl Into<Arc<str>>,
        length: u64,
        open: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), length, source: Source::Opener(Arc::new(open)), report: None }
    }

    /// The same content with another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Calls `report` with the number of bytes that were read so far, whenever some were. The number begins
    /// at zero each time the content is sent. The call is made on the thread that reads the content.
    #[must_use]
    pub fn reporting(mut self, report: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// The name of the file, as it is sent.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The whole content. Reading a file blocks.
    ///
    /// # Errors
    /// If it cannot be read or has another length than it had: a [`ContentError`] inside.
    pub fn to_bytes(&self) -> io::Result<Bytes> {
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes.clone()),
            Source::Opener(_) => {
                let mut bytes = Vec::new();
                Opened::new(self.clone()).read_to_end(&mut bytes)?;
                Ok(bytes.into())
            }
        }
    }

    fn error(&self, problem: Problem) -> io::Error {
        // HTTP clients take some kinds of errors for the end of their connection; this is not one of them.
        io::Error::other(ContentError { name: self.name.clone(), length: self.length, problem })
    }
}

/// Without the content, which may be secret.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("name", &self.name)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// A content that is being read. Its first read opens it.
pub(super) struct Opened {
    content: Content,
    reader: Option<Box<dyn Read + Send>>,
    read: u64,
    /// Whether it was read to its end and nothing follows.
    is_over: bool,
}

impl Opened {
    pub(super) fn new(content: Content) -> Self {
        Self { content, reader: None, read: 0, is_over: false }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// At most `most` next bytes, if they are in memory. They are empty at the end.
    pub(super) fn in_memory(&mut self, most: usize) -> Option<Bytes> {
        let Source::Bytes(bytes) = &self.content.source else { return None };
        let at = usize::try_from(self.read).expect("it is a place in memory");
        let next = bytes.slice(at..bytes.len().min(at.saturating_add(most)));
        self.is_over = at + next.len() == bytes.len();
        self.advance(next.len());
        Some(next)
    }

    /// At most `most` next bytes. They are empty at the end.
    pub(super) fn chunk(&mut self, most: usize) -> io::Result<Bytes> {
        if let Some(bytes) = self.in_memory(most) {
            return Ok(bytes);
        }
        let wanted = self.wanted(most);
        let mut bytes = Vec::with_capacity(wanted);
        let read = self.reader()?.take(wanted as u64).read_to_end(&mut bytes);
        read.map_err(|error| self.content.error(Problem::Read(error)))?;
        self.took(bytes.len(), bytes.len() < wanted)?;
        Ok(bytes.into())
    }

    fn left(&self) -> u64 {
        self.content.length - self.read
    }

    fn wanted(&self, most: usize) -> usize {
        usize::try_from(self.left()).unwrap_or(usize::MAX).min(most)
    }

    fn reader(&mut self) -> io::Result<&mut (dyn Read + Send)> {
        if let (None, Source::Opener(open)) = (&self.reader, &self.content.source) {
            self.reader = Some(open().map_err(|error| self.content.error(Problem::Open(error)))?);
        }
        Ok(self.reader.as_mut().expect("what is in memory is not read"))
    }

    /// Counts bytes that were read. The last ones are given out only if nothing follows them. Else a
    /// request would be completed with a file that has grown meanwhile.
    fn took(&mut self, bytes: usize, is_end: bool) -> io::Result<()> {
        if is_end {
            return Err(self.content.error(Problem::Shorter(self.read + bytes as u64)));
        }
        if bytes as u64 == self.left() {
            self.expect_end()?;
        }
        self.advance(bytes);
        Ok(())
    }

    fn expect_end(&mut self) -> io::Result<()> {
        loop {
            match self.reader()?.read(&mut [0]) {
                Ok(0) => break,
                Ok(_) => return Err(self.content.error(Problem::Longer)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.content.error(Problem::Read(error))),
            }
        }
        self.is_over = true;
        Ok(())
    }

    fn advance(&mut self, bytes: usize) {
        self.read += bytes as u64;
        if let (Some(report), true) = (&self.content.report, bytes > 0) {
            report(self.read);
        }
    }
}

impl Read for Opened {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(bytes) = self.in_memory(buf.len()) {
            buf[..bytes.len()].copy_from_slice(&bytes);
            return Ok(bytes.len());
        }
        if buf.is_empty() || self.is_over {
            return Ok(0);
        }
        let wanted = self.wanted(buf.len());
        let read = match self.reader()?.read(&mut buf[..wanted]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            read => read.map_err(|error| self.content.error(Problem::Read(error)))?,
        };
        self.took(read, read == 0 && wanted > 0)?;
        Ok(read)
    }
}

/// The error of a file that cannot be sent. It names the file. It is found inside of an [`io::Error`].
#[derive(Debug)]
pub struct ContentError {
    name: Arc<str>,
    length: u64,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Open(io::Error),
    Read(io::Error),
    Shorter(u64),
    Longer,
}

impl ContentError {
    /// The name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, length, problem } = self;
        let name = Printable::new(name.as_bytes(), 128);
        match problem {
            Problem::Open(error) => write!(f, "cannot open \"{name}\": {error}"),
            Problem::Read(error) => write!(f, "cannot read \"{name}\": {error}"),
            Problem::Shorter(found) => write!(
                f,
                "\"{name}\" changed before it was sent whole: expected {length} bytes, found {found}; leave it \
                 alone while it is sent, and send it again"
            ),
            Problem::Longer => write!(
                f,
                "\"{name}\" changed before it was sent whole: expected {length} bytes, found more; leave it alone \
                 while it is sent, and send it again"
            ),
        }
    }
}

impl std::error::Error for ContentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Open(error) | Problem::Read(error) => Some(error),
            Problem::Shorter(_) | Problem::Longer => None,
        }
    }
}
