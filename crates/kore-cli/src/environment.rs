//! The variables of the environment that count, read once at the start of a command: tests pass their
//! own.

use std::collections::HashMap;
use std::ffi::OsString;

pub(crate) use kore_sdk::variables::{
    CA_FILE, CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE, HOST, JTI, JWE_ALG, JWE_CONTENT, JWE_CTY, JWE_ENC,
    JWE_KEY_FILE, JWE_KID, JWT, SUBJECT,
};

use crate::failure::Failure;
use crate::unexpanded::Unexpanded;

pub(crate) const PROFILE: &str = "KORE_PROFILE";
pub(crate) const CONFIG: &str = "KORE_CONFIG";

/// The variables that count, read once. It holds secrets, hence no `Debug`.
pub(crate) struct Environment(HashMap<&'static str, OsString>);

impl Environment {
    /// That of this process. An empty variable counts as unset.
    pub(crate) fn of_process() -> Self {
        let names = [
            HOST,
            CLIENT_ID,
            CLIENT_SECRET,
            CLIENT_SECRET_FILE,
            SUBJECT,
            JWT,
            JTI,
            JWE_KEY_FILE,
            JWE_ALG,
            JWE_ENC,
            JWE_KID,
            JWE_CONTENT,
            JWE_CTY,
            PROFILE,
            CA_FILE,
            CONFIG,
        ];
        Self::from_iter(names.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
    }

    pub(crate) fn os(&self, name: &str) -> Option<OsString> {
        self.0.get(name).cloned()
    }

    /// A variable as text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        self.os(name)
            .map(OsString::into_string)
            .transpose()
            .map_err(|_| Failure::usage(format!("{name} is not UTF-8")))
    }

    /// A variable that is `1` or `0`.
    pub(crate) fn switch(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some(text) if Unexpanded::of(text).is_some() => Unexpanded::refuse(text, name).map(|()| None),
            Some(text) => kore_sdk::variables::switch(text).map(Some).ok_or_else(|| {
                let found = kore_sdk::types::Printable::new(text.as_bytes(), 32);
                Failure::usage(format!("{name}: expected 1 or 0, found \"{found}\""))
            }),
        }
    }
}

impl FromIterator<(&'static str, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'static str, OsString)>>(variables: I) -> Self {
        let set = |(name, value)| Some((name, kore_sdk::variables::value(value)?));
        Self(variables.into_iter().filter_map(set).collect())
    }
}
