//! The body of a request, and how much of a response is taken.

use bytes::Bytes;

/// The body of a request. Bytes today; opaque, so that a file can be sent as it is read one day
/// without a change of any signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(Bytes);

impl Body {
    /// No body.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole body in memory.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
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
