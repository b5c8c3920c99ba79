//! Where a setting came from: the place that a message names, as it is the one to change.

use std::fmt;

use crate::settings::key::Key;

/// What sets a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flags,
    Environment,
    /// A profile of the configuration file, by its name.
    Profile(String),
    /// The configuration file outside of its profiles.
    File,
}

/// The place to change if a setting is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) source: Source,
    pub(crate) key: Key,
    /// Where it stands in the configuration file.
    pub(crate) line: Option<usize>,
}

/// `--ca-file`, `KORE_CA_FILE` or `ca_file of profile dev`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.key.named();
        match &self.source {
            Source::Flags => f.write_str(named.flag.unwrap_or(named.name)),
            Source::Environment => f.write_str(named.variable.unwrap_or(named.name)),
            Source::Profile(profile) => write!(f, "{} of profile {profile}", named.name),
            Source::File => write!(f, "default_{}", named.name),
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

    pub(crate) fn map<U>(self, map: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: map(self.value), origin: self.origin }
    }
}
