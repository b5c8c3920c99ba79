//! String enums that stay open: a word that this version does not know is kept as sent.

use std::fmt;

/// The text of a word that this version does not know. Only [`open_enum!`](crate::open_enum) makes
/// one, so that a known word never stands in the unknown variant. It is one pointer wide, so that it
/// makes the enum no larger than that.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeptWord(Box<Box<str>>);

impl KeptWord {
    /// For the macro.
    #[doc(hidden)]
    pub fn new(word: &str) -> Self {
        Self(Box::new(word.into()))
    }

    /// The word as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeptWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Declares an open string enum. A variant stands for exactly one spelling. Any other spelling, even
/// only another case, is kept in `Other`, so that what was read is written back.
///
/// The example of [`model!`](crate::model) has one.
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$vmeta:meta])* $variant:ident = $word:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$vmeta])* #[doc = concat!("\n\nSpelt `", $word, "`.")] $variant, )*
            /// A word that this version does not know, or knows in another case, as it was sent.
            Other($crate::KeptWord),
        }

        impl $name {
            /// The words that have a variant of their own.
            pub const KNOWN: &'static [&'static str] = &[$($word),*];

            /// The word as it was sent.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(word) => word.as_str(),
                }
            }

            /// Whether it is that word, in any case.
            pub fn is(&self, word: &Self) -> bool {
                self.as_str().eq_ignore_ascii_case(word.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $( $word => Self::$variant, )*
                    other => Self::Other($crate::KeptWord::new(other)),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::from(word.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(word))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        $crate::__text! { $name }

        impl $crate::Lenient for $name {
            fn from_text(word: &str) -> Option<Self> {
                Some(Self::from(word))
            }

            fn agrees(&self, other: &Self) -> bool {
                self.is(other)
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
                        "description": concat!("Open set; known words: ", $( $word, ", ", )* "and others, kept as sent."),
                        "examples": Self::KNOWN,
                    })
                }
            }
        }
    };
}
