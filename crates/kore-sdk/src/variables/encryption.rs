//! The variables that have tokens encrypted.

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;

use kore_auth::{Encrypter, EncrypterSettings, PublicJwk};

use super::{JWE_ALG, JWE_CONTENT, JWE_CTY, JWE_ENC, JWE_KEY_FILE, JWE_KID, read, switched, text_of};
use crate::Error;

/// What encrypts tokens, if a key is set.
pub(super) fn encrypter(os: &impl Fn(&str) -> Option<OsString>) -> Result<Option<Encrypter>, Error> {
    let Some(path) = os(JWE_KEY_FILE) else {
        let idle = [JWE_ALG, JWE_ENC, JWE_KID, JWE_CONTENT].into_iter().find(|name| os(name).is_some());
        return match idle {
            Some(name) => Err(Error::config(format!("{name} is set: expected {JWE_KEY_FILE} beside it"))),
            None => Ok(None),
        };
    };
    let of_key = |error| Error::setting(JWE_KEY_FILE, error);
    let jwk = PublicJwk::parse(read(JWE_KEY_FILE, &path)?).map_err(of_key)?;
    let mut settings = EncrypterSettings::default();
    settings.alg = parsed(os, JWE_ALG)?;
    settings.enc = parsed(os, JWE_ENC)?;
    settings.kid = text_of(JWE_KID, os(JWE_KID))?.map(|kid| kid.trim().to_owned());
    settings.content = parsed(os, JWE_CONTENT)?;
    settings.cty = match text_of(JWE_CTY, os(JWE_CTY))? {
        Some(cty) => switched(JWE_CTY, &cty)?,
        None => false,
    };
    Encrypter::with(&jwk, settings).map(Some).map_err(of_key)
}

fn parsed<T>(os: &impl Fn(&str) -> Option<OsString>, name: &str) -> Result<Option<T>, Error>
where
    T: FromStr<Err: std::error::Error + fmt::Display + Send + Sync + 'static>,
{
    let text = text_of(name, os(name))?;
    text.map(|text| text.trim().parse()).transpose().map_err(|error| Error::setting(name, error))
}
