//! What one source of settings says: the flags, the environment, or a profile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::secret::SecretSource;
use crate::args::{ConnectionArgs, IdentityArgs};
use crate::duration;
use crate::environment::{self, Environment};
use crate::failure::Failure;
use crate::origin::{Origin, Source, Sourced};

/// The settings that there are, by their keys in the configuration file. It may hold secrets, hence
/// no `Debug`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Values {
    pub(crate) host: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretText>,
    pub(crate) client_secret_file: Option<PathBuf>,
    pub(crate) jwt: Option<SecretText>,
    pub(crate) subject: Option<String>,
    pub(crate) jti: Option<bool>,
    pub(crate) jwe_key_file: Option<PathBuf>,
    pub(crate) jwe_alg: Option<String>,
    pub(crate) jwe_enc: Option<String>,
    pub(crate) jwe_kid: Option<String>,
    pub(crate) jwe_content: Option<String>,
    pub(crate) jwe_cty: Option<bool>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) allow_http: Option<bool>,
    #[serde(default, deserialize_with = "timeout")]
    pub(crate) timeout: Option<Duration>,
}

impl Values {
    /// The flags of encrypted tokens, each with whether it is set.
    pub(super) fn jwe_flags(&self) -> [(&'static str, bool); 6] {
        let Self { jwe_key_file, jwe_alg, jwe_enc, jwe_kid, jwe_content, jwe_cty, .. } = self;
        [
            ("jwe-key", jwe_key_file.is_some()),
            ("jwe-alg", jwe_alg.is_some()),
            ("jwe-enc", jwe_enc.is_some()),
            ("jwe-kid", jwe_kid.is_some()),
            ("jwe-content", jwe_content.is_some()),
            ("jwe-cty", jwe_cty.is_some()),
        ]
    }
}

/// A text that no error message repeats, as serde's would for a number in its place.
#[derive(Clone)]
pub(crate) struct SecretText(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self(text.into_bytes())),
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

/// The values of one source.
pub(crate) struct Level {
    pub(crate) source: Source,
    pub(crate) values: Values,
}

/// That of a profile which is not there.
impl Default for Level {
    fn default() -> Self {
        Self { source: Source::Profile(String::new()), values: Values::default() }
    }
}

impl Level {
    pub(crate) fn of_flags(identity: IdentityArgs, connection: ConnectionArgs) -> Self {
        let values = Values {
            host: connection.host,
            client_id: identity.client_id,
            client_secret_file: identity.client_secret_file,
            subject: identity.subject,
            jti: identity.jti.then_some(true),
            jwe_key_file: identity.jwe.key_file,
            jwe_alg: identity.jwe.alg,
            jwe_enc: identity.jwe.enc,
            jwe_kid: identity.jwe.kid,
            jwe_content: identity.jwe.content,
            jwe_cty: identity.jwe.cty.then_some(true),
            ca_file: connection.ca_file,
            allow_http: connection.allow_http.then_some(true),
            timeout: connection.timeout,
            ..Values::default()
        };
        Self { source: Source::Flags, values }
    }

    pub(crate) fn of_environment(environment: &Environment) -> Result<Self, Failure> {
        let path = |name| environment.os(name).map(PathBuf::from);
        let secret = environment.os(environment::CLIENT_SECRET);
        let values = Values {
            host: environment.text(environment::HOST)?,
            client_id: environment.text(environment::CLIENT_ID)?,
            client_secret: secret.map(|secret| SecretText(secret.into_encoded_bytes())),
            client_secret_file: path(environment::CLIENT_SECRET_FILE),
            jwt: environment.text(environment::JWT)?.map(|jwt| SecretText(jwt.into_bytes())),
            subject: environment.text(environment::SUBJECT)?,
            jti: environment.switch(environment::JTI)?,
            jwe_key_file: path(environment::JWE_KEY_FILE),
            jwe_alg: environment.text(environment::JWE_ALG)?,
            jwe_enc: environment.text(environment::JWE_ENC)?,
            jwe_kid: environment.text(environment::JWE_KID)?,
            jwe_content: environment.text(environment::JWE_CONTENT)?,
            jwe_cty: environment.switch(environment::JWE_CTY)?,
            ca_file: path(environment::CA_FILE),
            ..Values::default()
        };
        Ok(Self { source: Source::Environment, values })
    }

    /// Its paths are relative to the folder of the file.
    pub(crate) fn of_profile(name: String, mut values: Values, folder: &Path) -> Self {
        let paths = [&mut values.client_secret_file, &mut values.jwe_key_file, &mut values.ca_file];
        for path in paths.into_iter().flatten() {
            *path = folder.join(&*path);
        }
        Self { source: Source::Profile(name), values }
    }

    /// Refuses two secrets, as none of them counts more.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.values.client_secret.is_none() || self.values.client_secret_file.is_none() {
            return Ok(());
        }
        let [one, other] = ["client_secret", "client_secret_file"].map(|key| self.origin(key));
        Err(Failure::usage(format!("{one} and {other} are both set")).hint("unset one of the two"))
    }

    fn origin(&self, key: &'static str) -> Origin {
        Origin { source: self.source.clone(), key }
    }

    pub(crate) fn sourced<T>(&self, key: &'static str, value: Option<T>) -> Option<Sourced<T>> {
        value.map(|value| Sourced::new(value, self.origin(key)))
    }

    pub(crate) fn secret(&self) -> Option<Sourced<SecretSource>> {
        let inline = self.values.client_secret.clone().map(|secret| SecretSource::Inline(secret.0));
        let file = self.values.client_secret_file.clone().map(|path| match self.source {
            Source::Flags => SecretSource::file_or_stdin(path),
            _ => SecretSource::File(path),
        });
        self.sourced("client_secret", inline).or_else(|| self.sourced("client_secret_file", file))
    }

    /// Whether it says anything of who asks.
    pub(crate) fn has_identity(&self) -> bool {
        let Values { client_id, client_secret, client_secret_file, jwt, .. } = &self.values;
        client_id.is_some() || client_secret.is_some() || client_secret_file.is_some() || jwt.is_some()
    }
}

/// The value that counts: that of the first level which has one.
pub(super) fn first<T>(
    levels: &[Level],
    key: &'static str,
    value: impl Fn(&Values) -> Option<T>,
) -> Option<Sourced<T>> {
    levels.iter().find_map(|level| level.sourced(key, value(&level.values)))
}
