//! Faults in files.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use kore_protocol::{Endpoint, Metadata, bot_import};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{Fault, Faults};
use crate::InputError;
use crate::input::{Input, Written};

/// The endpoints, by the names of their modules in `kore-protocol`.
const ROUTES: [(&str, Metadata); 1] =
    [("bot_import::get_status", <bot_import::get_status::Request as Endpoint>::METADATA)];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default)]
    seed: u64,
    faults: Vec<FaultInFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultInFile {
    effect: EffectInFile,
    #[serde(default, deserialize_with = "route")]
    route: Option<Metadata>,
    #[serde(default = "always", deserialize_with = "probability")]
    probability: f64,
    after: Option<u64>,
    first: Option<u64>,
    from: Option<Written>,
    until: Option<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum EffectInFile {
    Answer(Answer),
    ProxyPage,
    ContentType(#[serde(deserialize_with = "header_value")] HeaderValue),
    Latency(Written),
    Reset,
    ResetAfter(usize),
    CutAfter(usize),
    Drip(Drip),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(deserialize_with = "status")]
    status: StatusCode,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drip {
    bytes: NonZeroUsize,
    pause: Written,
}

impl Input for Faults {
    type Toml = File;
    type Json = File;

    fn of_toml(file: File) -> Result<Self, InputError> {
        let faults = (1..).zip(file.faults).map(|(n, fault)| {
            fault.into_fault().map_err(|problem| InputError::new(format_args!("fault {n}: {problem}")))
        });
        Ok(Self { seed: file.seed, faults: faults.collect::<Result<_, _>>()? })
    }

    fn of_json(file: File) -> Result<Self, InputError> {
        Self::of_toml(file)
    }
}

impl FaultInFile {
    fn into_fault(self) -> Result<Fault, String> {
        let mut fault = match self.effect {
            EffectInFile::Answer(answer) => Fault::answer(answer.into_response()?),
            EffectInFile::ProxyPage => Fault::proxy_page(),
            EffectInFile::ContentType(value) => Fault::content_type(value),
            EffectInFile::Latency(Written(delay)) => Fault::latency(delay),
            EffectInFile::Reset => Fault::reset(),
            EffectInFile::ResetAfter(bytes) => Fault::reset_after(bytes),
            EffectInFile::CutAfter(bytes) => Fault::cut_after(bytes),
            EffectInFile::Drip(Drip { bytes, pause: Written(pause) }) => Fault::drip(bytes, pause),
        };
        fault.route = self.route;
        let (from, until) = (
            self.from.map_or(Duration::ZERO, |from| from.0),
            self.until.map_or(Duration::MAX, |until| until.0),
        );
        if from >= until {
            return Err("expected `until` to be later than `from`".to_owned());
        }
        Ok(fault
            .probability(self.probability)
            .after(self.after.unwrap_or(0))
            .first(self.first.unwrap_or(u64::MAX))
            .within(from..until))
    }
}

/// Headers that say how an answer is sent, which the server alone knows.
pub(super) fn is_of_server(name: &HeaderName) -> bool {
    [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name)
}

impl Answer {
    fn into_response(self) -> Result<Response<Bytes>, String> {
        let mut response = Response::new(Bytes::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("{name:?} is not the name of a header"))?;
            if is_of_server(&header) {
                return Err(format!(
                    "the header {header} is the server's own: effect.cut_after sends less than it says"
                ));
            }
            let value = HeaderValue::from_str(&value)
                .map_err(|_| format!("the header {name} cannot have the value {value:?}"))?;
            response.headers_mut().insert(header, value);
        }
        Ok(response)
    }
}

/// The name of an endpoint; of one that has none here, its path.
pub(super) fn route_name(route: &Metadata) -> String {
    let known =
        ROUTES.into_iter().find(|(_, known)| known.method == route.method && known.path == route.path);
    known.map_or_else(|| format!("{:?}", route.path), |(name, _)| name.to_owned())
}

fn always() -> f64 {
    1.0
}

fn route<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Metadata>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let found = ROUTES.into_iter().find(|(known, _)| *known == name);
    let (_, metadata) = found.ok_or_else(|| {
        let names = ROUTES.map(|(known, _)| format!("`{known}`")).join(", ");
        D::Error::custom(format!("unknown route `{name}`, expected {names}"))
    })?;
    Ok(Some(metadata))
}

fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&number) {
        return Ok(number);
    }
    Err(D::Error::custom(format!("expected a probability from 0 to 1, found {number}")))
}

/// 1xx is no answer yet, and a status over 599 is none that HTTP has.
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusCode, D::Error> {
    let number = u16::deserialize(deserializer)?;
    let status = StatusCode::from_u16(number).ok().filter(|_| (200..600).contains(&number));
    status.ok_or_else(|| D::Error::custom(format!("expected an HTTP status from 200 to 599, found {number}")))
}

fn header_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderValue, D::Error> {
    let text = String::deserialize(deserializer)?;
    HeaderValue::from_str(&text)
        .map_err(|_| D::Error::custom(format!("expected the value of a header, found {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, Faults};

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
}
