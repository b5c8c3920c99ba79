//! Where a setting came from.

use std::fmt;

/// The place to change if a setting is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `--host`
    Flag(&'static str),
    /// `KORE_HOST`
    Variable(&'static str),
    /// A key of a profile.
    Profile { key: &'static str, profile: String },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::Profile { key, profile } => write!(f, "{key} of profile {profile}"),
        }
    }
}

/// A setting and where it came from.
#[derive(Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Sourced<T> {
    pub(crate) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}
