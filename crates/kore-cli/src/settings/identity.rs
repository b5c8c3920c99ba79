//! Who asks: a ready JWT, or a client id and its secret.

use kore_sdk::auth::{Secret, Token};
use kore_sdk::types::ClientId;

use super::secret;
use super::values::Level;
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
pub(crate) struct Missing {
    pub(crate) id: bool,
    pub(crate) secret: bool,
}

/// The first level that says anything of an identity decides its kind; within a level the JWT
/// does. A half that this level leaves out comes from a level below.
fn deciding(levels: &[Level]) -> &[Level] {
    levels.iter().position(Level::has_identity).map_or(&[], |first| &levels[first..])
}

pub(crate) fn missing(levels: &[Level]) -> Missing {
    let levels = deciding(levels);
    let has_jwt = levels.first().is_some_and(|level| level.values.jwt.is_some());
    Missing {
        id: !has_jwt && levels.iter().all(|level| level.values.client_id.is_none()),
        secret: !has_jwt && levels.iter().all(|level| level.secret().is_none()),
    }
}

pub(crate) fn resolve(levels: &[Level]) -> Result<Identity, Failure> {
    let flags = &levels[0];
    let levels = deciding(levels);
    let jwt = levels.first().and_then(|level| level.sourced("jwt", level.values.jwt.clone()));
    if let Some(Sourced { value, origin }) = jwt {
        let token = token(&String::from_utf8_lossy(&value.0), &origin)?;
        let idle = [("jti", flags.values.jti.is_some()), ("subject", flags.values.subject.is_some())];
        let mut idle = idle.into_iter().chain(flags.values.jwe_flags());
        return match idle.find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(Failure::usage(format!(
                "--{flag} is for tokens that are signed here, and {origin} is a ready one"
            ))
            .hint(format!("take --{flag} away, or give a client id and its secret in place of {origin}"))),
            None => Ok(Identity::Jwt(token)),
        };
    }
    let id = levels.iter().find_map(|level| level.sourced("client_id", level.values.client_id.as_deref()));
    let source = levels.iter().find_map(Level::secret);
    let (Some(id), Some(source)) = (id, source) else { return Err(Failure::usage("no credentials given")) };
    Unexpanded::refuse(id.value, &id.origin)?;
    let client_id = ClientId::new(trimmed(id.value))
        .map_err(|error| Failure::usage(format!("{}: {error}", id.origin)))?;
    let secret = secret::read(&source)?;
    Ok(Identity::Credentials(Credentials {
        id: Sourced::new(client_id, id.origin),
        secret: Sourced::new(secret, source.origin),
    }))
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
