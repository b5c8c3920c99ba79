//! The error of a response about another job than the one that was asked for.

use std::fmt;

use crate::Excerpt;

/// The most that is kept of what was found, in characters.
const KEPT: usize = 4096;

/// A response about another job than the one that was asked for, of which it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherJob {
    asked: String,
    /// As it came, so that secrets can still be masked.
    pub(crate) found: String,
}

impl OtherJob {
    /// Takes what was asked for, and what the response names, of which the beginning is kept.
    pub fn new(asked: impl Into<String>, found: &str) -> Self {
        Self { asked: asked.into(), found: found.chars().take(KEPT).collect() }
    }
}

impl fmt::Display for OtherJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Excerpt::new(self.found.as_bytes());
        write!(f, "asked for {}, the response is about {found}", self.asked)
    }
}

impl std::error::Error for OtherJob {}
