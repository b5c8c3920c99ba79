//! `kore config --check`: one poll of an import that does not exist. The platform checks token and scope
//! before it refuses the id (HTTP 400, "Invalid request ID"), so that this refusal tells that all is well,
//! and each other response what is not.

use std::time::{Duration, SystemTime};

use kore_sdk::auth::IAT_BACKDATED;
use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::protocol::{BaseUrl, Refusal, ResponseError, Scope};
use kore_sdk::transport::{Phase, TransportError};
use kore_sdk::{BotImportId, Client, Error};

use super::explain;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::{Connection, Identity};
use crate::time::span;

/// What one question told.
pub(crate) struct Check {
    /// The request, for people.
    pub(crate) request: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) warnings: Vec<String>,
    pub(crate) failure: Option<Failure>,
}

/// One of the things that a call needs.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) passed: Passed,
    pub(crate) detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    Yes,
    No,
    /// An earlier step failed, or nothing was said of it.
    Unknown,
    /// There is none: TLS to a host that is plain HTTP.
    Unused,
}

impl Passed {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "ok",
            Self::No => "failed",
            Self::Unknown => "unknown",
            Self::Unused => "unused",
        }
    }
}

/// Asks once. No token is renewed, and nothing is repeated.
pub(super) async fn run(client: &Client, connection: &Connection, identity: &Identity) -> Check {
    let request = get_status::Request::new(made_up());
    let answer = client.send(&request).await;
    let now = SystemTime::now();
    let date = match &answer {
        Ok(answer) => answer.headers.get("date"),
        Err(error) => error.headers().and_then(|headers| headers.get("date")),
    };
    let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let clock = date.map(|theirs| Clock::new(theirs, now));

    let base = &connection.host.value;
    let mut learnt = Learnt::new(base);
    let mut failure = match &answer {
        Ok(_) => Some(learnt.import()),
        Err(error) => learnt.error(error).then(|| explain(connection, identity, error)),
    };
    if let (Some(clock), Some(Exit::Auth)) = (&clock, failure.as_ref().map(|failure| failure.exit))
        && clock.is_off
    {
        failure =
            failure.map(|failure| failure.hint(format!("set this machine's clock: it is {}", clock.words)));
    } else if let Some(clock) = clock.as_ref().filter(|clock| clock.is_off) {
        learnt.warnings.push(format!("this machine's clock is {}: tokens may be refused", clock.words));
    }
    let Learnt { mut steps, warnings } = learnt;
    let (passed, detail) = match clock {
        Some(clock) => (if clock.is_off { Passed::No } else { Passed::Yes }, clock.words),
        None => (Passed::Unknown, "no response with a date".to_owned()),
    };
    steps.push(Step { name: "clock", passed, detail });
    let path = get_status::METADATA.path.fill(&[request.import_id.as_str()]);
    Check { request: format!("GET {base}{path}"), steps, warnings, failure }
}

/// A well-formed id that no import has. It is random, as the rate limit is one for each id.
fn made_up() -> BotImportId {
    let hex = kore_sdk::random_jti();
    let [a, b, c, d, e] = [&hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]];
    BotImportId::new(format!("bir-{a}-{b}-4{c}-8{d}-{e}")).expect("hexadecimal digits and hyphens")
}

/// What was learnt so far, a step after the other.
struct Learnt {
    steps: Vec<Step>,
    warnings: Vec<String>,
}

const STEPS: [&str; 5] = ["host", "TLS", "platform", "token", "scope"];

impl Learnt {
    fn new(base: &BaseUrl) -> Self {
        let details = [base.to_string(), String::new(), String::new(), String::new(), String::new()];
        let steps = STEPS.into_iter().zip(details);
        let steps = steps.map(|(name, detail)| Step { name, passed: Passed::Unknown, detail }).collect();
        let mut learnt = Self { steps, warnings: Vec::new() };
        if base.is_plain_http() {
            let tls = &mut learnt.steps[1];
            (tls.passed, tls.detail) = (Passed::Unused, "the host is http://".to_owned());
        }
        learnt
    }

    /// The first steps passed, with what is to be said of the last of them.
    fn passed(&mut self, count: usize, details: [&str; 5]) {
        for (step, detail) in self.steps.iter_mut().zip(details).take(count) {
            if step.passed == Passed::Unknown {
                step.passed = Passed::Yes;
            }
            if step.detail.is_empty() {
                step.detail = detail.to_owned();
            }
        }
    }

