//! Why a server refuses a token: kore-auth finds it, kore-protocol gives it the platform's words.

/// Why a token gives no access, in the words of the platform.
///
/// `kore-auth` makes it from its errors, and `kore-protocol` makes a `Refusal` of it. It stands here so
/// that neither crate depends on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenRefusal {
    /// No token, or one with a broken signature ("Invalid SDK credentials"). It also stands for what
    /// no source names a message for: an unknown app, an expired token.
    InvalidSdkCredentials,
    /// Not a JWT at all ("Invalid JWT token").
    InvalidJwt,
    /// The app lacks the scope ("Permission denied. Scope is incorrect!").
    WrongScope,
    /// The token has a `jti`, and an `exp` more than an hour off.
    JtiTooLong,
    /// The `jti` was used before ("possibly a replay").
    Replay,
    /// The server cannot tell now whether the token was used before; nothing else is wrong with it.
    /// The same call with a new token may succeed later.
    CannotTell,
}
