//! `kore import status`: one poll of one import.

use std::time::SystemTime;

use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::{BotImportId, Outcome};

use super::client;
use super::import_ids::import_id;
use crate::args::{Output, StatusArgs};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint::{Asked, Context};
use crate::output;
use crate::output::messages::warn;
use crate::settings::Settings;
use crate::watch::Shown as _;

pub(crate) async fn import_status(args: StatusArgs) -> Result<Exit, Failure> {
    let id = args.id.as_deref().map(import_id).transpose()?;
    let (identity, connection) = args.question.who_and_whom();
    let settings = Settings::read(identity, connection, &Environment::of_process())?;
    settings.complete(id.is_none().then_some("kore import status bir-…"), true)?;
    let Some(id) = id else { return Err(Failure::usage("no import id given")) };
    let connection = settings.connection()?;
    let identity = settings.identity()?;

    let context = |error| {
        let now = SystemTime::now();
        Context {
            connection: &connection,
            identity: &identity,
            asked: &Asked::IMPORT,
            timeout_flag: "--timeout",
            now,
        }
        .failure(&error)
    };
    let client = client::builder(&settings, &connection, &identity)?.build().map_err(context)?;
    let response = client.send(&get_status::Request::new(id)).await.map_err(context)?;

    let document = BotImportId::document(&response.response, SystemTime::now());
    if let Some(warning) = &document.warning {
        warn(warning);
    }
    let written = match args.output {
        Output::Human => output::human(&document),
        Output::Json => output::json(&response.body),
    };
    let exit = if args.exit_status { exit_status(document.outcome) } else { Exit::Success };
    match written {
        // As for a watch: no output that is lost hides what became of the import.
        Err(failure) if exit != Exit::Success => {
            output::messages::error(&failure);
            Ok(exit)
        }
        written => written.map(|()| exit),
    }
}

fn exit_status(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Succeeded => Exit::Success,
        Outcome::Failed => Exit::ImportFailed,
        Outcome::Running | Outcome::Unknown => Exit::ImportNotOver,
    }
}
