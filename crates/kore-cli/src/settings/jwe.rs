//! How tokens are encrypted, if they are.

use std::fs::File;
use std::path::PathBuf;

use kore_sdk::auth::{Encrypter, JweContent, PublicJwk};
use kore_sdk::types::Printable;

use super::identity::Identity;
use super::values::{Level, Values, first};
use crate::failure::Failure;
use crate::origin::Sourced;
use crate::plain_text::{bounded, trimmed, utf8};
use crate::unexpanded::{self, Unexpanded};

/// The most that is read of a file that should hold a JWK.
const MAX_LEN: u64 = 64 * 1024;

/// What encrypts the tokens of an identity; `None` if no key is set. Reads the key's file.
pub(super) fn resolve(levels: &[Level], identity: &Identity) -> Result<Option<Encrypter>, Failure> {
    let Some(file) = first(levels, "jwe_key_file", |values| values.jwe_key_file.clone()) else {
        return match levels[0].values.jwe_flags().into_iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => {
                Err(Failure::usage(format!("--{flag} is for encrypted tokens, and no key is given"))
                    .hint("give the platform's public key with --jwe-key or KORE_JWE_KEY_FILE"))
            }
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
    let place = place(&file);
    let alg = parsed(levels, "jwe_alg", |values| values.jwe_alg.clone())?;
    let enc = parsed(levels, "jwe_enc", |values| values.jwe_enc.clone())?;
    let of_key = |error| Failure::usage(format!("{place}: {error}"));
    let mut encrypter = Encrypter::new(&jwk).map_err(of_key)?;
    let alg = alg.unwrap_or(encrypter.key_encryption());
    encrypter = encrypter.algorithms(alg, enc.unwrap_or_default()).map_err(of_key)?;
    if let Some(kid) = text(levels, "jwe_kid", |values| values.jwe_kid.clone())? {
        encrypter = encrypter.kid(trimmed(&kid.value));
    }
    if let Some(content) = text(levels, "jwe_content", |values| values.jwe_content.clone())? {
        encrypter = encrypter.content(content_of(&content)?);
    }
    let cty = first(levels, "jwe_cty", |values| values.jwe_cty).is_some_and(|cty| cty.value);
    Ok(Some(encrypter.cty(cty)))
}

fn text(
    levels: &[Level],
    key: &'static str,
    value: impl Fn(&Values) -> Option<String>,
) -> Result<Option<Sourced<String>>, Failure> {
    let text = first(levels, key, value);
    if let Some(text) = &text {
        Unexpanded::refuse(&text.value, &text.origin)?;
    }
    Ok(text)
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    levels: &[Level],
    key: &'static str,
    value: impl Fn(&Values) -> Option<String>,
) -> Result<Option<T>, Failure> {
    let Some(Sourced { value, origin }) = text(levels, key, value)? else { return Ok(None) };
    let parsed = trimmed(&value).parse().map_err(|error| Failure::usage(format!("{origin}: {error}")));
    parsed.map(Some)
}

fn content_of(Sourced { value, origin }: &Sourced<String>) -> Result<JweContent, Failure> {
    match trimmed(value) {
        "jwt" => Ok(JweContent::SignedJwt),
        "claims" => Ok(JweContent::Claims),
        other => {
            let found = Printable::new(other.as_bytes(), 32);
            Err(Failure::usage(format!("{origin}: expected jwt or claims, found \"{found}\"")))
        }
    }
}

fn place(Sourced { value: path, origin }: &Sourced<PathBuf>) -> String {
    format!("{origin} ({})", path.display())
}

fn read(file: &Sourced<PathBuf>) -> Result<PublicJwk, Failure> {
    let (path, place) = (&file.value, place(file));
    let json = File::open(path).and_then(|file| utf8(bounded(file, MAX_LEN)?)).map_err(|error| {
        let hint = unexpanded::path_hint(path, &file.origin, &error);
        Failure::usage(format!("cannot read {place}: {error}")).hint_if(hint)
    })?;
    PublicJwk::parse(&json).map_err(|error| {
        Failure::usage(format!("{place}: {error}"))
            .hint("copy the public key from the Admin Console, where JWE is enabled for the app")
    })
}
