//! The variables of the environment that count, read once at the start of a command: tests pass their
//! own.

use std::collections::HashMap;
use std::ffi::OsString;

use crate::failure::Failure;
use crate::unexpanded::Unexpanded;

pub(crate) const HOST: &str = "KORE_HOST";
pub(crate) const CLIENT_ID: &str = "KORE_CLIENT_ID";
pub(crate) const CLIENT_SECRET: &str = "KORE_CLIENT_SECRET";
pub(crate) const CLIENT_SECRET_FILE: &str = "KORE_CLIENT_SECRET_FILE";
pub(crate) const SUBJECT: &str = "KORE_SUBJECT";
pub(crate) const JWT: &str = "KORE_JWT";
pub(crate) const JTI: &str = "KORE_JTI";
pub(crate) const JWE_KEY_FILE: &str = "KORE_JWE_KEY_FILE";
pub(crate) const JWE_ALG: &str = "KORE_JWE_ALG";
pub(crate) const JWE_ENC: &str = "KORE_JWE_ENC";
pub(crate) const JWE_KID: &str = "KORE_JWE_KID";
pub(crate) const JWE_CONTENT: &str = "KORE_JWE_CONTENT";
pub(crate) const JWE_CTY: &str = "KORE_JWE_CTY";
pub(crate) const PROFILE: &str = "KORE_PROFILE";
pub(crate) const CA_FILE: &str = "KORE_CA_FILE";
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
            Some("1" | "true") => Ok(Some(true)),
            Some("0" | "false") => Ok(Some(false)),
            Some(other) => {
                let found = kore_sdk::types::Printable::new(other.as_bytes(), 32);
                Err(Failure::usage(format!("{name}: expected 1 or 0, found \"{found}\"")))
            }
        }
    }
}

/// A value of a file with lines as Windows ends them has one of those behind it.
fn without_line_ends(value: OsString) -> OsString {
    match value.to_str() {
        Some(text) => text.trim_end_matches(['\r', '\n']).into(),
        None => value,
    }
}

impl FromIterator<(&'static str, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'static str, OsString)>>(variables: I) -> Self {
        let set = variables.into_iter().filter(|(_, value)| !value.is_empty());
        Self(set.map(|(name, value)| (name, without_line_ends(value))).collect())
    }
}
