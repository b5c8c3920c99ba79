//! The payload of the platform's JWT: which app calls, on whose behalf, and until when.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize};

/// The payload of a JWT for the platform. Times are seconds since 1970 (RFC 7519 `NumericDate`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// The subject, any text.
    pub sub: String,
    /// The id of the client app.
    #[serde(rename = "appId")]
    pub app_id: String,
    /// When the token was issued.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "numeric_date")]
    pub iat: Option<u64>,
    /// When the token expires. The platform's documented sample has none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "numeric_date")]
    pub exp: Option<u64>,
    /// From when on the token is valid.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "numeric_date")]
    pub nbf: Option<u64>,
    /// The id of the token. An app that enforces JTI accepts each id once, and an `exp` at most an
    /// hour ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

impl Claims {
    /// Claims without times and `jti`.
    pub fn new(sub: impl Into<String>, app_id: impl Into<String>) -> Self {
        Self { sub: sub.into(), app_id: app_id.into(), ..Self::default() }
    }

    /// Sets `iat`.
    pub fn issued_at(mut self, time: SystemTime) -> Self {
        self.iat = Some(seconds(time));
        self
    }

    /// Sets `exp`.
    pub fn expires_at(mut self, time: SystemTime) -> Self {
        self.exp = Some(seconds(time));
        self
    }

    /// Sets `nbf`.
    pub fn not_before(mut self, time: SystemTime) -> Self {
        self.nbf = Some(seconds(time));
        self
    }

    /// Sets `jti`.
    pub fn with_jti(mut self, jti: impl Into<String>) -> Self {
        self.jti = Some(jti.into());
        self
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("claims are strings and integers")
    }

    /// `exp` as an instant; `None` without one, or if the system cannot express it.
    pub fn expiry(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.exp?))
    }
}

pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// RFC 7519 allows fractions of a second; the whole seconds are enough here.
fn numeric_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    match (number.as_u64(), number.as_f64()) {
        (Some(whole), _) => Ok(Some(whole)),
        (None, Some(date)) if date >= 0.0 => Ok(Some(date as u64)),
        _ => Err(serde::de::Error::custom("expected seconds since 1970")),
    }
}
