//! Faults as JSON, in the form of a file.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Fault;
use super::effect::Effect;
use super::file::route_name;
use crate::input::WrittenOrForever;

/// Faults, and how many requests each saw.
#[derive(Serialize)]
pub(super) struct Listed {
    seed: u64,
    faults: Vec<ListedFault>,
}

#[derive(Serialize)]
struct ListedFault {
    effect: ListedEffect,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    probability: f64,
    after: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u64>,
    from: WrittenOrForever,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<WrittenOrForever>,
    seen: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ListedEffect {
    Answer { status: u16, headers: BTreeMap<String, String>, body: String },
    ContentType(String),
    Latency(WrittenOrForever),
    Reset,
    ResetAfter(usize),
    CutAfter(usize),
    Drip { bytes: usize, pause: WrittenOrForever },
}

impl Listed {
    pub(super) fn of<'a>(seed: u64, faults: impl Iterator<Item = (&'a Fault, u64)>) -> Self {
        Self { seed, faults: faults.map(|(fault, seen)| ListedFault::of(fault, seen)).collect() }
    }
}

impl ListedFault {
    fn of(fault: &Fault, seen: u64) -> Self {
        let written = |duration: Duration| WrittenOrForever(Some(duration));
        Self {
            effect: ListedEffect::of(&fault.effect),
            route: fault.route.as_ref().map(route_name),
            probability: fault.probability.clamp(0.0, 1.0),
            after: fault.after,
            first: (fault.first < u64::MAX).then_some(fault.first),
            from: written(fault.within.start),
            until: (fault.within.end < Duration::MAX).then(|| written(fault.within.end)),
            seen,
        }
    }
}

impl ListedEffect {
    fn of(effect: &Effect) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let written = |duration: Duration| WrittenOrForever(Some(duration));
        match effect {
            Effect::Answer(answer) => {
                let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                    (name.to_string(), text(value.as_bytes()))
                };
                Self::Answer {
                    status: answer.status().as_u16(),
                    headers: answer.headers().iter().map(header).collect(),
                    body: text(answer.body()),
                }
            }
            Effect::ContentType(value) => Self::ContentType(text(value.as_bytes())),
            Effect::Latency(delay) => Self::Latency(written(*delay)),
            Effect::Reset => Self::Reset,
            Effect::ResetAfter(bytes) => Self::ResetAfter(*bytes),
            Effect::CutAfter(bytes) => Self::CutAfter(*bytes),
            Effect::Drip { bytes, pause } => Self::Drip { bytes: bytes.get(), pause: written(*pause) },
        }
    }
}
