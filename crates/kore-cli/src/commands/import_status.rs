//! `kore import status`

use std::time::SystemTime;

use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::types::Printable;
use kore_sdk::{BotImport, BotImportId, Client, ClientBuilder, Outcome};

use crate::args::{Output, StatusArgs};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::{Failure, warn};
use crate::hint::Context;
use crate::output;
use crate::settings::{Connection, Credentials, Identity, Settings, ca_file};

pub(crate) async fn import_status(args: StatusArgs) -> Result<Exit, Failure> {
    let id = args.id.map(|id| {
        // What is not UTF-8 becomes U+FFFD here, which no id allows.
        BotImportId::new(id.to_string_lossy())
            .map_err(|error| Failure::usage(error).hint("the import call answers with the id as _id"))
    });
    let id = id.transpose()?;
    let settings = Settings::read(args.identity, args.connection, &Environment::of_process())?;
    settings.complete(id.is_none(), true)?;
    let Some(id) = id else { return Err(Failure::usage("no import id given")) };
    let connection = settings.connection()?;
    let identity = settings.identity()?;

    let context = |error| {
        Context { connection: &connection, identity: &identity, now: SystemTime::now() }.failure(&error)
    };
    let client = builder(&settings, &connection, &identity)?.build().map_err(context)?;
    let answer = client.send(&get_status::Request::new(id.clone())).await.map_err(context)?;

    let import = &answer.response.import;
    let other = about_another(import, &id);
    if let (Some(message), false) = (&other, args.exit_status) {
        warn(message);
    }
    if let Some(message) = doubt(import) {
        warn(&message);
    }
    match args.output {
        Output::Human => output::human(import)?,
        Output::Json => output::json(&answer.body)?,
    }
    match (args.exit_status, other) {
        (false, _) => Ok(Exit::Success),
        (true, None) => Ok(exit_status(import.outcome())),
        (true, Some(message)) => Err(Failure::new(Exit::OtherAnswer, message)
            .hint("how another import ended is no exit status; ask again, and look for a cache on the way")),
    }
}

fn builder(
    settings: &Settings,
    connection: &Connection,
    identity: &Identity,
) -> Result<ClientBuilder, Failure> {
    let mut builder = Client::builder()
        .host(connection.host.value.to_string())
        .jti(settings.jti())
        .allow_http(connection.allow_http);
    builder = match identity {
        Identity::Jwt(jwt) => builder.token(jwt.value.expose()),
        Identity::Credentials(Credentials { id, secret }) => {
            builder.credentials(id.value.as_str(), secret.value.expose())
        }
    };
    if let Some(subject) = settings.subject() {
        builder = builder.subject(subject);
    }
    if let Some(timeout) = connection.timeout {
        // Connecting is within it, so a longer one is for a slow connection too.
        builder = builder.timeout(timeout).connect_timeout(timeout);
    }
    if let Some(file) = &connection.ca_file {
        builder = builder.add_ca_pem(ca_file::read(file)?);
    }
    Ok(builder)
}

fn exit_status(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Succeeded => Exit::Success,
        Outcome::Failed => Exit::ImportFailed,
        Outcome::Running | Outcome::Unknown => Exit::ImportNotOver,
    }
}

/// What is odd, if the answer says that it is about another import.
fn about_another(import: &BotImport, asked: &BotImportId) -> Option<String> {
    let other = import.id.get().filter(|id| *id != asked)?;
    Some(format!("asked for {asked}, the answer is about {}", Printable::text(other.as_str())))
}

/// Why the status of the import is not all that there is to know.
fn doubt(import: &BotImport) -> Option<String> {
    if import.status.get().is_none() {
        return Some("the answer has no status: nothing can be concluded from it".to_owned());
    }
    match import.failed_entries().count() {
        failed if failed > 0 && import.outcome() == Outcome::Succeeded => Some(format!(
            "the platform says that the import succeeded, and that {failed} of its tasks failed"
        )),
        _ => None,
    }
}
