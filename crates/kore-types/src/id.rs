//! Identifiers: bots, imports, files, apps and users, checked where they enter.
//!
//! An id is safe to put into a path or a log as it is; [`id!`](crate::id) declares a further kind.

use std::convert::Infallible;
use std::fmt;

use crate::Printable;

/// The longest identifier that is accepted, in bytes.
pub const MAX_ID_LEN: usize = 128;

/// A text that is not an identifier of the kind asked for.
///
/// Its message says what was expected and what was found (cut at 64 bytes and made printable).
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidId {
    kind: &'static str,
    prefix: &'static str,
    problem: Problem,
    found: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Empty,
    TooLong,
    Prefix,
    OnlyPrefix,
    Alphabet(char),
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, prefix, problem, found } = self;
        write!(f, "not a {kind}: expected ")?;
        if !prefix.is_empty() {
            write!(f, "\"{prefix}\" and then ")?;
        }
        write!(f, "letters, digits, '-' or '_' (ASCII, at most {MAX_ID_LEN} bytes in all), found ")?;
        match problem {
            Problem::Empty => f.write_str("an empty text"),
            Problem::TooLong if *prefix == ClientId::PREFIX => f.write_str("a longer one"),
            Problem::TooLong => write!(f, "a longer one: \"{found}\""),
            // The user may have put the secret here by mistake.
            Problem::Prefix if *prefix == ClientId::PREFIX => f.write_str("another start"),
            Problem::Prefix => write!(f, "another start: \"{found}\""),
            Problem::OnlyPrefix => f.write_str("nothing after the prefix"),
            Problem::Alphabet(c) => {
                let c = c.encode_utf8(&mut [0; 4]).to_owned();
                write!(f, "'{}' in \"{found}\"", Printable::text(&c))
            }
        }
    }
}

impl fmt::Debug for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvalidId({self})")
    }
}

impl std::error::Error for InvalidId {}

impl From<Infallible> for InvalidId {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The safe alphabet, as a table: identifiers are checked in every document.
const SAFE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        byte += 1;
    }
    table
};

fn is_safe(text: &str) -> bool {
    text.bytes().all(|byte| SAFE[usize::from(byte)])
}

/// For the macro.
pub fn check(kind: &'static str, prefix: &'static str, text: &str) -> Result<(), InvalidId> {
    let is_whole = text.len() > prefix.len() && text.len() <= MAX_ID_LEN && text.starts_with(prefix);
    if is_whole && is_safe(text) { Ok(()) } else { Err(refusal(kind, prefix, text)) }
}

fn refusal(kind: &'static str, prefix: &'static str, text: &str) -> InvalidId {
    let problem = if text.is_empty() {
        Problem::Empty
    } else if text.len() > MAX_ID_LEN {
        Problem::TooLong
    } else if !text.starts_with(prefix) {
        Problem::Prefix
    } else if text.len() == prefix.len() {
        Problem::OnlyPrefix
    } else {
        let unsafe_one = text.chars().find(|c| !is_safe(c.encode_utf8(&mut [0; 4])));
        Problem::Alphabet(unsafe_one.unwrap_or(char::REPLACEMENT_CHARACTER))
    };
    let found = Printable::new(text.as_bytes(), 64).to_string().into();
    InvalidId { kind, prefix, problem, found }
}

/// Declares one kind of identifier: a text with a known prefix and a safe alphabet. The documents
/// mask digits with `x`, so what follows the prefix is not checked to be a UUID.
///
/// The example of [`model!`](crate::model) has one.
#[macro_export]
macro_rules! id {
    ($(#[doc = $doc:literal])* $name:ident, $kind:literal, $prefix:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// What every identifier of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Checks a text and makes an identifier of it.
            ///
            /// # Errors
            /// `InvalidId` unless the text is the prefix followed by at least one ASCII letter,
            /// digit, `-` or `_`, and at most 128 bytes long.
            pub fn new(text: impl AsRef<str>) -> Result<Self, $crate::InvalidId> {
                let text = text.as_ref();
                $crate::__private::check($kind, $prefix, text).map(|()| Self(text.into()))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::InvalidId;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::InvalidId;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        $crate::__text! { $name }

        impl $crate::Lenient for $name {
            fn from_text(text: &str) -> Option<Self> {
                Self::new(text).ok()
            }
        }

        $crate::__if_schemars! {
            impl $crate::__private::schemars::JsonSchema for $name {
                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut $crate::__private::schemars::SchemaGenerator) -> $crate::__private::schemars::Schema {
                    $crate::__private::schemars::json_schema!({
                        "type": "string",
                        "description": $crate::__private::first_paragraph(&[$($doc),*]),
                        "pattern": concat!("^", $prefix, "[A-Za-z0-9_-]+$"),
                        "maxLength": $crate::MAX_ID_LEN,
                    })
                }
            }
        }
    };
}

id! {
    /// The id of an import request, `bir-…`; the documents call it BIR ID or `BotImportBIR`.
    BotImportId, "bot import id", "bir-"
}
id! {
    /// The id of an export, `ber-…` in the vendor's documents.
    BotExportId, "bot export id", ""
}
id! {
    /// The id of a publish, `ds-…` in the vendor's documents.
    BotPublishId, "bot publish id", ""
}
id! {
    /// The id of a bot, `st-…`; the documents call it stream id too.
    BotId, "bot id", "st-"
}
id! {
    /// The `streamRefId` of a bot; it has no prefix.
    StreamRefId, "stream reference id", ""
}
id! {
    /// The id of a user, `u-…`.
    UserId, "user id", "u-"
}
id! {
    /// The id of an uploaded file: 24 hexadecimal digits in the documents, with no prefix.
    FileId, "file id", ""
}
id! {
    /// The id of a client app, `cs-…`; the JWT carries it as `appId`.
    ClientId, "client id", "cs-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_and_masked_ids_are_accepted() {
        for id in ["bir-5fxxxxxx-a0xx-52xx-axxf-f3xxxxxxxxxx", "bir-034fc180-4f84-5c54-a963-5d85b76a36dc"] {
            assert_eq!(BotImportId::new(id).unwrap().as_str(), id);
        }
        assert!(StreamRefId::new("46d82741-1edc-536b-92aa-7e58ead9deed").is_ok());
    }

    #[test]
    fn an_id_that_could_leave_its_path_is_refused_and_shown() {
        let long = format!("bir-{}", "a".repeat(10_240));
        for (id, says) in [
            ("", "an empty text"),
            ("bir-", "nothing after the prefix"),
            ("st-1", "another start: \"st-1\""),
            ("BIR-1", "another start: \"BIR-1\""),
            ("bir-../../x", "'.' in \"bir-../../x\""),
            ("bir-a%2fb", "'%' in \"bir-a%2fb\""),
            ("bir-a\0b", "'\\u{0}' in \"bir-a\\u{0}b\""),
            ("bir-é", "'é' in \"bir-é\""),
            ("bir-a?b", "'?' in"),
            ("bir-a b", "' ' in"),
            (&long, "(10244 bytes in all)"),
        ] {
            let error = BotImportId::new(id).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(error.contains("expected \"bir-\""), "{error}");
            assert!(error.len() < 300, "{error}");
        }
    }

    #[test]
    fn the_bound_is_inclusive() {
        assert!(BotImportId::new(format!("bir-{}", "a".repeat(MAX_ID_LEN - 4))).is_ok());
        assert!(BotImportId::new(format!("bir-{}", "a".repeat(MAX_ID_LEN - 3))).is_err());
    }
}
