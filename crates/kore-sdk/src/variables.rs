//! The variables of the environment that set a client up, the same ones for
//! [`Client::from_env`](crate::Client::from_env) and for the command `kore`.
//!
//! | variable | sets |
//! |---|---|
//! | `KORE_HOST` | [`host`](ClientBuilder::host) |
//! | `KORE_JWT` | [`token`](ClientBuilder::token), in the place of the next three |
//! | `KORE_CLIENT_ID` | the client id of [`credentials`](ClientBuilder::credentials) |
//! | `KORE_CLIENT_SECRET`, or `KORE_CLIENT_SECRET_FILE` | its secret, or the file that holds it |
//! | `KORE_SUBJECT` | [`subject`](ClientBuilder::subject) |
//! | `KORE_JTI` | [`jti`](ClientBuilder::jti), if it is `1` |
//! | `KORE_CA_FILE` | [`add_ca_pem`](ClientBuilder::add_ca_pem), a file |
//! | `KORE_JWE_KEY_FILE` | [`encrypt_tokens`](ClientBuilder::encrypt_tokens) with the public key (JWK) in that file |
//! | `KORE_JWE_ALG`, `_ENC`, `_KID`, `_CONTENT`, `_CTY` | how they are encrypted, in place of the documented way |
//!
//! A variable that is empty counts as one that is not set. The command has profiles beside these.

mod encryption;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use kore_auth::{Secret, Token};
use kore_types::Printable;

use crate::{ClientBuilder, Error};

/// The environment's URL.
pub const HOST: &str = "KORE_HOST";
/// The client id of an app.
pub const CLIENT_ID: &str = "KORE_CLIENT_ID";
/// Its secret.
pub const CLIENT_SECRET: &str = "KORE_CLIENT_SECRET";
/// A file that holds its secret.
pub const CLIENT_SECRET_FILE: &str = "KORE_CLIENT_SECRET_FILE";
/// The `sub` of tokens.
pub const SUBJECT: &str = "KORE_SUBJECT";
/// A ready JWT.
pub const JWT: &str = "KORE_JWT";
/// `1` for a token of its own for each request.
pub const JTI: &str = "KORE_JTI";
/// A file with certificate authorities in PEM.
pub const CA_FILE: &str = "KORE_CA_FILE";

/// A file with the platform's public key, to encrypt tokens with.
pub const JWE_KEY_FILE: &str = "KORE_JWE_KEY_FILE";
/// How the content key is encrypted.
pub const JWE_ALG: &str = "KORE_JWE_ALG";
/// How the content is encrypted.
pub const JWE_ENC: &str = "KORE_JWE_ENC";
/// The `kid`, in place of the key's.
pub const JWE_KID: &str = "KORE_JWE_KID";
/// `jwt` or `claims`: what is encrypted.
pub const JWE_CONTENT: &str = "KORE_JWE_CONTENT";
/// `1` to say what the content is, in `cty`.
pub const JWE_CTY: &str = "KORE_JWE_CTY";

/// The most that is read of a file.
const MAX_LEN: u64 = 1024 * 1024;

/// The value of a variable as it counts: none if it is empty, and without the line end that a file with
/// lines as Windows ends them leaves behind it.
pub fn value(found: OsString) -> Option<OsString> {
    let value = match found.to_str() {
        Some(text) => OsStr::new(text.trim_end_matches(['\r', '\n'])).to_owned(),
        None => found,
    };
    Some(value).filter(|value| !value.is_empty())
}

/// Whether a variable that is `1` or `0` is on; none if it is neither.
pub fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

