//! The settings of a command: a flag counts before the environment, and that before the profile of
//! the configuration file. Each value knows where it came from, so that a message names the place to
//! change. Every command that asks the platform begins here.

mod config_file;
mod connection;
mod identity;
mod jwe;
pub(crate) mod key;
mod overview;
mod profile;
mod proxies;
pub(crate) mod secret;
mod values;

use std::cell::OnceCell;
use std::path::PathBuf;

use kore_sdk::auth::{Encrypter, Secret};

pub(crate) use connection::{Connection, ca_pem};
pub(crate) use identity::{Credentials, Identity};
pub(crate) use key::{Form, Key};
pub(crate) use overview::{Row, State};
pub(crate) use proxies::{Proxy, proxies};
pub(crate) use secret::SecretSource;

use crate::args::{ConnectionArgs, IdentityArgs};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::origin::Sourced;
use profile::Place;
use values::{Level, first};

/// The three levels, the one that counts first in front.
pub(crate) struct Settings {
    levels: [Level; 3],
    /// Where a profile could be.
    config: Option<Place>,
    /// What could not be read.
    problems: Vec<Problem>,
    /// Read once, since it may be on standard input.
    secret: OnceCell<Result<Option<Sourced<Secret>>, Failure>>,
}

/// What is wrong with a setting.
pub(crate) struct Problem {
    pub(crate) key: Key,
    pub(crate) failure: Failure,
}

impl Settings {
    /// Reads the environment and the configuration file, but no secret and no other file yet. The first
    /// setting that cannot be read is an error.
    pub(crate) fn read(
        identity: IdentityArgs,
        connection: ConnectionArgs,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let settings = Self::gathered(identity, connection, environment);
        match settings.problems.first() {
            Some(problem) => Err(problem.failure.clone()),
            None => Ok(settings),
        }
    }

    /// The same, with all that cannot be read as problems.
    pub(crate) fn gathered(
        identity: IdentityArgs,
        connection: ConnectionArgs,
        environment: &Environment,
    ) -> Self {
        let mut problems = Vec::new();
        let flags = Level::of_flags(identity, connection);
        let environment = Level::of_environment(environment, &mut problems);
        let levels = [flags, environment];
        let (profile, config) = profile::chosen(&levels, &mut problems);
        let [flags, environment] = levels;
        let levels = [flags, environment, profile];
        levels.iter().for_each(|level| level.check(&mut problems));
        Self { levels, config, problems, secret: OnceCell::new() }
    }

    /// Names all that is missing at once, so that one run is enough to learn it; a missing import id
    /// is named by the command to run.
    pub(crate) fn complete(&self, import_id: Option<&str>, host: bool) -> Result<(), Failure> {
        let host = host && !self.levels.iter().any(|level| level.has(Key::Host));
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
            hint.push_str("; kore config shows what is set");
        }
        if let Some(command) = import_id {
            hint.push_str(if hint.is_empty() { "run" } else { "; then run" });
            hint.push_str(&format!(": {command} (the response of the import call has the id as _id)"));
        }
        Err(Failure::usage(format!("{} given", list(&nouns))).hint(hint))
    }

    /// Reads the secret, from its file if it is in one.
    pub(crate) fn identity(&self) -> Result<Identity, Failure> {
        identity::resolve(&self.levels, || self.secret())
    }

    fn secret(&self) -> Result<Option<Sourced<Secret>>, Failure> {
        self.secret.get_or_init(|| identity::secret(&self.levels)).clone()
    }

    /// What encrypts the tokens of that identity, if they are to be encrypted.
    pub(crate) fn encrypter(&self, identity: &Identity) -> Result<Option<Encrypter>, Failure> {
        jwe::resolve(&self.levels, identity)
    }

    pub(crate) fn subject(&self) -> Option<String> {
        first(&self.levels, |level| level.text(Key::Subject)).map(|subject| subject.value)
    }

    pub(crate) fn jti(&self) -> bool {
        self.is_on(Key::Jti)
    }

    fn is_on(&self, key: Key) -> bool {
        first(&self.levels, |level| level.switch(key)).is_some_and(|switch| switch.value)
    }

    /// How the platform is reached. No other file is read yet.
    pub(crate) fn connection(&self) -> Result<Connection, Failure> {
        let host = connection::host(&self.levels)?.ok_or_else(|| Failure::usage("no host given"))?;
        Ok(Connection {
            host: host.base,
            assumes_https: host.assumes_https,
            ca_file: first(&self.levels, |level| level.file(Key::CaFile)),
            allow_http: self.is_on(Key::AllowHttp),
            timeout: first(&self.levels, |level| level.duration(Key::Timeout)).map(|timeout| timeout.value),
        })
    }

    /// The files that settings are in, each with what names it, so that nothing is written there.
    pub(crate) fn files(&self) -> Vec<(String, PathBuf)> {
        let keys = [Key::ClientSecretFile, Key::JweKeyFile, Key::CaFile];
        let of_level = |level: &Level| keys.map(|key| level.file(key));
        let files = self.levels.iter().flat_map(of_level).flatten();
        let config = self.config.iter().map(|place| ("the configuration".to_owned(), place.path.clone()));
        files.map(|file| (file.origin.to_string(), file.value)).chain(config).collect()
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
