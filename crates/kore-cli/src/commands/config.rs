//! `kore config`: each setting, its value, where it came from and what is wrong with it; with `--check`
//! also what the platform says to it. It is the command for the question why another one is refused.

mod check;

use std::time::SystemTime;

use kore_sdk::Client;

use super::client;
use crate::args::{ConfigArgs, ConfigOutput};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint::{Asked, Context};
use crate::output::{self, messages};
use crate::settings::{Connection, Identity, Row, Settings, proxies};

pub(crate) use check::{Check, Passed};

/// What another command would ask with.
struct Ready {
    client: Client,
    connection: Connection,
    identity: Identity,
}

pub(crate) async fn config(args: ConfigArgs) -> Result<Exit, Failure> {
    let (identity, connection) = args.question.who_and_whom();
    let settings = Settings::gathered(identity, connection, &Environment::of_process());
    let rows = settings.overview();
    let failures = match ready(&settings, &rows) {
        Ok(ready) if args.check => {
            let check = check::run(&ready.client, &ready.connection, &ready.identity).await;
            return report(args.output, &rows, Some(&check), &[]);
        }
        Ok(_) => Vec::new(),
        Err(failures) => failures,
    };
    report(args.output, &rows, None, &failures)
}

/// What is asked with, or why no command could ask.
fn ready(settings: &Settings, rows: &[Row]) -> Result<Ready, Vec<Failure>> {
    let wrong: Vec<_> =
        rows.iter().filter(|row| !row.failures.is_empty()).map(|row| row.key.name()).collect();
    let mut failures = Vec::new();
    if !wrong.is_empty() {
        failures.push(Failure::usage(format!("wrong settings: {}", wrong.join(", "))));
    }
    failures.extend(settings.complete(None, true).err());
    if failures.is_empty() {
        // What is wrong only with settings together.
        together(settings).map_err(|failure| vec![failure])
    } else {
        Err(failures)
    }
}

fn together(settings: &Settings) -> Result<Ready, Failure> {
    let (connection, identity) = (settings.connection()?, settings.identity()?);
    let client = client::builder(settings, &connection, &identity)?.build();
    let client = client.map_err(|error| explain(&connection, &identity, &error))?;
    Ok(Ready { client, connection, identity })
}

fn explain(connection: &Connection, identity: &Identity, error: &kore_sdk::Error) -> Failure {
    Context { connection, identity, asked: &Asked::IMPORT, timeout_flag: "--timeout", now: SystemTime::now() }
        .failure(error)
}

fn report(
    output: ConfigOutput,
    rows: &[Row],
    check: Option<&Check>,
    failures: &[Failure],
) -> Result<Exit, Failure> {
    let failures = || failures.iter().chain(check.and_then(|check| check.failure.as_ref()));
    let exit = failures().next().map_or(Exit::Success, |failure| failure.exit);
    let written = match output {
        ConfigOutput::Human => output::text(&output::config::human(rows, &proxies(), check)),
        ConfigOutput::Json => output::raw(output::config::json(rows, &proxies(), check, failures(), exit)),
    };
    check.iter().flat_map(|check| &check.warnings).for_each(|warning| messages::warn(warning));
    failures().for_each(messages::error);
    match written {
        // What is wrong with the settings counts before output that is lost.
        Err(failure) if exit != Exit::Success => {
            messages::error(&failure);
            Ok(exit)
        }
        written => written.map(|()| exit),
    }
}