impl ClientBuilder {
    /// The settings that [variables](crate::variables) of the environment make. More may be set, and what
    /// is set replaces what the environment says.
    ///
    /// # Errors
    /// If a variable has no text that can be used, or a file cannot be read.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// The same from variables that come from elsewhere, such as in a test.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let os = |name: &str| variable(name).and_then(value);
        let text = |name: &str| text_of(name, os(name));
        let mut builder = Self::new();
        if let Some(host) = text(HOST)? {
            builder = builder.host(host.trim());
        }
        let jwt = text(JWT)?;
        // A ready token that is encrypted already is as it should be.
        if jwt.as_ref().is_none_or(|jwt| jwt.split('.').count() != 5)
            && let Some(encrypter) = encryption::encrypter(&os)?
        {
            builder = builder.encrypt_tokens(encrypter);
        }
        if let Some(jwt) = jwt {
            builder = builder.token(Token::new(jwt.trim()));
        } else {
            let secret = match (os(CLIENT_SECRET), os(CLIENT_SECRET_FILE)) {
                (None, None) => None,
                (Some(secret), None) => Some((CLIENT_SECRET, secret.into_encoded_bytes())),
                (None, Some(path)) => Some((CLIENT_SECRET_FILE, read(CLIENT_SECRET_FILE, &path)?)),
                (Some(_), Some(_)) => {
                    let both = format!(
                        "{CLIENT_SECRET} and {CLIENT_SECRET_FILE} are both set: expected one of the two"
                    );
                    return Err(Error::config(both));
                }
            };
            match (text(CLIENT_ID)?, secret) {
                (None, None) => {}
                (Some(id), Some((name, secret))) => {
                    let secret = Secret::from_line(secret).map_err(|error| Error::setting(name, error))?;
                    builder = builder.credentials(id.trim(), secret);
                }
                (Some(_), None) => return Err(lacks(CLIENT_ID, CLIENT_SECRET)),
                (None, Some((name, _))) => return Err(lacks(name, CLIENT_ID)),
            }
        }
        if let Some(subject) = text(SUBJECT)? {
            builder = builder.subject(subject);
        }
        if let Some(jti) = text(JTI)? {
            builder = builder.jti(switched(JTI, &jti)?);
        }
        match os(CA_FILE) {
            Some(path) => builder.with_ca(read(CA_FILE, &path)?),
            None => Ok(builder),
        }
    }

    #[cfg(feature = "hyper")]
    fn with_ca(self, pem: Vec<u8>) -> Result<Self, Error> {
        Ok(self.add_ca_pem(pem))
    }

    #[cfg(not(feature = "hyper"))]
    fn with_ca(self, _: Vec<u8>) -> Result<Self, Error> {
        Err(Error::config(format!("{CA_FILE}: expected the feature `hyper`, whose transport trusts it")))
    }
}

fn text_of(name: &str, value: Option<OsString>) -> Result<Option<String>, Error> {
    let text = value.map(OsString::into_string).transpose();
    text.map_err(|_| Error::config(format!("{name}: expected UTF-8")))
}

fn switched(name: &str, text: &str) -> Result<bool, Error> {
    switch(text).ok_or_else(|| {
        let found = Printable::new(text.as_bytes(), 32);
        Error::config(format!("{name}: expected 1 or 0, found \"{found}\""))
    })
}

fn lacks(is: &str, is_not: &str) -> Error {
    Error::config(format!("{is} is set: expected {is_not} beside it"))
}

/// The names are those of paths, which no message repeats: a secret may stand in the wrong variable.
fn read(name: &str, path: &OsStr) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let path = Path::new(path);
    let folder = path.parent().unwrap_or(path);
    // What the process has open already; another pipe may have nobody at its other end.
    let is_open =
        path == Path::new("/dev/stdin") || ["/dev/fd", "/proc/self/fd"].map(Path::new).contains(&folder);
    let file = match path.metadata() {
        Ok(is) if !is.is_file() && !is.is_dir() && !is_open => Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "expected a regular file, found a pipe, a socket or a device",
        )),
        _ => File::open(path),
    };
    let file = file.and_then(|file| file.take(MAX_LEN).read_to_end(&mut bytes));
    file.map_err(|error| Error::setting(&format!("{name}: cannot read the file that it names"), error))?;
    Ok(bytes)
}
