//! Each setting as it counts, for `kore config`: its value, where it came from, and what is wrong with
//! it. Values are read by the functions that every other command reads them by.

use kore_sdk::auth::{ContentEncryption, JweContent, KeyEncryption};
use kore_sdk::protocol::Excerpt;

use super::key::{Form, Key};
use super::values::{Level, first};
use super::{Problem, Settings, ca_pem, connection, identity, jwe};
use crate::failure::Failure;
use crate::origin::{Origin, Sourced};
use crate::time::span;

/// The shortest secret that is looked for in values: a shorter one would be found in any.
const SHORTEST: usize = 4;

/// A setting as it counts.
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) state: State,
    pub(crate) origin: Option<Origin>,
    /// Where it is set too, to no effect.
    pub(crate) overridden: Vec<Origin>,
    pub(crate) note: Option<String>,
    pub(crate) failures: Vec<Failure>,
}

/// What a setting is set to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// As it is used. `None` is a secret, of which nothing is shown: not even its length, which logs
    /// would give away.
    Set(Option<String>),
    Default(String),
    Unset,
    Missing,
    Wrong,
}

impl Settings {
    /// All settings. It reads the files that they name, and asks nobody.
    pub(crate) fn overview(&self) -> Vec<Row> {
        Key::ALL.into_iter().map(|key| self.row(key)).collect()
    }

    fn row(&self, key: Key) -> Row {
        let origins =
            self.levels.iter().filter_map(|level| level.origin(key)).chain(self.origin_in_place(key));
        let mut origins: Vec<_> = origins.collect();
        let overridden = origins.split_off(origins.len().min(1));
        let problems = self.problems.iter().filter(|problem| problem.key == key);
        let mut failures: Vec<_> = problems.map(|problem: &Problem| problem.failure.clone()).collect();
        let unused = origins.first().and_then(|origin| self.unused(origin));
        let value = match &unused {
            Some(_) => Ok(self.written(key)),
            None => self.used(key),
        };
        let value = value.map(|value| value.map(|value| self.masked(value)));
        let state = match value {
            Ok(_) if !failures.is_empty() => State::Wrong,
            Ok(value) if !origins.is_empty() => State::Set(value),
            Ok(_) if self.is_missing(key) => State::Missing,
            Ok(_) => self.default_of(key).map_or(State::Unset, State::Default),
            Err(failure) => {
                failures.push(failure);
                State::Wrong
            }
        };
        let failures = failures.into_iter().map(|failure| failure.map(|text| self.masked(text))).collect();
        let note = unused.or_else(|| self.note(key));
        Row { key, state, origin: origins.into_iter().next(), overridden, note, failures }
    }

    /// Where the two settings came from that no profile holds.
    fn origin_in_place(&self, key: Key) -> Option<Origin> {
        let default = self.config.as_ref()?.profile.as_ref().map(|profile| profile.origin.clone());
        default.filter(|origin| key == Key::Profile && origin.line.is_some())
    }

    fn is_missing(&self, key: Key) -> bool {
        let missing = identity::missing(&self.levels);
        match key {
            Key::Host => true,
            Key::ClientId => missing.id,
            Key::ClientSecret => missing.secret,
            _ => false,
        }
    }

    /// Why the value of this origin does not count, although it is set.
    fn unused(&self, origin: &Origin) -> Option<String> {
        let before = |other: &Origin| format!("not used: {other} counts before it");
        let ready = identity::jwt_origin(&self.levels);
        let secret = identity::secret_source(&self.levels).map(|secret| secret.origin);
        let is_of_jwe = Key::JWE.contains(&origin.key);
        match (origin.key, &ready) {
            (Key::ClientId | Key::ClientSecret | Key::ClientSecretFile, Some(ready)) => Some(before(ready)),
            (Key::ClientSecret | Key::ClientSecretFile, None) => {
                secret.filter(|secret| secret != origin).map(|secret| before(&secret))
            }
            (Key::Jwt, None) => identity::deciding_origin(&self.levels).map(|other| before(&other)),
            (Key::Subject | Key::Jti, Some(ready)) => {
                Some(format!("not used: {ready} is a ready token, and nothing is signed here"))
            }
            _ if is_of_jwe && !self.levels.iter().any(|level| level.has(Key::JweKeyFile)) => {
                Some("not used: no key is set that tokens could be encrypted with".to_owned())
            }
            _ => None,
        }
    }

