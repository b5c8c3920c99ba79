//! What a command works with: flag, then environment, then profile, each with its origin.

pub(crate) mod ca_file;
mod identity;
mod level;
mod origin;
mod profile;
pub(crate) mod secret;
mod unexpanded_path;

use std::path::PathBuf;
use std::time::Duration;

use kore_sdk::protocol::BaseUrl;

pub(crate) use identity::{Credentials, Identity};
pub(crate) use origin::{Origin, Sourced};
pub(crate) use secret::SecretSource;

use crate::args::{ConnectionArgs, IdentityArgs};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::plain_text::trimmed;
use crate::unexpanded::Unexpanded;
use level::Level;
use profile::Place;

/// The three levels, the one that counts first in front.
pub(crate) struct Settings {
    levels: [Level; 3],
    /// Where a profile could be, for a hint.
    config: Option<Place>,
}

/// What `kore import status` and its like need beside an identity.
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
            profile.map(Level::of_profile).transpose()?.unwrap_or_default(),
        ];
        Ok(Self { levels, config })
    }

    /// Names all that is missing at once, so that one run is enough to learn it; a missing import id
    /// is named by the command to run.
    pub(crate) fn complete(&self, import_id: Option<&str>, host: bool) -> Result<(), Failure> {
        let host = host && self.first(|level| level.host.as_ref()).is_none();
        let identity = identity::missing(&self.levels);
        let nouns = [
            import_id.map(|_| "no import id"),
            host.then_some("no host"),
            identity.id.then_some("no client id"),
            identity.secret.then_some("no client secret"),
        ];
        let variables = [
            host.then_some("KORE_HOST"),
            identity.id.then_some("KORE_CLIENT_ID"),
            identity.secret.then_some("KORE_CLIENT_SECRET"),
        ];
        let nouns: Vec<_> = nouns.into_iter().flatten().collect();
        if nouns.is_empty() {
            return Ok(());
        }
        let variables: Vec<_> = variables.into_iter().flatten().collect();
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
            hint.push_str(&format!(": {command} (the import call answers with the id as _id)"));
        }
        Err(Failure::usage(format!("{} given", list(&nouns))).hint(hint))
    }

    fn first<'a, T>(
        &'a self,
        setting: impl Fn(&'a Level) -> Option<&'a Sourced<T>>,
    ) -> Option<&'a Sourced<T>> {
        self.levels.iter().find_map(setting)
    }

    /// Reads the secret, from its file if it is in one.
    pub(crate) fn identity(&self) -> Result<Identity, Failure> {
        identity::resolve(&self.levels)
    }

    pub(crate) fn subject(&self) -> Option<&str> {
        self.first(|level| level.subject.as_ref()).map(|subject| &*subject.value)
    }

    pub(crate) fn jti(&self) -> bool {
        self.first(|level| level.jti.as_ref()).is_some_and(|jti| jti.value)
    }

    pub(crate) fn connection(&self) -> Result<Connection, Failure> {
        let host = self.first(|level| level.host.as_ref()).ok_or_else(|| Failure::usage("no host given"))?;
        Unexpanded::refuse(&host.value, &host.origin)?;
        let text = trimmed(&host.value);
        let base =
            BaseUrl::parse(text).map_err(|error| Failure::usage(format!("{}: {error}", host.origin)))?;
        Ok(Connection {
            host: Sourced::new(base, host.origin.clone()),
            assumes_https: !text.contains("://"),
            ca_file: self.first(|level| level.ca_file.as_ref()).cloned(),
            allow_http: self.first(|level| level.allow_http.as_ref()).is_some_and(|allowed| allowed.value),
            timeout: self.first(|level| level.timeout.as_ref()).map(|timeout| timeout.value),
        })
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
