//! The OpenAPI 3.1 document of the API, made from the endpoints, the refusals and the models.
//!
//! No fact stands twice. Paths, methods and scopes come from the metadata of the endpoints, statuses
//! and messages from the [`Refusal`]s, fields from the models of `kore-types`. An endpoint adds the
//! rest in its own file with `Described`, and has a line in `OPERATIONS`.
//!
//! The committed document is [`OPENAPI_JSON`](crate::OPENAPI_JSON); `cargo xtask openapi` writes
//! it anew.

pub(crate) mod described;
mod operation;
mod responses;
#[cfg(test)]
mod tests;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use self::operation::Operation;
use crate::bot_import::{get_status, start_existing, start_new};
use crate::file::upload;
use crate::{AUTH_HEADER, Refusal};
use crate::{bot_export, bot_publish};

/// All endpoints. A test compares them with the files.
const OPERATIONS: &[Operation] = &[
    Operation::of::<upload::Request>(),
    Operation::of::<start_new::Request>(),
    Operation::of::<start_existing::Request>(),
    Operation::of::<get_status::Request>(),
    Operation::of::<bot_export::start::Request>(),
    Operation::of::<bot_export::get_status::Request>(),
    Operation::of::<bot_publish::start::Request>(),
    Operation::of::<bot_publish::get_status::Request>(),
];

/// The name of the one security scheme, for references within the document.
const SCHEME: &str = "auth";

/// The document, with sorted keys, so that each build writes the same.
///
/// Responses are described as a server writes them: keys that every documented response has are
/// required, and no value is `null`. The models of `kore-types` read more than that.
pub fn document() -> Value {
    document_of(OPERATIONS)
}

fn document_of(operations: &[Operation]) -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut schemas = settings.into_generator();

    let mut paths = Map::new();
    for operation in operations {
        let path = paths.entry(operation.path()).or_insert_with(|| json!({}));
        path[operation.method()] = operation.describe(&mut schemas);
    }
    let mut document = json!({
        "openapi": "3.1.1",
        "info": info(),
        "servers": [{
            "url": "https://{host}",
            "variables": {"host": {
                "default": "bots.kore.ai",
                "description": "The host of the environment; there are regional ones, and customers' own.",
            }},
        }],
        "paths": paths,
        "components": components(&mut schemas),
    });
    document.sort_all_objects();
    document
}

fn info() -> Value {
    let line = |refusal: Refusal| {
        format!("- {} `{}`: {}", refusal.status().as_u16(), refusal.msg(), refusal.meaning())
    };
    json!({
        "title": "Kore.ai bot import",
        "version": env!("CARGO_PKG_VERSION"),
        "description": format!(
            "The bot-import API of the Kore.ai platform, as far as the vendor's documents and public \
             tests show it; nothing here is made or endorsed by Kore.ai. What is only tested or only a \
             guess is called so. Words that come in an open set (`status`, `taskType`) are strings, and \
             objects may hold further keys. Required are the keys without which an answer says nothing; \
             the documented samples hold more.\n\n\
             The token and its scope are checked before the rest of a request (tested). What is no call \
             of the API is answered:\n\n{}\n{}",
            line(Refusal::MethodNotAllowed),
            line(Refusal::UnknownPath),
        ),
    })
}

fn components(schemas: &mut SchemaGenerator) -> Value {
    let responses = responses::shared(schemas);
    json!({
        "securitySchemes": {SCHEME: {
            "type": "apiKey",
            "in": "header",
            "name": AUTH_HEADER.as_str(),
            "description": "A JWT without a scheme word before it, signed with the secret of an app of the \
                Admin Console (HS256). Its payload has `sub`, any text, and `appId`, the client id. An app \
                that enforces JTI takes tokens only with a `jti`, each once, and with an `exp` at most an \
                hour off.",
        }},
        "responses": responses,
        "schemas": schemas.take_definitions(true),
    })
}
