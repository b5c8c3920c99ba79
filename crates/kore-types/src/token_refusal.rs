//! Why a server refuses a token: kore-auth finds it, kore-protocol gives it the platform's words.

/// Why a token gives no access, in the words of the platform.
///
/// Whoever verifies tokens finds it out, whoever speaks HTTP answers with it, and neither needs to
/// know the other: `kore-auth` has it from its errors, `kore-protocol` makes a `Refusal` of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenRefusal {
    /// No token, or one with a broken signature ("Invalid SDK credentials"). Also where no source
    /// names an answer: an unknown app, a token that has ended.
    InvalidSdkCredentials,
    /// Not a JWT at all ("Invalid JWT token").
    InvalidJwt,
    /// The app lacks the scope ("Permission denied. Scope is incorrect!").
    WrongScope,
    /// The token has a `jti`, and an `exp` more than an hour off.
    JtiTooLong,
    /// The `jti` was used before ("possibly a replay").
    Replay,
    /// Nothing is known to be wrong with the token, but the server cannot tell now whether it was
    /// used before. The same call with a new token may fare better later.
    CannotTell,
}
