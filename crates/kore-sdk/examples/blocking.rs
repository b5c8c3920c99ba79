//! Waits for the end of an import without an async runtime. `kore emulator` prints the settings that
//! it needs, and ids:
//!
//! ```sh
//! cargo run -p kore-sdk --example blocking -- bir-034f
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to its terminal")]

use std::time::Duration;

use kore_sdk::BotImportId;
use kore_sdk::blocking::Client;
use kore_sdk::watch::End;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id: BotImportId = std::env::args().nth(1).ok_or("expected an import id as argument")?.parse()?;
    let client = Client::builder()
        .host(std::env::var("KORE_HOST")?)
        .credentials(std::env::var("KORE_CLIENT_ID")?, std::env::var("KORE_CLIENT_SECRET")?)
        .build_blocking()?;

    println!("{id} has the status {:?}", client.bot_import_status(&id)?.status);
    match client.watch_import(&id).deadline(Duration::from_secs(600)).run()? {
        End::Succeeded(_) => println!("{id} succeeded"),
        End::Failed(response) => {
            println!("{id} failed, in {} tasks", response.import.failed_entries().count());
        }
        other => println!("{id} has no outcome: {other:?}"),
    }
    Ok(())
}
