//! Texts that must not be shown.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A client secret. Wiped on drop, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// A secret of no bytes, with which anyone could sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmptySecret;

impl fmt::Display for EmptySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client secret is empty: expected the secret of the app from the Admin Console")
    }
}

impl std::error::Error for EmptySecret {}

impl Secret {
    /// Takes a secret as it is, white space included.
    ///
    /// # Errors
    /// [`EmptySecret`].
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, EmptySecret> {
        let secret = Zeroizing::new(secret.into());
        if secret.is_empty() { Err(EmptySecret) } else { Ok(Self(secret)) }
    }

    /// The secret itself.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A JWT, ready for the header `auth`. Wiped when its last clone is dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Arc<Zeroizing<String>>);

impl Token {
    /// Takes a JWT that was made elsewhere, without a look inside.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(token.into())))
    }

    /// The JWT itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_secret_is_printed() {
        let shown = format!("{:?} {:?}", Secret::new("hunter2").expect("not empty"), Token::new("eyJ.a.b"));
        assert_eq!(shown, "Secret(…) Token(…)");
    }

    #[test]
    fn an_empty_secret_is_refused() {
        assert!(matches!(Secret::new(""), Err(EmptySecret)));
    }
}
