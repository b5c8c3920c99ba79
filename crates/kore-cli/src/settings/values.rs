//! What one source of settings says: the flags, the environment, or a profile.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kore_sdk::types::Printable;
use toml::de::DeValue;

use super::Problem;
use super::key::{Form, Key};
use super::secret::SecretSource;
use crate::args::{ConnectionArgs, IdentityArgs};
use crate::duration;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::origin::{Origin, Source, Sourced};
use crate::unexpanded::Unexpanded;

/// A value in the form of its setting. It may be a secret, hence no `Debug`.
#[derive(Clone)]
pub(crate) enum Value {
    Text(String),
    Secret(Vec<u8>),
    /// As it was written.
    File(PathBuf),
    Switch(bool),
    Duration(Duration),
}

impl Value {
    fn of_variable(name: &str, form: Form, value: OsString) -> Result<Self, Failure> {
        let value = match form {
            Form::File => return Ok(Self::File(value.into())),
            Form::Secret => return Ok(Self::Secret(value.into_encoded_bytes())),
            Form::Text | Form::Switch | Form::Duration => value,
        };
        let text = value.into_string().map_err(|_| Failure::usage(format!("{name} is not UTF-8")))?;
        match form {
            Form::Switch => {
                Unexpanded::refuse(&text, name)?;
                kore_sdk::variables::switch(&text).map(Self::Switch).ok_or_else(|| {
                    let found = Printable::new(text.as_bytes(), 32);
                    Failure::usage(format!("{name}: expected 1 or 0, found \"{found}\""))
                })
            }
            Form::Duration => duration::parse(&text)
                .map(Self::Duration)
                .map_err(|error| Failure::usage(format!("{name}: {error}"))),
            Form::Text | Form::Secret | Form::File => Ok(Self::Text(text)),
        }
    }

    /// The error repeats no value, since a secret may stand in the wrong place.
    pub(super) fn of_toml(form: Form, value: &DeValue<'_>) -> Result<Self, String> {
        match (form, value) {
            (Form::Text, DeValue::String(text)) => Ok(Self::Text(text.to_string())),
            (Form::Secret, DeValue::String(text)) => Ok(Self::Secret(text.as_bytes().to_vec())),
            (Form::File, DeValue::String(text)) => Ok(Self::File(text.as_ref().into())),
            (Form::Text | Form::Secret | Form::File, _) => Err("expected a string in quotes".to_owned()),
            (Form::Switch, DeValue::Boolean(is)) => Ok(Self::Switch(*is)),
            (Form::Switch, _) => Err("expected true or false".to_owned()),
            (Form::Duration, DeValue::String(text)) => duration::parse_quoted(text).map(Self::Duration),
            (Form::Duration, DeValue::Integer(number)) => {
                duration::parse_quoted(number.as_str()).map(Self::Duration)
            }
            (Form::Duration, _) => Err("expected a duration such as \"20s\"".to_owned()),
        }
    }
}

/// A value, and where it stands in the configuration file.
pub(crate) struct Found {
    value: Value,
    line: Option<usize>,
}

/// The settings of one source, each at most once.
pub(crate) type Values = BTreeMap<Key, Found>;

impl Found {
    pub(super) fn in_file(value: Value, line: usize) -> Self {
        Self { value, line: Some(line) }
    }
}

impl From<Value> for Found {
    fn from(value: Value) -> Self {
        Self { value, line: None }
    }
}

/// The values of one source.
pub(crate) struct Level {
    source: Source,
    values: Values,
    /// What the paths are relative to: the folder of the configuration file.
    folder: PathBuf,
}

/// That of a profile which is not there.
impl Default for Level {
    fn default() -> Self {
        Self::of_profile(String::new(), Values::new(), Path::new(""))
    }
}

impl Level {
    pub(crate) fn of_flags(identity: IdentityArgs, connection: ConnectionArgs) -> Self {
        let text = |text: Option<String>| text.map(Value::Text);
        let file = |path: Option<PathBuf>| path.map(Value::File);
        let switch = |is_on: bool| is_on.then_some(Value::Switch(true));
        let values = [
            (Key::Config, file(identity.config)),
            (Key::Profile, text(identity.profile)),
            (Key::Host, text(connection.host)),
            (Key::ClientId, text(identity.client_id)),
            (Key::ClientSecretFile, file(identity.client_secret_file)),
            (Key::Subject, text(identity.subject)),
            (Key::Jti, switch(identity.jti)),
            (Key::JweKeyFile, file(identity.jwe.key_file)),
            (Key::JweAlg, text(identity.jwe.alg)),
            (Key::JweEnc, text(identity.jwe.enc)),
            (Key::JweKid, text(identity.jwe.kid)),
            (Key::JweContent, text(identity.jwe.content)),
            (Key::JweCty, switch(identity.jwe.cty)),
            (Key::CaFile, file(connection.ca_file)),
            (Key::AllowHttp, switch(connection.allow_http)),
            (Key::Timeout, connection.timeout.map(Value::Duration)),
        ];
        let values = values.into_iter().filter_map(|(key, value)| Some((key, value?.into()))).collect();
        Self { source: Source::Flags, values, folder: PathBuf::new() }
    }

