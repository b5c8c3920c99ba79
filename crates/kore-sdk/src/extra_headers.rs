//! Headers that a user adds to requests, those of a client and those of one call.

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHORIZATION, TE,
    TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use kore_protocol::AUTH_HEADER;

use crate::Error;

/// What the client or its transport sets itself. Another value would break the request or its
/// response, or send a token that the client does not know of.
const OWN: [HeaderName; 10] = [
    AUTH_HEADER,
    HOST,
    CONTENT_TYPE,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    ACCEPT_ENCODING,
    CONNECTION,
    UPGRADE,
    TE,
    PROXY_AUTHORIZATION,
];

#[derive(Clone, Default)]
pub(crate) struct ExtraHeaders {
    map: HeaderMap,
    /// What is wrong with the first of those that are.
    wrong: Option<String>,
}

impl ExtraHeaders {
    pub(crate) fn set(
        &mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl TryInto<HeaderValue, Error: Into<http::Error>>,
    ) {
        if let Err(wrong) =
            self.try_set(name.try_into().map_err(Into::into), value.try_into().map_err(Into::into))
        {
            self.wrong.get_or_insert(wrong);
        }
    }

    fn try_set(
        &mut self,
        name: Result<HeaderName, http::Error>,
        value: Result<HeaderValue, http::Error>,
    ) -> Result<(), String> {
        let name = name.map_err(|error| format!("header: {error}: expected letters, digits and -"))?;
        // A value may be a secret, so that none is shown.
        let value = value.map_err(|error| format!("header {name}: {error}: expected visible characters"))?;
        if OWN.contains(&name) {
            return Err(format!("header {name}: the client sets it itself: expected another one"));
        }
        if name == USER_AGENT {
            return Err(format!("header {name}: expected the builder's user_agent(…) in its place"));
        }
        self.map.insert(name, value);
        Ok(())
    }

    /// # Errors
    /// If one of them cannot be sent, or is not the user's to set.
    pub(crate) fn checked(self) -> Result<HeaderMap, Error> {
        match self.wrong {
            Some(wrong) => Err(Error::config(wrong)),
            None => Ok(self.map),
        }
    }
}
