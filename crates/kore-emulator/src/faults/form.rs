//! A fault as it stands in a file, in a list of the control and in memory: one serde type for all
//! three.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use kore_protocol::{Metadata, bot_export, bot_import, bot_publish, file};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Fault, Faults};
use crate::InputError;
use crate::input::{Input, Written};
use crate::platform::download;

/// The endpoints, by the names of their modules in `kore-protocol`, and the address of an export's file.
const ROUTES: [(&str, Metadata); 9] = [
    ("bot_export::download", download::METADATA),
    ("bot_export::get_status", bot_export::get_status::METADATA),
    ("bot_export::start", bot_export::start::METADATA),
    ("bot_import::get_status", bot_import::get_status::METADATA),
    ("bot_import::start_existing", bot_import::start_existing::METADATA),
    ("bot_import::start_new", bot_import::start_new::METADATA),
    ("bot_publish::get_status", bot_publish::get_status::METADATA),
    ("bot_publish::start", bot_publish::start::METADATA),
    ("file::upload", file::upload::METADATA),
];

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultForm {
    pub(super) effect: Effect,
    #[serde(default, with = "route", skip_serializing_if = "Option::is_none")]
    pub(super) route: Option<Metadata>,
    #[serde(default = "always", deserialize_with = "probability")]
    pub(super) probability: f64,
    #[serde(default)]
    pub(super) after: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<u64>,
    /// Since the start of the emulator.
    #[serde(default)]
    pub(super) from: Written,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<Written>,
}

/// What a fault does.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Answer(Answer),
    ProxyPage,
    ContentType(#[serde(with = "header_value")] HeaderValue),
    Latency(Written),
    Reset,
    ResetAfter(usize),
    CutAfter(usize),
    LongerBy(usize),
    Drip(Drip),
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drip {
    pub(super) bytes: NonZeroUsize,
    pub(super) pause: Written,
}

/// An answer in place of the platform's.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(try_from = "WrittenAnswer", into = "WrittenAnswer")]
pub(crate) struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Bytes,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenAnswer {
    #[serde(deserialize_with = "status")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

impl FaultForm {
    pub(super) fn of(effect: Effect) -> Self {
        Self {
            effect,
            route: None,
            probability: always(),
            after: 0,
            first: None,
            from: Written(Duration::ZERO),
            until: None,
        }
    }
}

/// Headers that say how an answer is sent, which the server alone knows.
fn is_of_server(name: &HeaderName) -> bool {
    [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name)
}

impl Answer {
    pub(super) fn of(response: Response<Bytes>) -> Self {
        let (mut parts, body) = response.into_parts();
        let names: Vec<_> = parts.headers.keys().filter(|name| is_of_server(name)).cloned().collect();
        names.iter().for_each(|name| drop(parts.headers.remove(name)));
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub(super) fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(self.body.clone());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

impl TryFrom<WrittenAnswer> for Answer {
    type Error = String;

    fn try_from(written: WrittenAnswer) -> Result<Self, String> {
        let mut headers = http::HeaderMap::new();
        for (name, value) in written.headers {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("{name:?} is not the name of a header"))?;
            if is_of_server(&header) {
                return Err(format!(
                    "the header {header} is the server's own: effect.cut_after sends less than it says"
                ));
            }
            let value = HeaderValue::from_str(&value)
                .map_err(|_| format!("the header {name} cannot have the value {value:?}"))?;
            headers.insert(header, value);
        }
        let status = StatusCode::from_u16(written.status).map_err(|error| error.to_string())?;
        Ok(Self { status, headers, body: written.body.into() })
    }
}

impl From<Answer> for WrittenAnswer {
    fn from(answer: Answer) -> Self {
        let header = |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), lossy(value.as_bytes()));
        Self {
            status: answer.status.as_u16(),
            headers: answer.headers.iter().map(header).collect(),
            body: lossy(&answer.body),
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// 502 with a page in HTML, as a proxy between client and platform has it.
pub(super) fn proxy_page() -> Response<Bytes> {
    let page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n\
                <body><h1>502 Bad Gateway</h1><p>The proxy got no answer from the server.</p></body></html>\n";
    let mut response = Response::new(Bytes::from_static(page.as_bytes()));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// A file, and a list: there each fault has how many requests it saw.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultsFile<F> {
    #[serde(default)]
    pub(super) seed: u64,
    pub(super) faults: Vec<F>,
}

#[derive(Serialize)]
pub(super) struct Listed {
    #[serde(flatten)]
    pub(super) fault: FaultForm,
    pub(super) seen: u64,
}

impl Input for Faults {
    type Form = FaultsFile<FaultForm>;

    fn of(FaultsFile { seed, faults }: FaultsFile<FaultForm>) -> Result<Self, InputError> {
        let is_empty = |fault: &FaultForm| fault.until.is_some_and(|until| fault.from.0 >= until.0);
        if let Some(n) = faults.iter().position(is_empty) {
            let problem = format_args!("fault {}: expected `until` to be later than `from`", n + 1);
            return Err(InputError::new(problem));
        }
        Ok(Self { seed, faults: faults.into_iter().map(Fault).collect() })
    }
}

fn always() -> f64 {
    1.0
}

fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&number) {
        return Ok(number);
    }
    Err(D::Error::custom(format!("expected a probability from 0 to 1, found {number}")))
}

/// 1xx is no answer yet, and a status over 599 is none that HTTP has.
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let number = u16::deserialize(deserializer)?;
    if (200..600).contains(&number) {
        return Ok(number);
    }
    Err(D::Error::custom(format!("expected an HTTP status from 200 to 599, found {number}")))
}

/// An endpoint by its name.
mod route {
    use super::*;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Metadata>, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = ROUTES.into_iter().find(|(known, _)| *known == name);
        let (_, metadata) = found.ok_or_else(|| {
            let names = ROUTES.map(|(known, _)| format!("`{known}`")).join(", ");
            D::Error::custom(format!("unknown route `{name}`, expected {names}"))
        })?;
        Ok(Some(metadata))
    }

    /// One that has no name here is given by its path.
    pub(super) fn serialize<S: Serializer>(
        route: &Option<Metadata>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let name = |route: &Metadata| {
            let is_it = |known: &Metadata| known.method == route.method && known.path == route.path;
            let known = ROUTES.into_iter().find(|(_, known)| is_it(known));
            known.map_or_else(|| format!("{:?}", route.path), |(name, _)| name.to_owned())
        };
        route.as_ref().map(name).serialize(serializer)
    }
}

