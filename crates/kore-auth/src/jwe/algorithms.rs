//! The algorithms of encrypted tokens that the platform documents.

use std::fmt;
use std::str::FromStr;

use crate::KeyError;

/// How the content key is encrypted to an RSA key: `alg` in the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyEncryption {
    /// RSAES-OAEP with SHA-1, as RFC 7518 has it.
    #[default]
    RsaOaep,
    /// RSAES-PKCS1-v1_5.
    Rsa1_5,
}

/// How the content is encrypted: `enc` in the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentEncryption {
    /// AES-128 in CBC mode with HMAC SHA-256, which the documented sample has.
    #[default]
    A128CbcHs256,
    /// AES-128 in Galois/Counter mode.
    A128Gcm,
    /// AES-256 in Galois/Counter mode.
    A256Gcm,
}

impl KeyEncryption {
    /// All that there are.
    pub const ALL: [Self; 2] = [Self::RsaOaep, Self::Rsa1_5];

    /// The name in a JOSE header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::Rsa1_5 => "RSA1_5",
        }
    }
}

impl ContentEncryption {
    /// All that there are.
    pub const ALL: [Self; 3] = [Self::A128CbcHs256, Self::A128Gcm, Self::A256Gcm];

    /// The name in a JOSE header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// How many bytes its content key has.
    pub fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            // A128CBC-HS256 has two keys of 16 bytes.
            Self::A128CbcHs256 | Self::A256Gcm => 32,
        }
    }
}

/// Texts from people: the names of the header, in any case.
macro_rules! named {
    ($($algorithm:ty),*) => {$(
        impl fmt::Display for $algorithm {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $algorithm {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, KeyError> {
                let found = Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text));
                found.ok_or_else(|| {
                    let known = Self::ALL.map(Self::as_str).join(", ");
                    let found = kore_types::Printable::new(text.as_bytes(), 32);
                    KeyError::new(format!("expected one of {known}, found \"{found}\""))
                })
            }
        }
    )*};
}

named!(KeyEncryption, ContentEncryption);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_others_are_told_the_known_ones() {
        for known in KeyEncryption::ALL {
            assert_eq!(known.as_str().to_lowercase().parse::<KeyEncryption>().expect("known"), known);
        }
        for known in ContentEncryption::ALL {
            assert_eq!(known.to_string().parse::<ContentEncryption>().expect("known"), known);
        }
        let error = "RSA-OAEP-256".parse::<KeyEncryption>().expect_err("unknown").to_string();
        assert_eq!(error, "expected one of RSA-OAEP, RSA1_5, found \"RSA-OAEP-256\"");
        let error = "A256CBC-HS512".parse::<ContentEncryption>().expect_err("unknown").to_string();
        assert!(error.contains("A128CBC-HS256, A128GCM, A256GCM"), "{error}");
    }
}