    /// Variables that cannot be read are problems, and count as unset.
    pub(crate) fn of_environment(environment: &Environment, problems: &mut Vec<Problem>) -> Self {
        let mut values = Values::new();
        for key in Key::ALL {
            let named = key.named();
            let Some((name, value)) = named.variable.and_then(|name| Some((name, environment.os(name)?)))
            else {
                continue;
            };
            match Value::of_variable(name, named.form, value) {
                Ok(value) => _ = values.insert(key, value.into()),
                Err(failure) => problems.push(Problem { key, failure }),
            }
        }
        Self { source: Source::Environment, values, folder: PathBuf::new() }
    }

    /// Its paths are relative to the folder of the file.
    pub(crate) fn of_profile(name: String, values: Values, folder: &Path) -> Self {
        Self { source: Source::Profile(name), values, folder: folder.to_owned() }
    }

    /// Two secrets are a problem, as none of them counts more.
    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        let [one, other] = [Key::ClientSecret, Key::ClientSecretFile].map(|key| self.origin(key));
        if let (Some(one), Some(other)) = (one, other) {
            let failure = Failure::usage(format!("{one} and {other} are both set"));
            problems.push(Problem { key: Key::ClientSecret, failure: failure.hint("unset one of the two") });
        }
    }

    pub(crate) fn has(&self, key: Key) -> bool {
        self.values.contains_key(&key)
    }

    /// Where it sets this, if it does.
    pub(crate) fn origin(&self, key: Key) -> Option<Origin> {
        let line = self.values.get(&key)?.line;
        Some(Origin { source: self.source.clone(), key, line })
    }

    fn sourced<T>(&self, key: Key, value: impl FnOnce(&Value) -> Option<T>) -> Option<Sourced<T>> {
        Some(Sourced::new(value(&self.values.get(&key)?.value)?, self.origin(key)?))
    }

    pub(crate) fn text(&self, key: Key) -> Option<Sourced<String>> {
        self.sourced(key, |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    pub(crate) fn inline_secret(&self, key: Key) -> Option<Sourced<Vec<u8>>> {
        self.sourced(key, |value| match value {
            Value::Secret(secret) => Some(secret.clone()),
            _ => None,
        })
    }

    /// As it is written, and as it leads to the file.
    fn written(&self, key: Key) -> Option<Sourced<(PathBuf, PathBuf)>> {
        self.sourced(key, |value| match value {
            Value::File(path) => Some((path.clone(), self.folder.join(path))),
            _ => None,
        })
    }

    pub(crate) fn file(&self, key: Key) -> Option<Sourced<PathBuf>> {
        Some(self.written(key)?.map(|(_, path)| path))
    }

    pub(crate) fn switch(&self, key: Key) -> Option<Sourced<bool>> {
        self.sourced(key, |value| match value {
            Value::Switch(is_on) => Some(*is_on),
            _ => None,
        })
    }

    pub(crate) fn duration(&self, key: Key) -> Option<Sourced<Duration>> {
        self.sourced(key, |value| match value {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        })
    }

    pub(crate) fn secret(&self) -> Option<Sourced<SecretSource>> {
        let inline = self.inline_secret(Key::ClientSecret).map(|secret| secret.map(SecretSource::Inline));
        let is_flag = self.source == Source::Flags;
        let file = || self.written(Key::ClientSecretFile);
        inline.or_else(|| {
            Some(file()?.map(|(written, path)| match is_flag {
                true => SecretSource::file_or_stdin(path),
                false => SecretSource::file(&written, path),
            }))
        })
    }
}

/// The value that counts: that of the first level which has one.
pub(super) fn first<T>(
    levels: &[Level],
    of_level: impl Fn(&Level) -> Option<Sourced<T>>,
) -> Option<Sourced<T>> {
    levels.iter().find_map(of_level)
}
