//! The settings of a command: a flag counts before the environment, and that before the profile of
//! the configuration file. Each value knows where it came from, so that a message names the place to
//! change. Every command that asks the platform begins here.

mod config_file;
mod identity;
mod jwe;
mod profile;
pub(crate) mod secret;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use kore_sdk::auth::Encrypter;
use kore_sdk::protocol::BaseUrl;

pub(crate) use identity::{Credentials, Identity};
pub(crate) use secret::SecretSource;

use crate::args::{ConnectionArgs, IdentityArgs};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::origin::Sourced;
use crate::plain_text::trimmed;
use crate::unexpanded::Unexpanded;
use profile::Place;
use values::{Level, Values, first};

/// The three levels, the one that counts first in front.
pub(crate) struct Settings {
    levels: [Level; 3],
    /// Where a profile could be, for a hint.
    config: Option<Place>,
}

/// How the platform is reached.
pub(crate) struct Connection {
    pub(crate) host: Sourced<BaseUrl>,
    /// The host's text has no scheme, so that `https` is a guess.
    pub(crate) assumes_https: bool,
    pub(crate) ca_file: Option<Sourced<PathBuf>>,
    pub(crate) allow_http: bool,
    pub(crate) timeout: Option<Duration>,
}

impl Settings {
    /// Reads the environment and the configuration file, but no secret and no other file yet.
    pub(crate) fn read(
        identity: IdentityArgs,
        connection: ConnectionArgs,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let (profile, config) = profile::chosen(&identity, environment)?;
        let levels = [
            Level::of_flags(identity, connection),
            Level::of_environment(environment)?,
            profile.unwrap_or_default(),
        ];
        levels.iter().try_for_each(Level::check)?;
        Ok(Self { levels, config })
    }

    /// Names all that is missing at once, so that one run is enough to learn it; a missing import id
    /// is named by the command to run.
    pub(crate) fn complete(&self, import_id: Option<&str>, host: bool) -> Result<(), Failure> {
        let host = host && self.first("host", |values| values.host.clone()).is_none();
        let identity = identity::missing(&self.levels);
        let missing = [
            (import_id.is_some(), "no import id", None),
            (host, "no host", Some("KORE_HOST")),
            (identity.id, "no client id", Some("KORE_CLIENT_ID")),
            (identity.secret, "no client secret", Some("KORE_CLIENT_SECRET")),
        ];
        let missing: Vec<_> = missing.into_iter().filter(|(is_missing, ..)| *is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let nouns: Vec<_> = missing.iter().map(|(_, noun, _)| *noun).collect();
        let variables: Vec<_> = missing.iter().filter_map(|(.., variable)| *variable).collect();
        let mut hint = String::new();
        if !variables.is_empty() {
            hint = format!("set {}", list(&variables));
            if identity.id && identity.secret {
                hint.push_str(" (or KORE_JWT in place of id and secret)");
            }
            if let Some(config) = &self.config {
                hint = config.hint(&hint);
            }
        }
        if let Some(command) = import_id {
            hint.push_str(if hint.is_empty() { "run" } else { "; then run" });
            hint.push_str(&format!(": {command} (the response of the import call has the id as _id)"));
        }
        Err(Failure::usage(format!("{} given", list(&nouns))).hint(hint))
    }

    /// The value that counts.
    fn first<T>(&self, key: &'static str, value: impl Fn(&Values) -> Option<T>) -> Option<Sourced<T>> {
        first(&self.levels, key, value)
    }

    /// Reads the secret, from its file if it is in one.
    pub(crate) fn identity(&self) -> Result<Identity, Failure> {
        identity::resolve(&self.levels)
    }

    /// What encrypts the tokens of that identity, if they are to be encrypted.
    pub(crate) fn encrypter(&self, identity: &Identity) -> Result<Option<Encrypter>, Failure> {
        jwe::resolve(&self.levels, identity)
    }

    pub(crate) fn subject(&self) -> Option<String> {
        self.first("subject", |values| values.subject.clone()).map(|subject| subject.value)
    }

    pub(crate) fn jti(&self) -> bool {
        self.first("jti", |values| values.jti).is_some_and(|jti| jti.value)
    }

    pub(crate) fn connection(&self) -> Result<Connection, Failure> {
        let host = self.first("host", |values| values.host.clone());
        let Sourced { value: host, origin } = host.ok_or_else(|| Failure::usage("no host given"))?;
        Unexpanded::refuse(&host, &origin)?;
        let text = trimmed(&host);
        let base = BaseUrl::parse(text).map_err(|error| Failure::usage(format!("{origin}: {error}")))?;
        Ok(Connection {
            host: Sourced::new(base, origin),
            assumes_https: !text.contains("://"),
            ca_file: self.first("ca_file", |values| values.ca_file.clone()),
            allow_http: self.first("allow_http", |values| values.allow_http).is_some_and(|is| is.value),
            timeout: self.first("timeout", |values| values.timeout).map(|timeout| timeout.value),
        })
    }

    /// The files that settings are in, each with what names it, so that nothing is written there.
    pub(crate) fn files(&self) -> Vec<(String, PathBuf)> {
        let named = |level: &Level, key, path: &Option<PathBuf>| {
            level.sourced(key, path.clone()).map(|Sourced { value, origin }| (origin.to_string(), value))
        };
        let of_level = |level: &Level| {
            let Values { client_secret_file, jwe_key_file, ca_file, .. } = &level.values;
            [
                named(level, "client_secret_file", client_secret_file),
                named(level, "jwe_key_file", jwe_key_file),
                named(level, "ca_file", ca_file),
            ]
        };
        let config = self.config.iter().map(|place| ("the configuration".to_owned(), place.path.clone()));
        self.levels.iter().flat_map(of_level).flatten().chain(config).collect()
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: &[&str]) -> String {
    match items {
        [start @ .., last] if !start.is_empty() => format!("{} and {last}", start.join(", ")),
        items => items.concat(),
    }
}

#[cfg(test)]
mod tests;
