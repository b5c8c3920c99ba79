//! The configuration file: profiles in TOML.

mod file;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub(crate) use file::{read, usual_path};

use crate::duration;

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) default_profile: Option<String>,
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// What one profile sets. It may hold secrets, hence no `Debug`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) host: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretText>,
    pub(crate) client_secret_file: Option<PathBuf>,
    pub(crate) jwt: Option<SecretText>,
    pub(crate) subject: Option<String>,
    pub(crate) jti: Option<bool>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) allow_http: Option<bool>,
    #[serde(default, deserialize_with = "timeout")]
    pub(crate) timeout: Option<Duration>,
}

impl Config {
    fn holds_a_secret(&self) -> bool {
        self.profiles.values().any(|profile| profile.client_secret.is_some() || profile.jwt.is_some())
    }
}

/// A text that no error message repeats, as serde's would for a number in its place.
pub(crate) struct SecretText(pub(crate) String);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("expected a string in quotes")),
        }
    }
}

fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        toml::Value::Integer(number) => number.to_string(),
        _ => return Err(D::Error::custom("timeout: expected a duration such as \"20s\"")),
    };
    duration::parse_quoted(&text).map(Some).map_err(|error| D::Error::custom(format!("timeout: {error}")))
}
