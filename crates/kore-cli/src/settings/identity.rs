//! Who asks: a ready JWT, or a client id and its secret.

use kore_sdk::auth::{Secret, Token};
use kore_sdk::types::ClientId;

use super::level::Level;
use super::{Origin, Sourced, secret};
use crate::failure::Failure;
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
pub(crate) struct Missing {
    pub(crate) id: bool,
    pub(crate) secret: bool,
}

/// The first level that says anything of an identity decides its kind; within a level the JWT
/// does. A half that this level leaves out comes from a level below.
fn deciding(levels: &[Level]) -> &[Level] {
    let says = |level: &Level| level.jwt.is_some() || level.client_id.is_some() || level.secret.is_some();
    levels.iter().position(says).map_or(&[], |first| &levels[first..])
}

pub(crate) fn missing(levels: &[Level]) -> Missing {
    let levels = deciding(levels);
    if levels.first().is_some_and(|level| level.jwt.is_some()) {
        return Missing { id: false, secret: false };
    }
    Missing {
        id: levels.iter().all(|level| level.client_id.is_none()),
        secret: levels.iter().all(|level| level.secret.is_none()),
    }
}

pub(crate) fn resolve(levels: &[Level]) -> Result<Identity, Failure> {
    let flags = levels.first();
    let levels = deciding(levels);
    if let Some(jwt) = levels.first().and_then(|level| level.jwt.as_ref()) {
        let jwt = checked(jwt)?;
        let idle = flags.and_then(|flags| {
            flags
                .jti
                .as_ref()
                .map(|jti| &jti.origin)
                .or(flags.subject.as_ref().map(|subject| &subject.origin))
        });
        return match idle {
            Some(flag) => Err(Failure::usage(format!(
                "{flag} is for tokens that are signed here, and {} is a ready one",
                jwt.origin
            ))
            .hint(format!(
                "take {flag} away, or give a client id and its secret in place of {}",
                jwt.origin
            ))),
            None => Ok(Identity::Jwt(jwt)),
        };
    }
    let id = levels.iter().find_map(|level| level.client_id.as_ref());
    let secret = levels.iter().find_map(|level| level.secret.as_ref());
    let (Some(id), Some(source)) = (id, secret) else { return Err(Failure::usage("no credentials given")) };
    Unexpanded::refuse(&id.value, &id.origin)?;
    let client_id = ClientId::new(trimmed(&id.value))
        .map_err(|error| Failure::usage(format!("{}: {error}", id.origin)))?;
    Ok(Identity::Credentials(Credentials {
        id: Sourced::new(client_id, id.origin.clone()),
        secret: Sourced::new(secret::read(source)?, source.origin.clone()),
    }))
}

/// A text that looks like a JWT; what it says is the platform's business. It is never shown.
fn checked(jwt: &Sourced<String>) -> Result<Sourced<Token>, Failure> {
    Unexpanded::refuse(&jwt.value, &jwt.origin)?;
    let text = trimmed(&jwt.value);
    let parts: Vec<_> = text.split('.').collect();
    let base64url = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    // The second part of a JWE, the key, is empty for some algorithms.
    let filled = parts.iter().enumerate().all(|(at, part)| !part.is_empty() || (parts.len() == 5 && at == 1));
    if matches!(parts.len(), 3 | 5) && filled && parts.iter().all(base64url) {
        return Ok(Sourced::new(Token::new(text), jwt.origin.clone()));
    }
    let origin: &Origin = &jwt.origin;
    Err(Failure::usage(format!(
        "{origin} is not a JWT: expected 3 parts (5 if encrypted) of base64url with dots between"
    ))
    .hint("set the token alone, without quotes, spaces or a word such as Bearer"))
}