mod header_value {
    use super::*;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderValue, D::Error> {
        let text = String::deserialize(deserializer)?;
        HeaderValue::from_str(&text)
            .map_err(|_| D::Error::custom(format!("expected the value of a header, found {text:?}")))
    }

    pub(super) fn serialize<S: Serializer>(value: &HeaderValue, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&lossy(value.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_an_answer_is_sent_is_for_the_server_to_say() {
        for name in ["Content-Length", "transfer-encoding", "connection"] {
            let toml =
                format!("[[faults]]\neffect.answer = {{ status = 200, headers = {{ {name} = \"5\" }} }}");
            let error = Faults::from_toml(&toml, "faults.toml").expect_err(name).to_string();
            assert!(error.contains("the server's own"), "{error}");
        }
        let mut response = Response::new(Bytes::new());
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("5"));
        assert!(!format!("{:?}", Fault::answer(response)).contains("content-length"));
    }

    #[test]
    fn a_fault_that_is_written_is_read_as_the_same() {
        let second = Duration::from_secs(1);
        let faults = [
            Fault::status(StatusCode::IM_A_TEAPOT),
            Fault::proxy_page().on::<bot_import::get_status::Request>(),
            Fault::content_type(HeaderValue::from_static("text/html")).probability(7.0),
            Fault::latency(second).within(second..2 * second),
            Fault::reset().after(1).first(2),
            Fault::reset_after(3),
            Fault::cut_after(4),
            Fault::longer_by(5),
            Fault::drip(NonZeroUsize::MIN, second),
        ];
        let written = FaultsFile { seed: 7, faults: faults.into_iter().map(|Fault(form)| form).collect() };
        let text = serde_json::to_string(&written).expect("written");
        let read = Faults::from_json(&text, "it").expect("valid");
        let again =
            FaultsFile { seed: read.seed, faults: read.faults.into_iter().map(|Fault(form)| form).collect() };
        assert_eq!(serde_json::to_string(&again).expect("written"), text);
    }
}