    /// The steps in front of this one passed, and it failed.
    fn failed_at(&mut self, at: usize, why: &str) {
        self.passed(at, PASSED);
        let step = &mut self.steps[at];
        (step.passed, step.detail) = (Passed::No, why.to_owned());
    }

    /// An import was found: no platform has one of that id.
    fn import(&mut self) -> Failure {
        self.failed_at(2, "it tells of an import that does not exist");
        Failure::new(Exit::OtherResponse, "the host tells of an import that does not exist")
            .hint("expected the platform to refuse the made-up id: is this a mock, or a cache?")
    }

    /// Whether it is a failure: the refusal of the id is none.
    fn error(&mut self, error: &Error) -> bool {
        match (error.response(), error.transport()) {
            (Some(response), _) => self.response(error, response),
            (None, Some(transport)) => {
                self.transport(transport);
                true
            }
            (None, None) => true,
        }
    }

    fn transport(&mut self, error: &TransportError) {
        let host = self.steps[0].detail.clone();
        match error.phase() {
            Phase::Tls => self.failed_at(1, "no trusted TLS connection"),
            Phase::Connect if error.to_string().contains("within the TLS handshake") => {
                self.failed_at(1, "no trusted TLS connection in time");
            }
            Phase::Exchange | Phase::Body => self.failed_at(2, "no whole response"),
            Phase::Proxy => self.failed_at(0, &format!("{host}: the proxy did not let the request through")),
            _ => self.failed_at(0, &format!("{host} was not reached")),
        }
    }

    fn response(&mut self, error: &Error, response: &ResponseError) -> bool {
        let status = response.status();
        let is_refusal_of_id = matches!(status.as_u16(), 400 | 412) && response.error_body().is_some();
        match response.refusal() {
            Some(Refusal::InvalidRequestId) => {
                self.passed(5, PASSED);
                false
            }
            Some(Refusal::WrongScope) => {
                self.failed_at(4, &format!(
                    "the app lacks {}; exports and publishes have scopes of their own, which are not checked",
                    Scope::BOT_IMPORT.admin_console
                ));
                true
            }
            _ if error.is_auth() => {
                self.failed_at(3, "refused");
                if response.error_body().is_none() {
                    let platform = &mut self.steps[2];
                    (platform.passed, platform.detail) =
                        (Passed::Unknown, format!("answers {status}, not in its own form"));
                }
                true
            }
            _ if error.is_rate_limited() => {
                self.failed_at(2, "it refuses further requests for now");
                true
            }
            _ if is_refusal_of_id => {
                self.passed(5, [PASSED[0], PASSED[1], PASSED[2], "not refused", "not refused"]);
                self.warnings.push(format!(
                    "expected the refusal \"{}\": {response}",
                    Refusal::InvalidRequestId.msg()
                ));
                false
            }
            _ => {
                self.failed_at(2, &format!("{status}: not the response that the platform gives"));
                true
            }
        }
    }
}

/// What is said of steps that passed.
const PASSED: [&str; 5] = ["reached", "verified", "answers as the API does", "accepted", "held"];

/// How far this machine's clock is from the host's, by the header Date, which has whole seconds.
struct Clock {
    words: String,
    is_off: bool,
}

impl Clock {
    fn new(theirs: SystemTime, ours: SystemTime) -> Self {
        let (apart, way) = match ours.duration_since(theirs) {
            Ok(ahead) => (ahead, "ahead of"),
            Err(behind) => (behind.duration(), "behind"),
        };
        let is_off = apart > IAT_BACKDATED;
        let words = if apart < Duration::from_secs(2) {
            "as the host's".to_owned()
        } else {
            format!("{} {way} the host's", span(apart))
        };
        Self { words, is_off }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_made_up_id_is_another_uuid() {
        let (one, other) = (made_up(), made_up());
        assert_ne!(one, other);
        let groups: Vec<_> = one.as_str().split('-').map(str::len).collect();
        assert_eq!(groups, [3, 8, 4, 4, 4, 12]);
    }

    #[test]
    fn a_clock_is_off_if_it_is_more_than_tokens_allow_for() {
        let ours = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let far = IAT_BACKDATED + Duration::from_secs(1);
        for (theirs, words, is_off) in [
            (ours, "as the host's", false),
            (ours - IAT_BACKDATED, "1 min ahead of the host's", false),
            (ours - far, "1 min 1 s ahead of the host's", true),
            (ours + far, "1 min 1 s behind the host's", true),
        ] {
            let clock = Clock::new(theirs, ours);
            assert_eq!((&*clock.words, clock.is_off), (words, is_off));
        }
    }
}
