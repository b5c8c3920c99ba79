//! The description of one call in the OpenAPI document.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::described::{Described, JSON};
use super::{SCHEME, responses};
use crate::{Metadata, OutgoingRequest, OutgoingResponse, Quota, RateLimit, Scope};

/// A [`Described`] endpoint in a list.
pub(super) struct Operation {
    metadata: Metadata,
    describe: fn(&mut SchemaGenerator) -> Value,
}

impl Operation {
    pub(super) const fn of<E: Described>() -> Self {
        Self { metadata: E::METADATA, describe: describe::<E> }
    }

    pub(super) fn path(&self) -> &'static str {
        self.metadata.path.as_str()
    }

    /// The key of the method in a document.
    pub(super) fn method(&self) -> String {
        self.metadata.method.as_str().to_ascii_lowercase()
    }

    pub(super) fn describe(&self, schemas: &mut SchemaGenerator) -> Value {
        (self.describe)(schemas)
    }
}

fn describe<E: Described>(schemas: &mut SchemaGenerator) -> Value {
    let sample = E::sample();
    let answer = sample.as_ref().and_then(|(_, answer)| answer.to_body().ok());
    let mut operation = json!({
        "operationId": E::ID,
        "summary": E::SUMMARY,
        "description": description(&E::METADATA),
        "externalDocs": {"url": E::DOCUMENT},
        "security": [{SCHEME: Vec::from_iter(E::METADATA.scope.map(|scope| scope.name))}],
        "responses": responses::of_call(
            content(JSON, schemas.subschema_for::<E::ResponseBody>().into(), answer),
            E::REFUSALS,
            schemas,
        ),
    });
    let parameters = parameters::<E>(sample.as_ref().map(|(request, _)| request), schemas);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    let body = schemas.subschema_for::<E::RequestBody>();
    if body != schemas.subschema_for::<()>() {
        let example = sample.and_then(|(request, _)| request.to_body().as_bytes().map(|body| body.to_vec()));
        operation["requestBody"] =
            json!({"required": true, "content": content(E::BODY_TYPE, body.into(), example)});
    }
    operation
}

fn description(metadata: &Metadata) -> String {
    let Metadata { scope, rate_limit, .. } = metadata;
    let whose = match rate_limit {
        RateLimit::PerImport => "import",
        RateLimit::PerBot => "bot",
        RateLimit::PerApp => "app",
    };
    let [minute, hour] = [Quota::PER_MINUTE, Quota::PER_HOUR]
        .map(|quota| format!("{} requests in any {} s", quota.requests, quota.period.as_secs()));
    let scope = match scope {
        Some(Scope { name, admin_console }) => {
            format!("The app of the token must hold the scope `{name}` (Admin Console: {admin_console}).")
        }
        None => "The app of the token needs no scope.".to_owned(),
    };
    format!("{scope} Rate limits for each {whose}: {minute} and {hour} (documented).")
}

/// The variables of the path. Their schemas are the items of the tuple.
fn parameters<E: Described>(sample: Option<&E>, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let mut types = E::PathValues::json_schema(schemas);
    let types = match types.remove("prefixItems") {
        Some(Value::Array(types)) => types,
        _ => Vec::new(),
    };
    let values = sample.map(OutgoingRequest::path_values).unwrap_or_default();
    let variables = E::METADATA.path.variables().zip(types).enumerate();
    variables
        .map(|(at, (name, schema))| {
            let mut parameter = json!({"name": name, "in": "path", "required": true, "schema": schema});
            if let Some(value) = values.get(at) {
                parameter["example"] = (*value).into();
            }
            parameter
        })
        .collect()
}

/// A body with its content type and schema, and the documented sample if that is JSON.
fn content(body_type: &str, schema: Value, sample: Option<Vec<u8>>) -> Value {
    let mut described = json!({"schema": schema});
    if let Some(sample) = sample.and_then(|sample| serde_json::from_slice::<Value>(&sample).ok()) {
        described["example"] = sample;
    }
    json!({body_type: described})
}
