//! The builder of both clients: all settings, and what is wrong with them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::USER_AGENT;
use http::{HeaderName, HeaderValue};
use kore_auth::{Credentials, DEFAULT_LIFETIME, Encrypter, InvalidSecret, Secret, Token, TokenSource};
use kore_protocol::{BaseUrl, BodyLimit, Excerpt, InvalidBaseUrl};
use kore_types::{ClientId, InvalidId};

use crate::call::Core;
use crate::extra_headers::ExtraHeaders;
use crate::tokens::random_content_key;
use crate::{Client, Error, blocking};
use transports::Transports;

/// The default `sub` of tokens. The platform accepts any text.
pub const DEFAULT_SUBJECT: &str = "kore-sdk";

/// The default `User-Agent`.
pub const DEFAULT_USER_AGENT: &str = concat!("kore-sdk/", env!("CARGO_PKG_VERSION"));

/// The settings of a client. Setters cannot fail; [`build`](Self::build) says what is wrong.
///
/// | setting | default |
/// |---|---|
/// | [`host`](Self::host) | none, must be set |
/// | [`credentials`](Self::credentials), [`signer`](Self::signer) or [`token`](Self::token) | none, one must be set |
/// | [`subject`](Self::subject) | [`DEFAULT_SUBJECT`] |
/// | [`token_lifetime`](Self::token_lifetime) | 5 minutes |
/// | [`jti`](Self::jti) | off |
/// | [`encrypt_tokens`](Self::encrypt_tokens) | off |
/// | [`body_limit`](Self::body_limit) | 16 MiB |
/// | [`user_agent`](Self::user_agent) | [`DEFAULT_USER_AGENT`] |
/// | [`header`](Self::header) | none |
/// | [`wait_for_rate_limit`](Self::wait_for_rate_limit) | off: single calls are counted, and never wait |
/// | [`transport`](Self::transport) | hyper, with the settings below |
/// | [`layer`](Self::layer) | none |
/// | [`timeout`](Self::timeout) | 30 s |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s |
/// | [`idle_timeout`](Self::idle_timeout) | 90 s |
/// | [`add_ca_pem`](Self::add_ca_pem) | none beside the platform's roots |
/// | [`allow_http`](Self::allow_http) | off: `http://` to this machine only |
/// | [`environment_proxies`](Self::environment_proxies) | on |
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    host: Option<Result<BaseUrl, InvalidBaseUrl>>,
    authentication: Option<Authentication>,
    subject: String,
    token_lifetime: Duration,
    jti: bool,
    encrypter: Option<Encrypter>,
    body_limit: BodyLimit,
    user_agent: String,
    headers: ExtraHeaders,
    longest_wait: Option<Duration>,
    transports: Transports,
    #[cfg(feature = "hyper")]
    built_in: BuiltIn,
}