    /// The value as it is used; `None` if nothing of it is shown.
    fn used(&self, key: Key) -> Result<Option<String>, Failure> {
        let levels = &self.levels;
        Ok(match key {
            Key::Config => self.config.as_ref().map(|place| place.path.display().to_string()),
            Key::Profile => {
                self.config.as_ref().and_then(|place| Some(place.profile.as_ref()?.value.clone()))
            }
            Key::Host => connection::host(levels)?.map(|host| host.base.value.to_string()),
            Key::ClientId => identity::client_id(levels)?.map(|id| id.value.to_string()),
            Key::ClientSecret | Key::ClientSecretFile => {
                if self.levels.iter().any(|level| level.has(key)) {
                    self.secret()?;
                }
                self.written(key)
            }
            Key::Jwt => identity::jwt(levels)?.and(None),
            Key::JweKeyFile => match first(levels, |level| level.file(key)) {
                Some(file) => {
                    jwe::read(&file)?;
                    self.written(key)
                }
                None => None,
            },
            Key::JweAlg => jwe::parsed::<KeyEncryption>(levels, key)?.map(|alg| alg.to_string()),
            Key::JweEnc => jwe::parsed::<ContentEncryption>(levels, key)?.map(|enc| enc.to_string()),
            Key::JweKid => jwe::parsed::<String>(levels, key)?,
            Key::JweContent => {
                jwe::parsed::<JweContent>(levels, key)?;
                self.written(key)
            }
            Key::CaFile => match first(levels, |level| level.file(key)) {
                Some(file) => {
                    ca_pem(&file)?;
                    self.written(key)
                }
                None => None,
            },
            Key::Subject | Key::Jti | Key::JweCty | Key::AllowHttp | Key::Timeout => self.written(key),
        })
    }

    /// The value as it is written; `None` if nothing of it is shown.
    fn written(&self, key: Key) -> Option<String> {
        let value = |of: fn(&Level, Key) -> Option<Sourced<String>>| {
            first(&self.levels, |level| of(level, key)).map(|found| found.value)
        };
        match (key, key.named().form) {
            (_, Form::Secret) => None,
            (Key::ClientSecretFile, _) => {
                let of_file = |level: &Level| level.has(key).then(|| level.secret()).flatten();
                first(&self.levels, of_file).and_then(|secret| secret.value.place())
            }
            (_, Form::Text) => value(Level::text),
            (_, Form::File) => {
                value(|level, key| Some(level.file(key)?.map(|path| path.display().to_string())))
            }
            (_, Form::Switch) => value(|level, key| Some(level.switch(key)?.map(|is_on| is_on.to_string()))),
            (_, Form::Duration) => value(|level, key| Some(level.duration(key)?.map(span))),
        }
    }

    /// Without the secrets that are known, which may stand in the wrong place too.
    fn masked(&self, value: String) -> String {
        let inline = |level: &Level| {
            [Key::ClientSecret, Key::Jwt].map(|key| level.inline_secret(key).map(|secret| secret.value))
        };
        let inline = self.levels.iter().flat_map(inline).flatten();
        let read = self.secret.get().and_then(|secret| secret.as_ref().ok()?.as_ref());
        let read = read.map(|secret| secret.value.expose().to_vec());
        let masked = inline.chain(read).fold(value, |value, secret| match str::from_utf8(&secret) {
            Ok(secret) if secret.trim().len() >= SHORTEST => value.replace(secret.trim(), "[secret]"),
            _ => value,
        });
        Excerpt::masked(&masked)
    }

    fn default_of(&self, key: Key) -> Option<String> {
        Some(match key {
            Key::Config => self.config.as_ref()?.path.display().to_string(),
            Key::Subject => kore_sdk::DEFAULT_SUBJECT.to_owned(),
            Key::Jti | Key::JweCty | Key::AllowHttp => false.to_string(),
            Key::JweAlg => format!("that of the key, or {}", KeyEncryption::default()),
            Key::JweEnc => ContentEncryption::default().to_string(),
            Key::JweKid => "that of the key".to_owned(),
            Key::JweContent => "jwt".to_owned(),
            Key::Timeout => "30 s".to_owned(),
            Key::Profile
            | Key::Host
            | Key::ClientId
            | Key::ClientSecret
            | Key::ClientSecretFile
            | Key::Jwt
            | Key::JweKeyFile
            | Key::CaFile => return None,
        })
    }

    fn note(&self, key: Key) -> Option<String> {
        let place = self.config.as_ref()?;
        match key {
            Key::Config if !place.exists && place.named.is_none() => Some("there is no such file".to_owned()),
            Key::Profile if !place.unchosen.is_empty() => {
                Some(format!("none is chosen of {}", place.unchosen.join(", ")))
            }
            _ => None,
        }
    }
}
