//! Decides which faults strike a request. The time and the seed are arguments, so that the same
//! requests meet the same faults.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, Response};
use serde::Serialize;

use super::form::{Effect, FaultForm, FaultsFile, Listed, proxy_page};
use super::{Fault, Faults};

/// The faults, and how many requests each has seen.
#[derive(Debug)]
struct Plan {
    seed: u64,
    faults: Vec<(Fault, u64)>,
}

/// What is to happen to one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decision {
    pub(crate) latency: Duration,
    /// In place of the platform's answer.
    pub(crate) answer: Option<Response<Bytes>>,
    pub(crate) content_type: Option<HeaderValue>,
    /// How it is sent: one of the effects on the connection. `None` for whole.
    pub(crate) delivery: Option<Effect>,
}

/// What goes wrong between clients and the platform, for all connections.
#[derive(Debug)]
pub(crate) struct FaultyWay {
    plan: Mutex<(Plan, SystemTime)>,
}

impl FaultyWay {
    pub(crate) fn new(faults: Faults, now: SystemTime) -> Self {
        Self { plan: Mutex::new((Plan::new(faults), now)) }
    }

    /// Decides about a request that arrives now.
    pub(crate) fn decide(&self, method: &Method, path: &str, now: SystemTime) -> Decision {
        let (plan, started) = &mut *self.plan();
        plan.decide(method, path, now.duration_since(*started).unwrap_or_default())
    }

    fn plan(&self) -> MutexGuard<'_, (Plan, SystemTime)> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes others in place of those that are there, as at a start.
    pub(crate) fn replace(&self, faults: Faults, now: SystemTime) {
        *self.plan() = (Plan::new(faults), now);
    }

    /// Adds some behind those that are there; `false`, and none added, if there are too many then.
    pub(crate) fn add(&self, faults: Faults, most: usize) -> bool {
        let (plan, _) = &mut *self.plan();
        let fits = plan.faults.len() + faults.faults.len() <= most;
        if fits {
            plan.faults.extend(faults.faults.into_iter().map(|fault| (fault, 0)));
        }
        fits
    }

    /// Those that are there, as JSON in the form of a file, each with how many requests it saw.
    pub(crate) fn list(&self) -> impl Serialize + use<> {
        let (plan, _) = &*self.plan();
        let listed = |(fault, seen): &(Fault, u64)| Listed { fault: fault.0.clone(), seen: *seen };
        FaultsFile { seed: plan.seed, faults: plan.faults.iter().map(listed).collect() }
    }
}

impl Decision {
    /// What it does, in words, and whether there is an answer.
    pub(crate) fn told(&self) -> (Option<&'static str>, bool) {
        let told = match self.delivery {
            Some(Effect::Reset) => Some("the connection is reset"),
            Some(Effect::ResetAfter(_)) => Some("the connection is reset within the body"),
            Some(Effect::CutAfter(_)) => Some("the body is cut short"),
            Some(Effect::LongerBy(_)) => Some("the body is too long"),
            Some(Effect::Drip(_)) => Some("the body drips"),
            _ if self.answer.is_some() => Some("answered in place of the platform"),
            _ if self.content_type.is_some() => Some("another content type"),
            _ if !self.latency.is_zero() => Some("the answer is late"),
            _ => None,
        };
        (told, self.delivery != Some(Effect::Reset))
    }
}

impl Plan {
    fn new(Faults { seed, faults }: Faults) -> Self {
        Self { seed, faults: faults.into_iter().map(|fault| (fault, 0)).collect() }
    }

    /// Decides about a request that arrives so long after the start.
    fn decide(&mut self, method: &Method, path: &str, since_start: Duration) -> Decision {
        let mut decision = Decision::default();
        let mut is_changed = false;
        for (index, (fault, seen)) in (0u64..).zip(&mut self.faults) {
            if !fault.is_for(method, path) {
                continue;
            }
            let number = *seen;
            *seen += 1;
            if !fault.strikes(number, since_start, self.seed, index) {
                continue;
            }
            let answer = match &fault.0.effect {
                Effect::Latency(delay) => {
                    decision.latency = decision.latency.saturating_add(delay.0);
                    continue;
                }
                Effect::Answer(answer) => answer.response(),
                Effect::ProxyPage => proxy_page(),
                Effect::ContentType(value) => {
                    if !std::mem::replace(&mut is_changed, true) {
                        decision.content_type = Some(value.clone());
                    }
                    continue;
                }
                sent @ (Effect::Reset
                | Effect::ResetAfter(_)
                | Effect::CutAfter(_)
                | Effect::LongerBy(_)
                | Effect::Drip(_)) => {
                    decision.delivery.get_or_insert_with(|| sent.clone());
                    continue;
                }
            };
            if !std::mem::replace(&mut is_changed, true) {
                decision.answer = Some(answer);
            }
        }
        decision
    }
}

impl Fault {
    fn is_for(&self, method: &Method, path: &str) -> bool {
        let is_for =
            |route: &kore_protocol::Metadata| route.method == *method && route.path.values(path).is_some();
        self.0.route.as_ref().is_none_or(is_for)
    }

    /// Whether it strikes the request of that number, from 0, of those that are for its endpoint.
    fn strikes(&self, number: u64, since_start: Duration, seed: u64, index: u64) -> bool {
        let FaultForm { after, first, from, until, probability, .. } = &self.0;
        let in_turn = number >= *after && first.is_none_or(|first| number - after < first);
        let in_time = since_start >= from.0 && until.is_none_or(|until| since_start < until.0);
        in_turn && in_time && chance(seed, index, number) < *probability
    }
}

/// A number from 0 to just below 1 that looks random: a function of its arguments, so that no
/// request changes the luck of another.
fn chance(seed: u64, index: u64, number: u64) -> f64 {
    let mix = |mut number| kore_protocol::split_mix(&mut number);
    let mixed = mix(mix(mix(seed) ^ index) ^ number);
    // The 53 bits that an f64 holds exactly.
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests;