#[derive(Clone)]
enum Authentication {
    Credentials { client_id: Result<ClientId, InvalidId>, secret: Result<Secret, InvalidSecret> },
    Signer(Credentials),
    Token(Token),
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            host: None,
            authentication: None,
            subject: DEFAULT_SUBJECT.to_owned(),
            token_lifetime: DEFAULT_LIFETIME,
            jti: false,
            encrypter: None,
            body_limit: BodyLimit::DEFAULT,
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            headers: ExtraHeaders::default(),
            longest_wait: None,
            transports: Transports::default(),
            #[cfg(feature = "hyper")]
            built_in: BuiltIn::default(),
        }
    }

    /// The base URL of the platform, such as `https://bots.kore.ai`, as text or as a [`BaseUrl`]. It may
    /// have a port, and a path before `/api`. Without a scheme it is `https`.
    pub fn host(mut self, host: impl TryInto<BaseUrl, Error: Into<InvalidBaseUrl>>) -> Self {
        self.host = Some(host.try_into().map_err(Into::into));
        self
    }

    /// The client id (`cs-…`) and secret of an app from the Admin Console, as text, or as a [`ClientId`]
    /// and a [`Secret`]. Tokens are signed with HS256 and kept until shortly before they expire.
    ///
    /// A line end behind the secret, as files have it, is not a part of it ([`Secret::from_line`]).
    pub fn credentials(
        mut self,
        client_id: impl TryInto<ClientId, Error: Into<InvalidId>>,
        secret: impl TryInto<Secret, Error: Into<InvalidSecret>>,
    ) -> Self {
        self.authentication = Some(Authentication::Credentials {
            client_id: client_id.try_into().map_err(Into::into),
            secret: secret.try_into().map_err(Into::into),
        });
        self
    }

    /// Credentials with another algorithm than HS256, or whose key is in a KMS or an HSM. The latter need
    /// a [`Signer`](kore_auth::Signer) for [`build`](Self::build), or a
    /// [`BlockingSigner`](kore_auth::BlockingSigner) for [`build_blocking`](Self::build_blocking).
    ///
    /// If several requests need a new token, one has it signed and the others wait. A signer sets its own
    /// time limit; [`timeout`](Self::timeout) is that of the transport.
    pub fn signer(mut self, credentials: Credentials) -> Self {
        self.authentication = Some(Authentication::Signer(credentials));
        self
    }

    /// A JWT that was made elsewhere. It is never renewed.
    pub fn token(mut self, jwt: impl Into<Token>) -> Self {
        self.authentication = Some(Authentication::Token(jwt.into()));
        self
    }

    /// The `sub` of tokens. Any text will do.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// How long a signed token lives: from one second to a year, and with [`jti`](Self::jti) at most an
    /// hour. A value outside of this range is moved into it.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Signs a token with a fresh `jti` for each request, for an app that enforces JTI.
    pub fn jti(mut self, each_request: bool) -> Self {
        self.jti = each_request;
        self
    }

    /// Encrypts each token to the platform's public key, for an app that enforces JWE. Needs the feature
    /// `aws-lc-rs`. A token that was made elsewhere cannot be encrypted here, so
    /// [`token`](Self::token) is refused together with this.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use kore_sdk::Client;
    /// use kore_sdk::auth::{Encrypter, PublicJwk};
    ///
    /// // As the Admin Console shows it: {"e":"AQAB","kid":"…","kty":"RSA","n":"…"}
    /// let jwk = PublicJwk::parse(std::fs::read("jwk.json")?)?;
    /// let client = Client::builder()
    ///     .host("https://bots.kore.ai")
    ///     .credentials("cs-1f…", std::env::var("KORE_CLIENT_SECRET")?)
    ///     .encrypt_tokens(Encrypter::new(&jwk)?)
    ///     .build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    pub fn encrypt_tokens(mut self, encrypter: Encrypter) -> Self {
        self.encrypter = Some(encrypter);
        self
    }

    /// The longest body that is read. A longer one is an error.
    pub fn body_limit(mut self, limit: BodyLimit) -> Self {
        self.body_limit = limit;
        self
    }

    /// The `User-Agent` of each request, such as `pipeline/1.2`. Some firewalls refuse requests without
    /// one.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Adds a header to each request, such as a key for a gateway on the way. A value that is
    /// [sensitive](HeaderValue::set_sensitive) is masked if a server repeats it in an error. The last
    /// one of a name counts.
    ///
    /// Headers that the client sets itself, such as `auth` and `content-type`, cannot be set; nor can
    /// `accept-encoding`, since bodies are not decompressed.
    pub fn header(
        mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl TryInto<HeaderValue, Error: Into<http::Error>>,
    ) -> Self {
        self.headers.set(name, value);
        self
    }

    /// Keeps single calls within the platform's rate limits: 60 requests in a minute and 1,800 in an
    /// hour, of a call for the same import or bot. By default single calls are sent at once, and the
    /// platform refuses those over a limit. They are counted in any case, since watches share the limits.
    ///
    /// With this, a call waits until the limits allow it, at most for this time and for its own
    /// [timeout](crate::Call::timeout). A call that would have to wait longer fails at once
    /// ([`Error::is_rate_limited`]) and sends nothing. With a time of zero no call waits. Watches always
    /// keep within the limits. Requests of other clients are not known here.
    pub fn wait_for_rate_limit(mut self, at_most: Duration) -> Self {
        self.longest_wait = Some(at_most);
        self
    }

    /// Makes the async client.
    ///
    /// # Errors
    /// If a setting is missing or wrong; [`Error::is_config`] is true.
    pub fn build(mut self) -> Result<Client, Error> {
        if self.given_signer().is_some_and(Credentials::is_blocking) {
            return Err(Error::config(
                "the signer that is set blocks: expected build_blocking(), found build()",
            ));
        }
        let core = Arc::new(self.core()?);
        let transport = self.chosen(core.base())?;
        Ok(Client { core, transport })
    }

    /// Makes the blocking client.
    ///
    /// # Errors
    /// If a setting is missing or wrong; [`Error::is_config`] is true.
    pub fn build_blocking(mut self) -> Result<blocking::Client, Error> {
        if self.given_signer().is_some_and(Credentials::is_async) {
            return Err(Error::config(
                "the signer that is set is async: expected build(), found build_blocking()",
            ));
        }
        let core = Arc::new(self.core()?);
        let transport = self.chosen_blocking(core.base())?;
        Ok(blocking::Client { core, transport })
    }

    fn given_signer(&self) -> Option<&Credentials> {
        match &self.authentication {
            Some(Authentication::Signer(credentials)) => Some(credentials),
            _ => None,
        }
    }

    fn core(&mut self) -> Result<Core, Error> {
        let host = self
            .host
            .take()
            .ok_or_else(|| Error::config("no host is set: expected a URL such as https://bots.kore.ai"))?;
        let base = host.map_err(|error| Error::setting("host", error))?;
        let mut headers = std::mem::take(&mut self.headers).checked()?;
        headers.insert(USER_AGENT, self.user_agent_header()?);
        Ok(Core::new(base, self.token_source()?, self.body_limit, headers, self.longest_wait))
    }

    fn user_agent_header(&self) -> Result<HeaderValue, Error> {
        let text = self.user_agent.trim();
        let is_visible = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        HeaderValue::from_str(text).ok().filter(|_| is_visible).ok_or_else(|| {
            let found = Excerpt::new(text.as_bytes());
            Error::config(format!("user agent: expected visible ASCII characters, found \"{found}\""))
        })
    }

    fn token_source(&mut self) -> Result<TokenSource, Error> {
        let credentials = match self.authentication.take() {
            None => {
                return Err(Error::config(
                    "no credentials are set: expected a client id and its secret, or a JWT",
                ));
            }
            Some(Authentication::Token(_)) if self.encrypter.is_some() => {
                return Err(Error::config(
                    "a token that was made elsewhere is set: expected credentials, since tokens are to be encrypted",
                ));
            }
            Some(Authentication::Token(token)) => {
                kore_protocol::auth_header(token.expose())?;
                return Ok(TokenSource::fixed(token));
            }
            Some(Authentication::Signer(credentials)) => credentials,
            Some(Authentication::Credentials { client_id, secret }) => Credentials::new(
                client_id.map_err(|error| Error::setting("client id", error))?,
                secret.map_err(|error| Error::setting("client secret", error))?,
            ),
        };
        credentials.check()?;
        let subject = std::mem::take(&mut self.subject);
        let mut source = if self.jti {
            TokenSource::per_request(credentials, subject)
        } else {
            TokenSource::kept(credentials, subject)
        };
        if let Some(encrypter) = self.encrypter.take() {
            source = source.encrypted(encrypter, random_content_key);
        }
        Ok(source.lifetime(self.token_lifetime))
    }
}

#[cfg(feature = "hyper")]
pub(crate) use with_hyper::BuiltIn;

mod transports;
#[cfg(feature = "hyper")]
mod with_hyper;

/// Without credentials, headers and certificates.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("host", &self.host)
            .field("jti", &self.jti)
            .field("encrypter", &self.encrypter)
            .finish_non_exhaustive()
    }
}
