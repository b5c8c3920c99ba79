//! The responses in the OpenAPI document: those that any call may have, and those of one call.

use std::collections::BTreeMap;

use http::StatusCode;
use http::header::RETRY_AFTER;
use kore_types::ErrorBody;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::described::JSON;
use crate::Refusal;

/// The refusals that any call may have: for the token and its scope, the rate limits, a server error.
const SHARED: [Refusal; 9] = [
    Refusal::InvalidSdkCredentials,
    Refusal::InvalidJwt,
    Refusal::WrongScope,
    Refusal::JtiTooLong,
    Refusal::Replay,
    Refusal::InternalServerError,
    Refusal::MinuteLimit,
    Refusal::HourLimit,
    Refusal::RateLimit,
];

/// The responses of `components`, by name.
pub(super) fn shared(schemas: &mut SchemaGenerator) -> Value {
    let named = by_status(SHARED).into_iter().map(|(status, all)| (name(status), refused(&all, schemas)));
    named.collect::<Map<_, _>>().into()
}

/// The responses of a call: its success, its own refusals, and those of every call.
pub(super) fn of_call(answer: Value, own: &[Refusal], schemas: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    responses
        .insert(key(StatusCode::OK), json!({"description": "The answer (documented).", "content": answer}));
    for status in by_status(SHARED).into_keys() {
        responses.insert(key(status), json!({"$ref": format!("#/components/responses/{}", name(status))}));
    }
    for (status, own) in by_status(own.iter().copied()) {
        // If the call has its own refusals with a shared status, both stand in one place.
        let all = by_status(SHARED).remove(&status).into_iter().flatten().chain(own).collect::<Vec<_>>();
        responses.insert(key(status), refused(&all, schemas));
    }
    responses.into()
}

fn by_status(refusals: impl IntoIterator<Item = Refusal>) -> BTreeMap<StatusCode, Vec<Refusal>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for refusal in refusals {
        all.entry(refusal.status()).or_default().push(refusal);
    }
    all
}

fn refused(refusals: &[Refusal], schemas: &mut SchemaGenerator) -> Value {
    let lines = refusals.iter().map(|refusal| format!("- `{}`: {}", refusal.msg(), refusal.meaning()));
    let examples: Map<_, _> = refusals
        .iter()
        .filter_map(|refusal| {
            let body: Value = serde_json::from_slice(refusal.to_http().body()).ok()?;
            Some((format!("{refusal:?}"), json!({"summary": refusal.meaning(), "value": body})))
        })
        .collect();
    let mut response = json!({
        "description": lines.collect::<Vec<_>>().join("\n"),
        "content": {JSON: {"schema": schemas.subschema_for::<ErrorBody>(), "examples": examples}},
    });
    if refusals.iter().any(|refusal| refusal.is_rate_limit()) {
        response["headers"] = json!({RETRY_AFTER.as_str(): {
            "description": "Seconds, or an HTTP date. A guess: no source says whether the platform sends it.",
            "schema": {"type": ["integer", "string"]},
        }});
    }
    response
}

fn key(status: StatusCode) -> String {
    status.as_str().to_owned()
}

/// `TooManyRequests`
fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or(status.as_str()).replace(' ', "")
}
