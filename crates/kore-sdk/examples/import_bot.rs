//! Imports an export into a bot that exists, and waits for the end. The folder is one as an export
//! unzips; the import is a full one, so that the bot loses what the folder lacks:
//!
//! ```sh
//! cargo run -p kore-sdk --example import_bot -- st-1f export/
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to its terminal")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use kore_sdk::watch::End;
use kore_sdk::{BotId, Client, ImportEvent, ImportFile, ImportFiles, ImportMode};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let bot_id: BotId = arguments.next().ok_or("expected a bot id as first argument")?.parse()?;
    let folder = arguments.next().ok_or("expected a folder as second argument")?;
    let folder = Path::new(&folder);
    let definition = ImportFile::from_path(folder.join("botDefinition.json"))?;
    let config = ImportFile::from_path(folder.join("config.json"))?;

    let client = Client::builder()
        .host(std::env::var("KORE_HOST")?)
        .credentials(std::env::var("KORE_CLIENT_ID")?, std::env::var("KORE_CLIENT_SECRET")?)
        .build()?;
    let import = client
        .import_bot(ImportFiles::new(definition, config))
        .into_bot(bot_id, ImportMode::Full)
        .on_event(|event| match event {
            ImportEvent::Uploaded { name, length, .. } => println!("{name}: {length} bytes uploaded"),
            // Before the start is sent: whoever stops this program now does not know what became of it.
            ImportEvent::Starting => println!("starting"),
            ImportEvent::Started { import_id, .. } => println!("{import_id} started"),
            ImportEvent::Waiting { because, .. } => println!("waiting: {because}"),
            _ => {}
        })
        .watch(|wait| wait.deadline(Duration::from_secs(600)));

    match import.await {
        Ok(End::Succeeded(_)) => {
            println!("succeeded");
            return Ok(ExitCode::SUCCESS);
        }
        Ok(End::Failed(response)) => {
            println!("failed");
            response.import.failed_entries().for_each(|task| println!("  {task:?}"));
        }
        Ok(end) => println!("nobody knows yet: {end:?}"),
        // Nothing is started again by itself: there might be two.
        Err(error) if error.may_have_started() => println!("perhaps started: {error}"),
        Err(error) => println!("not started: {error}"),
    }
    Ok(ExitCode::FAILURE)
}
