//! The platform's public key, as the Admin Console shows it for an app that enforces JWE: a JWK
//! (RFC 7517) such as `{"e":"AQAB","kid":"de668337-…","kty":"RSA","n":"…"}`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use kore_types::Printable;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::RSA_BITS;
use crate::{KeyEncryption, KeyError};

/// The longest JWK that is read, and the longest `kid` that is sent.
const MAX_LEN: usize = 64 * 1024;
const MAX_KID_LEN: usize = 256;

/// An RSA public key as a JWK.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicJwk {
    pub(super) n: Vec<u8>,
    pub(super) e: Vec<u8>,
    kid: Option<String>,
    /// The one algorithm that the key is for, if it says so.
    pub(super) alg: Option<KeyEncryption>,
}

/// The members that count; others are passed over, as RFC 7517 wants it.
#[derive(Deserialize)]
struct Members {
    kty: Option<String>,
    n: Option<String>,
    e: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    // A private key; the value is never read.
    d: Option<IgnoredAny>,
    // A set of keys.
    keys: Option<IgnoredAny>,
}

const EXPECTED: &str =
    "expected an RSA public key as a JWK, such as {\"e\":\"AQAB\",\"kid\":\"…\",\"kty\":\"RSA\",\"n\":\"…\"}";

fn wrong(found: impl fmt::Display) -> KeyError {
    KeyError::new(format!("{EXPECTED}, found {found}"))
}

impl PublicJwk {
    /// Reads the JSON of a JWK.
    ///
    /// # Errors
    /// If it is no RSA key of 2048 to 8192 bits, is private, or is for something else than
    /// encryption by one of [`KeyEncryption`].
    pub fn parse(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let json = json.as_ref();
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json).trim_ascii();
        if json.len() > MAX_LEN {
            return Err(wrong(format!("{} bytes", json.len())));
        }
        if json.is_empty() {
            return Err(wrong("nothing"));
        }
        if json.starts_with(b"-----BEGIN") {
            return Err(wrong("PEM"));
        }
        if !json.starts_with(b"{") {
            return Err(wrong("something that is no JSON object"));
        }
        // The message of serde_json would repeat values, and it may be a private key.
        let members: Members = serde_json::from_slice(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            wrong(format!("JSON of another form (line {line}, column {column})"))
        })?;
        Self::of(members)
    }

    fn of(members: Members) -> Result<Self, KeyError> {
        let Members { kty, n, e, kid, alg, r#use, key_ops, d, keys } = members;
        let shown = |text: &str| Printable::new(text.as_bytes(), 32).to_string();
        if d.is_some() {
            return Err(wrong("a private key, which is for nobody but its owner"));
        }
        match kty.as_deref() {
            Some("RSA") => {}
            None if keys.is_some() => return Err(wrong("a set of keys: take one out of it")),
            None => return Err(wrong("no kty")),
            Some(other) => return Err(wrong(format!("a key of kty \"{}\"", shown(other)))),
        }
        if let Some(r#use) = r#use.filter(|r#use| r#use != "enc") {
            return Err(wrong(format!("a key for another use than enc: \"{}\"", shown(&r#use))));
        }
        if key_ops.is_some_and(|ops| !ops.iter().any(|op| matches!(&**op, "wrapKey" | "encrypt"))) {
            return Err(wrong("a key whose key_ops have neither wrapKey nor encrypt"));
        }
        let alg = alg.map(|alg| {
            let known = KeyEncryption::ALL.into_iter().find(|known| known.as_str() == alg);
            known.ok_or_else(|| wrong(format!("a key for another alg: \"{}\"", shown(&alg))))
        });
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID_LEN) {
            return Err(wrong(format!("a kid of more than {MAX_KID_LEN} bytes")));
        }
        let (n, e) = (number("n", n)?, number("e", e)?);
        let bits = n.len() * 8 - n[0].leading_zeros() as usize;
        if !RSA_BITS.contains(&bits) {
            let (least, most) = (RSA_BITS.start(), RSA_BITS.end());
            return Err(wrong(format!("a key of {bits} bits: it must have {least} to {most}")));
        }
        if e.len() > 4 || e == [1] || e[e.len() - 1] % 2 == 0 || n[n.len() - 1] % 2 == 0 {
            return Err(wrong("an exponent or a modulus that no RSA key has"));
        }
        Ok(Self { n, e, kid, alg: alg.transpose()? })
    }

    /// The key's id, as it stands in the JWK.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
}

/// The bytes of a number, without the zeros in front that some programs write.
fn number(name: &str, text: Option<String>) -> Result<Vec<u8>, KeyError> {
    let text = text.ok_or_else(|| wrong(format!("no {name}")))?;
    let bytes = BASE64URL.decode(text.trim_end_matches('='));
    let bytes = bytes.map_err(|_| wrong(format!("a {name} that is not base64url")))?;
    match bytes.iter().position(|byte| *byte != 0) {
        Some(first) => Ok(bytes[first..].to_vec()),
        None => Err(wrong(format!("a {name} that is zero"))),
    }
}

impl fmt::Debug for PublicJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicJwk").field("kid", &self.kid).finish_non_exhaustive()
    }
}
