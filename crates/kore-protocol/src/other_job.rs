//! The error of a response about another job than the request. Without this check a client would
//! take the verdict of another import for its own.

use std::fmt;

use crate::Excerpt;

/// How many characters are kept of what was found.
const KEPT: usize = 4096;

/// A response about another job than the request. It says nothing about the job that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherJob {
    asked: String,
    /// Not yet made printable, so that secrets can still be masked.
    pub(crate) found: String,
}

impl OtherJob {
    /// Takes the job that was asked for, and the one that the response names. A long name is cut.
    pub fn new(asked: impl Into<String>, found: &str) -> Self {
        Self { asked: asked.into(), found: found.chars().take(KEPT).collect() }
    }
}

impl fmt::Display for OtherJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Excerpt::new(self.found.as_bytes());
        write!(f, "expected a response about {}, found one about {found}", self.asked)
    }
}

impl std::error::Error for OtherJob {}
