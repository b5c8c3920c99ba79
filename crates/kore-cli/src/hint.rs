//! What to do about an error of a call: hints that name the setting to change and where it is set.

use std::time::SystemTime;

use kore_sdk::Error;
use kore_sdk::auth::unverified_claims;
use kore_sdk::protocol::{Refusal, ResponseError, Scope};
use kore_sdk::transport::{Phase, TransportError};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::origin::Sourced;
use crate::settings::{Connection, Credentials, Identity, Proxy, proxies};
use crate::unexpanded::Unexpanded;

/// What is asked of the platform, as hints name it.
pub(crate) struct Asked {
    /// What the platform works on.
    noun: &'static str,
    /// What may be wrong with a request.
    to_check: &'static str,
    /// What rate limits are kept for.
    limited: &'static str,
}

impl Asked {
    pub(crate) const IMPORT: Self = Self {
        noun: "import",
        to_check: "check the import id; for a start, the bot id, the files and the options",
        limited: "an import, or for starts at a bot",
    };
    pub(crate) const EXPORT: Self = Self {
        noun: "export",
        to_check: "check the bot id and the options; a bot that was never exported has no status",
        limited: "a bot",
    };
    pub(crate) const PUBLISH: Self = Self {
        noun: "publish",
        to_check: "check the bot id; a bot that was never published has no status",
        limited: "a bot",
    };
}

/// What a hint may name: where a setting comes from that is wrong.
pub(crate) struct Context<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) identity: &'a Identity,
    pub(crate) asked: &'static Asked,
    /// The flag that says how long a request may take.
    pub(crate) timeout_flag: &'static str,
    pub(crate) now: SystemTime,
}

const PROXY: &str =
    "the proxy is from HTTPS_PROXY, HTTP_PROXY or ALL_PROXY; NO_PROXY lists hosts to reach without it";

/// Where proxies come from; a variable that stands in the place of its value is named.
fn about_proxies() -> String {
    let unexpanded = proxies().iter().find_map(|Proxy { variable, value }| {
        Some(format!("{variable} is {}: nothing put its value there", Unexpanded::of(value)?))
    });
    unexpanded.unwrap_or_else(|| "check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY".to_owned())
}

