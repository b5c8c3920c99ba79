//! The variables that have tokens encrypted.

use std::ffi::OsString;

use kore_auth::{Encrypter, JweContent, PublicJwk};
use kore_types::Printable;

use super::{JWE_ALG, JWE_CONTENT, JWE_CTY, JWE_ENC, JWE_KEY_FILE, JWE_KID, read, switched, text_of};
use crate::Error;

/// What encrypts tokens, if a key is set.
pub(super) fn encrypter(os: &impl Fn(&str) -> Option<OsString>) -> Result<Option<Encrypter>, Error> {
    let text = |name| text_of(name, os(name));
    let Some(path) = os(JWE_KEY_FILE) else {
        let idle = [JWE_ALG, JWE_ENC, JWE_KID, JWE_CONTENT].into_iter().find(|name| os(name).is_some());
        return match idle {
            Some(name) => Err(Error::config(format!("{name} is set: expected {JWE_KEY_FILE} beside it"))),
            None => Ok(None),
        };
    };
    let of_key = |error| Error::setting(JWE_KEY_FILE, error);
    let jwk =
        PublicJwk::parse(read(JWE_KEY_FILE, &path)?).map_err(|error| Error::setting(JWE_KEY_FILE, error))?;
    let mut encrypter = Encrypter::new(&jwk).map_err(of_key)?;
    let alg = text(JWE_ALG)?.map(|alg| alg.trim().parse()).transpose();
    let enc = text(JWE_ENC)?.map(|enc| enc.trim().parse()).transpose();
    let alg = alg.map_err(|error| Error::setting(JWE_ALG, error))?.unwrap_or(encrypter.key_encryption());
    let enc = enc.map_err(|error| Error::setting(JWE_ENC, error))?.unwrap_or_default();
    encrypter = encrypter.algorithms(alg, enc).map_err(of_key)?;
    if let Some(kid) = text(JWE_KID)? {
        encrypter = encrypter.kid(kid.trim());
    }
    if let Some(content) = text(JWE_CONTENT)? {
        encrypter = encrypter.content(match content.trim() {
            "jwt" => JweContent::SignedJwt,
            "claims" => JweContent::Claims,
            other => {
                let found = Printable::new(other.as_bytes(), 32);
                return Err(Error::config(format!(
                    "{JWE_CONTENT}: expected jwt or claims, found \"{found}\""
                )));
            }
        });
    }
    let cty = text(JWE_CTY)?.map(|cty| switched(JWE_CTY, &cty)).transpose()?.unwrap_or_default();
    Ok(Some(encrypter.cty(cty)))
}
