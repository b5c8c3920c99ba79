//! What one source of settings says.

use std::path::PathBuf;
use std::time::Duration;

use super::profile::Chosen;
use super::secret::SecretSource;
use super::{Origin, Sourced};
use crate::args::{ConnectionArgs, IdentityArgs};
use crate::environment::{self, Environment};
use crate::failure::Failure;

/// The flags, the environment or the profile. It may hold secrets, hence no `Debug`.
#[derive(Default)]
pub(crate) struct Level {
    pub(crate) host: Option<Sourced<String>>,
    pub(crate) client_id: Option<Sourced<String>>,
    pub(crate) secret: Option<Sourced<SecretSource>>,
    pub(crate) jwt: Option<Sourced<String>>,
    pub(crate) subject: Option<Sourced<String>>,
    pub(crate) jti: Option<Sourced<bool>>,
    pub(crate) ca_file: Option<Sourced<PathBuf>>,
    pub(crate) allow_http: Option<Sourced<bool>>,
    pub(crate) timeout: Option<Sourced<Duration>>,
}

impl Level {
    pub(crate) fn of_flags(identity: IdentityArgs, connection: ConnectionArgs) -> Self {
        let secret = identity.client_secret_file.map(SecretSource::file_or_stdin);
        Self {
            host: flag("--host", connection.host),
            client_id: flag("--client-id", identity.client_id),
            secret: flag("--client-secret-file", secret),
            jwt: None,
            subject: flag("--subject", identity.subject),
            jti: flag("--jti", identity.jti.then_some(true)),
            ca_file: flag("--ca-file", connection.ca_file),
            allow_http: flag("--allow-http", connection.allow_http.then_some(true)),
            timeout: flag("--timeout", connection.timeout),
        }
    }

    pub(crate) fn of_environment(environment: &Environment) -> Result<Self, Failure> {
        let text = |name| Ok(variable(name, environment.text(name)?));
        let inline = environment.os(environment::CLIENT_SECRET);
        let file = environment.os(environment::CLIENT_SECRET_FILE);
        let secret = match (inline, file) {
            (Some(_), Some(_)) => {
                return Err(Failure::usage(format!(
                    "{} and {} are both set",
                    environment::CLIENT_SECRET,
                    environment::CLIENT_SECRET_FILE
                ))
                .hint("unset one of the two"));
            }
            (Some(secret), None) => {
                let secret = SecretSource::Inline(secret.into_encoded_bytes());
                variable(environment::CLIENT_SECRET, Some(secret))
            }
            (None, file) => {
                let file = file.map(|path| SecretSource::File(path.into()));
                variable(environment::CLIENT_SECRET_FILE, file)
            }
        };
        Ok(Self {
            host: text(environment::HOST)?,
            client_id: text(environment::CLIENT_ID)?,
            secret,
            jwt: text(environment::JWT)?,
            subject: text(environment::SUBJECT)?,
            jti: variable(environment::JTI, environment.switch(environment::JTI)?),
            ca_file: variable(environment::CA_FILE, environment.os(environment::CA_FILE).map(PathBuf::from)),
            ..Self::default()
        })
    }

    pub(crate) fn of_profile(chosen: Chosen) -> Result<Self, Failure> {
        let Chosen { profile, name, directory } = chosen;
        let secret = match (profile.client_secret, profile.client_secret_file) {
            (Some(_), Some(_)) => {
                return Err(Failure::usage(format!(
                    "profile {name} has client_secret and client_secret_file both"
                ))
                .hint("take one of the two out"));
            }
            (Some(secret), None) => {
                keyed("client_secret", &name, Some(SecretSource::Inline(secret.0.into_bytes())))
            }
            (None, file) => {
                let file = file.map(|path| SecretSource::File(directory.join(path)));
                keyed("client_secret_file", &name, file)
            }
        };
        Ok(Self {
            host: keyed("host", &name, profile.host),
            client_id: keyed("client_id", &name, profile.client_id),
            secret,
            jwt: keyed("jwt", &name, profile.jwt.map(|jwt| jwt.0)),
            subject: keyed("subject", &name, profile.subject),
            jti: keyed("jti", &name, profile.jti),
            ca_file: keyed("ca_file", &name, profile.ca_file.map(|path| directory.join(path))),
            allow_http: keyed("allow_http", &name, profile.allow_http),
            timeout: keyed("timeout", &name, profile.timeout),
        })
    }
}

fn flag<T>(name: &'static str, value: Option<T>) -> Option<Sourced<T>> {
    value.map(|value| Sourced::new(value, Origin::Flag(name)))
}

fn variable<T>(name: &'static str, value: Option<T>) -> Option<Sourced<T>> {
    value.map(|value| Sourced::new(value, Origin::Variable(name)))
}

fn keyed<T>(key: &'static str, profile: &str, value: Option<T>) -> Option<Sourced<T>> {
    value.map(|value| Sourced::new(value, Origin::Profile { key, profile: profile.to_owned() }))
}
