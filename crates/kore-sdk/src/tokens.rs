//! The tokens of a client, each with its header. A kept token is signed once for all requests that wait
//! for it, even if its signer is slow. Every call gets its token here.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use futures_util::lock::Mutex as AsyncMutex;
use http::HeaderValue;
use kore_auth::{Issued, Prepared, Token, TokenSource, Unsigned};
use kore_protocol::auth_header;

use crate::Error;

#[derive(Debug)]
pub(crate) struct Tokens {
    issuer: Mutex<Issuer>,
    /// Held by the request that has the token signed, while the others wait.
    turn: AsyncMutex<()>,
    blocking_turn: Mutex<()>,
}

#[derive(Debug)]
struct Issuer {
    source: TokenSource,
    /// The last token and its header, so that it is made once.
    header: Option<(Token, HeaderValue)>,
}

enum Ready {
    Issued(Issued, HeaderValue),
    Unsigned(Unsigned),
}

impl Tokens {
    pub(crate) fn new(source: TokenSource) -> Self {
        Self {
            issuer: Mutex::new(Issuer { source, header: None }),
            turn: AsyncMutex::new(()),
            blocking_turn: Mutex::new(()),
        }
    }

    /// A token for a request. Dropping the future lets the next request have its token signed.
    pub(crate) async fn issue(&self) -> Result<(Issued, HeaderValue), Error> {
        let mut ready = self.prepare()?;
        let _turn;
        if ready.is_for_all() {
            _turn = self.turn.lock().await;
            ready = self.prepare()?;
        }
        match ready {
            Ready::Issued(issued, header) => Ok((issued, header)),
            Ready::Unsigned(unsigned) => {
                let token = unsigned.sign_async().await?;
                self.issuer().signed(unsigned, token)
            }
        }
    }

    /// The same on the calling thread.
    pub(crate) fn issue_blocking(&self) -> Result<(Issued, HeaderValue), Error> {
        let mut ready = self.prepare()?;
        let _turn;
        if ready.is_for_all() {
            _turn = self.blocking_turn.lock().unwrap_or_else(PoisonError::into_inner);
            ready = self.prepare()?;
        }
        match ready {
            Ready::Issued(issued, header) => Ok((issued, header)),
            Ready::Unsigned(unsigned) => {
                let token = unsigned.sign()?;
                self.issuer().signed(unsigned, token)
            }
        }
    }

    /// Notes that the platform refused a token.
    pub(crate) fn forget(&self, refused: &Token) {
        self.issuer().source.forget(refused);
    }

    fn prepare(&self) -> Result<Ready, Error> {
        let mut issuer = self.issuer();
        match issuer.source.prepare(SystemTime::now(), random_jti) {
            Prepared::Issued(issued) => {
                let header = issuer.header(&issued.token)?;
                Ok(Ready::Issued(issued, header))
            }
            Prepared::Unsigned(unsigned) => Ok(Ready::Unsigned(unsigned)),
        }
    }

    fn issuer(&self) -> MutexGuard<'_, Issuer> {
        // A panic cannot leave it half changed: each change is one call.
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ready {
    /// Whether it has to be signed and then serves other requests too.
    fn is_for_all(&self) -> bool {
        matches!(self, Self::Unsigned(unsigned) if unsigned.is_kept())
    }
}

impl Issuer {
    fn signed(&mut self, unsigned: Unsigned, token: Token) -> Result<(Issued, HeaderValue), Error> {
        let header = self.header(&token)?;
        Ok((self.source.signed(unsigned, token), header))
    }

    fn header(&mut self, token: &Token) -> Result<HeaderValue, Error> {
        if let Some((_, header)) = self.header.as_ref().filter(|(known, _)| known == token) {
            return Ok(header.clone());
        }
        let header = auth_header(token.expose())?;
        self.header = Some((token.clone(), header.clone()));
        Ok(header)
    }
}

/// A `jti` for one token: 128 random bits in hexadecimal.
///
/// # Panics
/// If the operating system gives no random bytes.
pub fn random_jti() -> String {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("an operating system has a source of randomness");
    format!("{:032x}", u128::from_be_bytes(bits))
}

/// Fills the content key of one encrypted token with random bytes.
///
/// # Panics
/// If the operating system gives no random bytes.
pub fn random_content_key(key: &mut [u8]) {
    getrandom::fill(key).expect("an operating system has a source of randomness");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_jti_is_unique() {
        let jtis: std::collections::HashSet<_> = (0..1000).map(|_| random_jti()).collect();
        assert_eq!(jtis.len(), 1000);
        assert!(jtis.iter().all(|jti| jti.len() == 32));
    }
}
