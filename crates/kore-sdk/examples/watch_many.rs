//! Waits for the ends of many imports at once, and tells of each as it ends. `kore emulator` prints
//! the settings that it needs, and ids:
//!
//! ```sh
//! cargo run -p kore-sdk --example watch_many -- bir-034f bir-77aa
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to its terminal")]

use std::time::Duration;

use kore_sdk::watch::{End, Update};
use kore_sdk::{BotImportId, Client};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ids = std::env::args().skip(1).map(|id| id.parse()).collect::<Result<Vec<BotImportId>, _>>()?;
    let client = Client::builder()
        .host(std::env::var("KORE_HOST")?)
        .credentials(std::env::var("KORE_CLIENT_ID")?, std::env::var("KORE_CLIENT_SECRET")?)
        .build()?;

    // One deadline for all; what becomes of one import does not touch the others.
    let mut updates = client.watch_imports(ids).deadline(Duration::from_secs(600)).updates();
    let mut succeeded = 0;
    while let Some(update) = updates.next().await {
        let Update::Ended { job: id, end } = update else { continue };
        match end {
            Ok(End::Succeeded(_)) => {
                succeeded += 1;
                println!("{id} succeeded");
            }
            Ok(End::Failed(response)) => {
                println!("{id} failed, in {} tasks", response.import.failed_entries().count());
            }
            Ok(other) => println!("{id} has no outcome: {other:?}"),
            Err(too_soon) => println!("{id}: {too_soon}"),
        }
    }
    println!("{succeeded} succeeded");
    Ok(())
}
