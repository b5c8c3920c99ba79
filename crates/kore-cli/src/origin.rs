//! Where a setting came from: the place that a message names, as it is the one to change.

use std::fmt;

/// What sets a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flags,
    Environment,
    /// A profile of the configuration file, by its name.
    Profile(String),
}

/// The place to change if a setting is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) source: Source,
    /// The key of the configuration file; flag and variable are named after it.
    pub(crate) key: &'static str,
}

impl Origin {
    pub(crate) fn flag(key: &'static str) -> Self {
        Self { source: Source::Flags, key }
    }
}

/// `--ca-file`, `KORE_CA_FILE` or `ca_file of profile dev`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Flags if self.key == "jwe_key_file" => f.write_str("--jwe-key"),
            Source::Flags => write!(f, "--{}", self.key.replace('_', "-")),
            Source::Environment => write!(f, "KORE_{}", self.key.to_uppercase()),
            Source::Profile(name) => write!(f, "{} of profile {name}", self.key),
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
