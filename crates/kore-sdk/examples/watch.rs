//! Waits for the end of an import and says what happens on the way. `kore emulator` prints the
//! settings that it needs, and ids:
//!
//! ```sh
//! cargo run -p kore-sdk --example watch -- bir-034f
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to its terminal")]

use std::process::ExitCode;
use std::time::Duration;

use kore_sdk::watch::{End, Event};
use kore_sdk::{BotImportId, Client};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let id: BotImportId = std::env::args().nth(1).ok_or("expected an import id as argument")?.parse()?;
    let client = Client::builder()
        .host(std::env::var("KORE_HOST")?)
        .credentials(std::env::var("KORE_CLIENT_ID")?, std::env::var("KORE_CLIENT_SECRET")?)
        .build()?;

    let watch = client.watch_import(&id).deadline(Duration::from_secs(600)).on_event(|event| match event {
        Event::TaskAppeared { entry, .. } => println!("{:?}: {:?}", entry.task_name, entry.status),
        Event::TaskChanged { entry, .. } => println!("{:?}: now {:?}", entry.task_name, entry.status),
        Event::Retrying { because, .. } => println!("trying again: {because}"),
        _ => {}
    });
    match watch.await? {
        End::Succeeded(_) => {
            println!("{id} succeeded");
            return Ok(ExitCode::SUCCESS);
        }
        End::Failed(response) => {
            println!("{id} failed");
            response.import.failed_entries().for_each(|task| println!("  {task:?}"));
        }
        End::DeadlineReached(unended) => {
            println!("{id} was not over at the deadline");
            // A later run that resumes with this token stays within the rate limits.
            println!("{}", serde_json::to_string(&unended.resume)?);
        }
        other => println!("{id}: nobody knows: {other:?}"),
    }
    Ok(ExitCode::FAILURE)
}
