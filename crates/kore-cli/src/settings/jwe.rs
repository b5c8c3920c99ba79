//! How tokens are encrypted, if they are.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use kore_sdk::auth::{Encrypter, EncrypterSettings, PublicJwk};

use super::identity::Identity;
use super::key::Key;
use super::values::{Level, first};
use crate::failure::Failure;
use crate::origin::Sourced;
use crate::plain_text::{bounded, open, trimmed, utf8};
use crate::unexpanded::{self, Unexpanded};

/// The most that is read of a file that should hold a JWK.
const MAX_LEN: u64 = 64 * 1024;

/// What encrypts the tokens of an identity; `None` if no key is set. Reads the key's file.
pub(super) fn resolve(levels: &[Level], identity: &Identity) -> Result<Option<Encrypter>, Failure> {
    let Some(file) = first(levels, |level| level.file(Key::JweKeyFile)) else {
        return match Key::JWE.into_iter().find_map(|key| levels[0].origin(key)) {
            Some(flag) => Err(Failure::usage(format!("{flag} is for encrypted tokens, and no key is given"))
                .hint("give the platform's public key with --jwe-key or KORE_JWE_KEY_FILE")),
            None => Ok(None),
        };
    };
    if let Identity::Jwt(jwt) = identity {
        // One that is encrypted already is as it should be.
        let is_encrypted = jwt.value.expose().split('.').count() == 5;
        let origin = &jwt.origin;
        return if is_encrypted {
            Ok(None)
        } else {
            Err(Failure::usage(format!(
                "{} asks for encrypted tokens, and {origin} is a ready one that is not encrypted",
                file.origin
            ))
            .hint(format!("give a client id and its secret in place of {origin}, or an encrypted token")))
        };
    }
    let jwk = read(&file)?;
    let mut settings = EncrypterSettings::default();
    settings.alg = parsed(levels, Key::JweAlg)?;
    settings.enc = parsed(levels, Key::JweEnc)?;
    settings.kid = parsed(levels, Key::JweKid)?;
    settings.content = parsed(levels, Key::JweContent)?;
    settings.cty = first(levels, |level| level.switch(Key::JweCty)).is_some_and(|cty| cty.value);
    let encrypter = Encrypter::with(&jwk, settings);
    encrypter.map(Some).map_err(|error| Failure::usage(format!("{}: {error}", place(&file))))
}

/// A text of the settings above, in the form that it is used in.
pub(super) fn parsed<T>(levels: &[Level], key: Key) -> Result<Option<T>, Failure>
where
    T: FromStr<Err: fmt::Display>,
{
    let Some(Sourced { value, origin }) = first(levels, |level| level.text(key)) else { return Ok(None) };
    Unexpanded::refuse(&value, &origin)?;
    let parsed = trimmed(&value).parse().map_err(|error| Failure::usage(format!("{origin}: {error}")));
    parsed.map(Some)
}

fn place(Sourced { value: path, origin }: &Sourced<PathBuf>) -> String {
    format!("{origin} ({})", path.display())
}

/// The key of a file.
pub(super) fn read(file: &Sourced<PathBuf>) -> Result<PublicJwk, Failure> {
    let (path, place) = (&file.value, place(file));
    let json = open(path).and_then(|file| utf8(bounded(file, MAX_LEN)?)).map_err(|error| {
        let hint = unexpanded::path_hint(path, &file.origin.source, &error);
        Failure::usage(format!("cannot read {place}: {error}")).hint_if(hint)
    })?;
    PublicJwk::parse(&json).map_err(|error| {
        Failure::usage(format!("{place}: {error}"))
            .hint("copy the public key from the Admin Console, where JWE is enabled for the app")
    })
}
