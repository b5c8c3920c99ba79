//! What to do about an error of a call.

use std::time::SystemTime;

use kore_sdk::Error;
use kore_sdk::auth::unverified_claims;
use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::protocol::{Refusal, ResponseError};
use kore_sdk::transport::Phase;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::{Connection, Credentials, Identity};

/// What a hint may name: where to look if a setting is what is wrong.
pub(crate) struct Context<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) identity: &'a Identity,
    pub(crate) now: SystemTime,
}

impl Context<'_> {
    /// The error as a user sees it.
    pub(crate) fn failure(&self, error: &Error) -> Failure {
        let exit = match error.response() {
            _ if error.is_config() => Exit::Usage,
            Some(_) if error.is_auth() => Exit::Auth,
            Some(_) => Exit::OtherAnswer,
            None => Exit::NoAnswer,
        };
        let failure = Failure::new(exit, error);
        match self.hint(error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    fn hint(&self, error: &Error) -> Option<String> {
        if error.is_config() {
            return self.about_settings();
        }
        if error.is_timeout() {
            return Some(
                "--timeout 60s waits longer for a slow host; a wrong host or a firewall never answers".into(),
            );
        }
        match error.response() {
            Some(response) => self.about_answer(error, response),
            None => self.about_transport(error.transport()?.phase()),
        }
    }

    fn about_settings(&self) -> Option<String> {
        let Connection { host, ca_file, allow_http, .. } = self.connection;
        if host.value.is_plain_http() && !host.value.is_loopback() && !allow_http {
            return Some(format!("use https:// in {}, or allow it with --allow-http", host.origin));
        }
        let proxies = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY";
        Some(match ca_file {
            Some(file) => format!("check {} ({}), {proxies}", file.origin, file.value.display()),
            None => format!("check {proxies}"),
        })
    }

    fn about_transport(&self, phase: Phase) -> Option<String> {
        let origin = &self.connection.host.origin;
        Some(match phase {
            Phase::Refused => "use https://, or allow plain HTTP with --allow-http".into(),
            Phase::Dns => format!("the host is from {origin}; behind a proxy set HTTPS_PROXY"),
            Phase::Connect => format!("the host is from {origin}; behind a proxy set HTTPS_PROXY"),
            Phase::Tls => "--ca-file FILE trusts a CA of your own or of your proxy; verification cannot be switched off".into(),
            Phase::Proxy => "the proxy is from HTTPS_PROXY, HTTP_PROXY or ALL_PROXY; NO_PROXY lists hosts to reach without it".into(),
            _ => "try again; nothing is changed by asking".into(),
        })
    }

    fn about_answer(&self, error: &Error, response: &ResponseError) -> Option<String> {
        let origin = &self.connection.host.origin;
        if is_html(response) {
            return Some(format!(
                "an HTML page is no answer of the API: a proxy or a wrong host ({origin}) sent it"
            ));
        }
        if let Some(hint) = response.refusal().and_then(|refusal| self.about_refusal(refusal)) {
            return Some(hint);
        }
        if error.is_rate_limited() {
            return Some(self.about_rate_limit(response));
        }
        if error.is_auth() {
            return Some(self.about_credentials());
        }
        Some(match response.status().as_u16() {
            404 | 405 => format!("check the host and its path ({origin})"),
            300..=399 => format!(
                "set the host ({origin}) to the URL that answers itself; https:// and no path, as a rule"
            ),
            412 | 400 => "check the import id".into(),
            _ if error.is_retryable() => {
                "the platform or something before it has a problem; try again later".into()
            }
            _ => format!("check that the host ({origin}) is the platform, and not a proxy or a login page"),
        })
    }

    fn about_refusal(&self, refusal: Refusal) -> Option<String> {
        let scope = get_status::METADATA.scope;
        Some(match refusal {
            Refusal::WrongScope => format!(
                "in the Admin Console tick \"{}\" ({}) for this app{}",
                scope.admin_console,
                scope.name,
                self.app()
            ),
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
            _ => return None,
        })
    }

    fn about_rate_limit(&self, response: &ResponseError) -> String {
        match response.retry_after().map(|after| after.delay(self.now).as_secs()) {
            Some(seconds) => format!("wait {seconds} s, as the platform asks"),
            None if response.refusal() == Some(Refusal::HourLimit) => {
                "wait: an import can be asked for 1800 times an hour, by all who ask together".into()
            }
            None => {
                "wait a minute: an import can be asked for 60 times a minute and 1800 times an hour".into()
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
                        crate::output::age(expiry, self.now)
                    ),
                    None => {
                        format!("check {}: its appId, its exp, and the secret that signed it", jwt.origin)
                    }
                }
            }
            Identity::Credentials(Credentials { id, secret }) => format!(
                "check the client id ({}), the secret ({}) and this machine's clock; --jti if the app enforces JTI",
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

fn is_html(response: &ResponseError) -> bool {
    response.body().trim_ascii_start().starts_with(b"<")
}