impl Context<'_> {
    /// The error as a user sees it.
    pub(crate) fn failure(&self, error: &Error) -> Failure {
        let exit = match error.response() {
            _ if error.may_have_started() => Exit::MayHaveStarted,
            _ if error.is_config() || error.is_file() => Exit::Usage,
            Some(_) if error.is_auth() => Exit::Auth,
            Some(_) => Exit::OtherResponse,
            None => Exit::NoResponse,
        };
        Failure::new(exit, error).hint_if(self.hint(error))
    }

    fn hint(&self, error: &Error) -> Option<String> {
        if error.may_have_started() {
            let noun = self.asked.noun;
            return Some(format!("the bot's page in the builder shows whether it is being {noun}ed"));
        }
        if error.is_file() {
            return Some(
                "nothing was started; start it again when the files are as they are to be".to_owned(),
            );
        }
        if error.is_config() {
            return self.about_settings(error);
        }
        if error.is_other_job() {
            return Some("ask again, and check for a cache on the way".to_owned());
        }
        if let Some(hint) = error.transport().and_then(|error| self.about_scheme(error)) {
            return Some(hint);
        }
        if error.is_timeout() {
            return Some(format!(
                "{} 60s waits longer for a slow host; a wrong host or a firewall never answers",
                self.timeout_flag
            ));
        }
        match error.response() {
            Some(response) => self.about_response(error, response),
            None => Some(self.about_transport(error.transport()?)),
        }
    }

    fn about_settings(&self, error: &Error) -> Option<String> {
        let Connection { host, allow_http, .. } = self.connection;
        if host.value.is_plain_http() && !host.value.is_loopback() && !allow_http {
            return Some(format!("use https:// in {}, or allow it with --allow-http", host.origin));
        }
        // What else could be wrong has been tried before.
        error.to_string().contains("proxy").then(about_proxies)
    }

    /// To a guessed `https` a server without TLS sends nonsense, the end of the connection or
    /// nothing at all. A certificate is the sign of TLS, and a proxy's TLS is not meant.
    fn about_scheme(&self, error: &TransportError) -> Option<String> {
        let Connection { host: Sourced { value: host, origin }, assumes_https, .. } = self.connection;
        let text = error.to_string();
        let is_without_tls = match error.phase() {
            Phase::Tls => text.contains(host.host()) && !text.contains("certificate"),
            Phase::Connect => text.contains(host.host()) && text.contains("within the TLS handshake"),
            _ => false,
        };
        (*assumes_https && is_without_tls).then(|| {
            let plain = host.to_string().replacen("https", "http", 1);
            let allow = if host.is_loopback() { "" } else { " and add --allow-http" };
            format!("no scheme means https://; for a server without TLS write {plain} for {origin}{allow}")
        })
    }

    fn about_transport(&self, error: &TransportError) -> String {
        let Sourced { value: host, origin } = &self.connection.host;
        let text = error.to_string();
        match error.phase() {
            // The host itself was never asked. No host has a blank in its name.
            Phase::Dns | Phase::Connect if text.contains("the proxy ") => PROXY.into(),
            Phase::Tls if text.contains("SSL_CERT_FILE") => {
                "name a file with the certificates of CAs, or unset it for those of the system".into()
            }
            Phase::Tls if text.contains("root certificates") => "--ca-file FILE adds a CA's certificate".into(),
            Phase::Refused => "use https://, or allow plain HTTP with --allow-http".into(),
            // No proxy is used for this machine.
            Phase::Dns | Phase::Connect if host.is_loopback() => format!("the host is from {origin}"),
            Phase::Dns | Phase::Connect => {
                format!("the host is from {origin}; behind a proxy set HTTPS_PROXY")
            }
            Phase::Tls if text.contains("is not trusted") => {
                let whose = if host.is_loopback() { "" } else { " or of your proxy" };
                format!("--ca-file FILE trusts a CA of your own{whose}; verification cannot be switched off")
            }
            Phase::Tls if text.contains("have it made anew") => {
                "name the new certificate, or that of its CA, with --ca-file FILE; verification cannot be switched off".into()
            }
            Phase::Tls if text.contains("the certificate") => "verification cannot be switched off".into(),
            Phase::Tls if text.contains(host.host()) => format!("the host is from {origin}"),
            Phase::Tls | Phase::Proxy => PROXY.into(),
            _ => "try again; nothing is changed by asking".into(),
        }
    }

    fn about_response(&self, error: &Error, response: &ResponseError) -> Option<String> {
        let Sourced { value: host, origin } = &self.connection.host;
        let proxy = if host.is_loopback() { "" } else { "a proxy or " };
        let status = response.status();
        let is_final = status.is_success() || status.is_client_error() && !error.is_retryable();
        if is_final && response.is_html() {
            return Some(format!(
                "an HTML page is no response of the API: {proxy}a wrong host ({origin}) sent it"
            ));
        }
        if let Some(hint) = response.refusal().and_then(|refusal| self.about_refusal(error, refusal)) {
            return Some(hint);
        }
        if error.is_rate_limited() {
            return Some(self.about_rate_limit(response));
        }
        if error.is_auth() {
            let credentials = self.about_credentials();
            return Some(match status.as_u16() {
                403 => format!("the app may lack the scope {}; else {credentials}", scope(error)),
                _ => credentials,
            });
        }
        Some(match status.as_u16() {
            403 => {
                format!("the platform would say why: {proxy}a firewall or a wrong host ({origin}) sent this")
            }
            404 | 405 => format!("check the host and its path ({origin})"),
            300..=399 => format!(
                "set the host ({origin}) to the URL that does not redirect; https:// and no path, as a rule"
            ),
            412 | 400 => self.asked.to_check.into(),
            _ if error.is_retryable() => {
                "the platform or something before it has a problem; try again later".into()
            }
            _ => format!("check that the host ({origin}) is the platform, and not {proxy}a login page"),
        })
    }

    fn about_refusal(&self, error: &Error, refusal: Refusal) -> Option<String> {
        Some(match refusal {
            Refusal::WrongScope => {
                format!("in the Admin Console tick {} for this app{}", scope(error), self.app())
            }
            Refusal::InvalidSdkCredentials | Refusal::InvalidJwt => self.about_credentials(),
            Refusal::JtiTooLong => match self.identity {
                Identity::Jwt(jwt) => {
                    format!("{}: sign a token with a jti and an exp at most an hour off", jwt.origin)
                }
                Identity::Credentials(_) => {
                    "the app enforces JTI: add --jti or KORE_JTI=1; if that is set, check this machine's clock".into()
                }
            },
            Refusal::Replay => match self.identity {
                Identity::Jwt(jwt) => format!(
                    "the app takes each token once: sign a new one for {}, or give client id and secret with --jti",
                    jwt.origin
                ),
                Identity::Credentials(_) => {
                    "the app takes each token once: --jti or KORE_JTI=1 signs a new one for each request".into()
                }
            },
            Refusal::InvalidRequestId => format!(
                "check the import id, and that {} ({}) is the environment in which the import was started",
                self.connection.host.value, self.connection.host.origin
            ),
            Refusal::InvalidStreamId => format!(
                "check the bot id, and that {} ({}) is the environment that has the bot",
                self.connection.host.value, self.connection.host.origin
            ),
            Refusal::InvalidFileId => {
                "the platform does not know an uploaded file any more; run the command again".into()
            }
            _ => return None,
        })
    }

    fn about_rate_limit(&self, response: &ResponseError) -> String {
        let limited = self.asked.limited;
        match response.retry_after().map(|after| after.delay(self.now).as_secs()) {
            Some(seconds) => format!("wait {seconds} s, as the platform asks"),
            None if response.refusal() == Some(Refusal::HourLimit) => {
                format!(
                    "wait: the platform takes 1800 requests an hour for {limited}, of all who ask together"
                )
            }
            None => {
                format!(
                    "wait a minute: the platform takes 60 requests a minute and 1800 an hour for {limited}"
                )
            }
        }
    }

    fn about_credentials(&self) -> String {
        match self.identity {
            Identity::Jwt(jwt) => {
                let ended = unverified_claims(jwt.value.expose())
                    .ok()
                    .and_then(|claims| claims.expiry())
                    .filter(|expiry| *expiry <= self.now);
                match ended {
                    Some(expiry) => format!(
                        "the token of {} ended {}; sign a new one",
                        jwt.origin,
                        crate::time::age(expiry, self.now)
                    ),
                    None => {
                        format!("check {}: its appId, its exp, and the secret that signed it", jwt.origin)
                    }
                }
            }
            Identity::Credentials(Credentials { id, secret }) => format!(
                "check the client id ({}), the secret ({}) and this machine's clock (kore config --check compares it); --jti if the app enforces JTI, --jwe-key if JWE",
                id.origin, secret.origin
            ),
        }
    }

    fn app(&self) -> String {
        match self.identity {
            Identity::Jwt(_) => String::new(),
            Identity::Credentials(Credentials { id, .. }) => format!(", {}", id.value),
        }
    }
}

/// The scope that the app needs, in the words of the Admin Console and of the API.
fn scope(error: &Error) -> String {
    let scope = error.scope().unwrap_or(Scope::BOT_IMPORT);
    format!("\"{}\" ({})", scope.admin_console, scope.name)
}
