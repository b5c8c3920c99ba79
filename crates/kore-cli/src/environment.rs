//! The variables of the environment that count, read once at the start of a command: tests pass their
//! own.

use std::collections::HashMap;
use std::ffi::OsString;

use crate::settings::key::Key;

/// The variables that count, read once. It holds secrets, hence no `Debug`.
pub(crate) struct Environment(HashMap<&'static str, OsString>);

impl Environment {
    /// That of this process. An empty variable counts as unset.
    pub(crate) fn of_process() -> Self {
        let names = Key::ALL.into_iter().filter_map(|key| key.named().variable);
        Self::from_iter(names.filter_map(|name| Some((name, std::env::var_os(name)?))))
    }

    pub(crate) fn os(&self, name: &str) -> Option<OsString> {
        self.0.get(name).cloned()
    }
}

impl FromIterator<(&'static str, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'static str, OsString)>>(variables: I) -> Self {
        let set = |(name, value)| Some((name, kore_sdk::variables::value(value)?));
        Self(variables.into_iter().filter_map(set).collect())
    }
}
