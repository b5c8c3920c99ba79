//! Who asks: a ready JWT, or a client id and its secret.

use kore_sdk::auth::{Secret, Token};
use kore_sdk::types::ClientId;

use super::key::Key;
use super::secret::{self, SecretSource};
use super::values::{Level, first};
use crate::failure::Failure;
use crate::origin::{Origin, Sourced};
use crate::plain_text::trimmed;
use crate::unexpanded::Unexpanded;

/// Who asks.
pub(crate) enum Identity {
    Jwt(Sourced<Token>),
    Credentials(Credentials),
}

/// A client app, and where each half of it came from.
pub(crate) struct Credentials {
    pub(crate) id: Sourced<ClientId>,
    pub(crate) secret: Sourced<Secret>,
}

/// Which halves of an identity are set nowhere.
pub(super) struct Missing {
    pub(crate) id: bool,
    pub(crate) secret: bool,
}

/// The settings that say who asks. The JWT counts first.
const IDENTITY: [Key; 4] = [Key::Jwt, Key::ClientId, Key::ClientSecret, Key::ClientSecretFile];

/// The first level that says anything of an identity decides its kind; within a level the JWT
/// does. A half that this level leaves out comes from a level below.
fn deciding(levels: &[Level]) -> &[Level] {
    let says_who = |level: &Level| IDENTITY.iter().any(|key| level.has(*key));
    levels.iter().position(says_who).map_or(&[], |first| &levels[first..])
}

/// What makes the deciding level decide.
pub(super) fn deciding_origin(levels: &[Level]) -> Option<Origin> {
    let level = deciding(levels).first()?;
    IDENTITY.iter().find_map(|key| level.origin(*key))
}

/// Where the ready JWT is, if it counts.
pub(super) fn jwt_origin(levels: &[Level]) -> Option<Origin> {
    deciding(levels).first()?.origin(Key::Jwt)
}

pub(super) fn missing(levels: &[Level]) -> Missing {
    let has_jwt = jwt_origin(levels).is_some();
    Missing {
        id: !has_jwt && levels.iter().all(|level| !level.has(Key::ClientId)),
        secret: !has_jwt && secret_source(levels).is_none(),
    }
}

/// The ready JWT, if it counts.
pub(super) fn jwt(levels: &[Level]) -> Result<Option<Sourced<Token>>, Failure> {
    let jwt = deciding(levels).first().and_then(|level| level.inline_secret(Key::Jwt));
    jwt.map(|Sourced { value, origin }| token(&String::from_utf8_lossy(&value), &origin)).transpose()
}

pub(super) fn client_id(levels: &[Level]) -> Result<Option<Sourced<ClientId>>, Failure> {
    let Some(Sourced { value, origin }) = first(levels, |level| level.text(Key::ClientId)) else {
        return Ok(None);
    };
    Unexpanded::refuse(&value, &origin)?;
    let id = ClientId::new(trimmed(&value));
    let id = id.map_err(|error| Failure::usage(format!("{origin}: {error}")))?;
    Ok(Some(Sourced::new(id, origin)))
}

pub(super) fn secret_source(levels: &[Level]) -> Option<Sourced<SecretSource>> {
    first(levels, Level::secret)
}

/// The secret, read from where it is.
pub(super) fn secret(levels: &[Level]) -> Result<Option<Sourced<Secret>>, Failure> {
    let Some(Sourced { value, origin }) = secret_source(levels) else { return Ok(None) };
    let secret = secret::read(&value, &origin, &origin.source)?;
    Ok(Some(Sourced::new(secret, origin)))
}

/// Who asks, with the secret as [`secret()`] read it.
pub(super) fn resolve(
    levels: &[Level],
    secret: impl FnOnce() -> Result<Option<Sourced<Secret>>, Failure>,
) -> Result<Identity, Failure> {
    if let Some(token) = jwt(levels)? {
        let flags = &levels[0];
        let idle = [Key::Jti, Key::Subject].into_iter().chain(Key::JWE).find_map(|key| flags.origin(key));
        let origin = &token.origin;
        return match idle {
            Some(flag) => Err(Failure::usage(format!(
                "{flag} is for tokens that are signed here, and {origin} is a ready one"
            ))
            .hint(format!("take {flag} away, or give a client id and its secret in place of {origin}"))),
            None => Ok(Identity::Jwt(token)),
        };
    }
    match (client_id(levels)?, secret()?) {
        (Some(id), Some(secret)) => Ok(Identity::Credentials(Credentials { id, secret })),
        _ => Err(Failure::usage("no credentials given")),
    }
}

/// A text that looks like a JWT; what it says is the platform's business. It is never shown.
fn token(text: &str, origin: &Origin) -> Result<Sourced<Token>, Failure> {
    Unexpanded::refuse(text, origin)?;
    let text = trimmed(text);
    let parts: Vec<_> = text.split('.').collect();
    let base64url = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    // The second part of a JWE, the key, is empty for some algorithms.
    let filled = parts.iter().enumerate().all(|(at, part)| !part.is_empty() || (parts.len() == 5 && at == 1));
    if matches!(parts.len(), 3 | 5) && filled && parts.iter().all(base64url) {
        return Ok(Sourced::new(Token::new(text), origin.clone()));
    }
    Err(Failure::usage(format!(
        "{origin} is not a JWT: expected 3 parts (5 if encrypted) of base64url with dots between"
    ))
    .hint("set the token alone, without quotes, spaces or a word such as Bearer"))
}
