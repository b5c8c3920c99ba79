//! Asks once how an import is going. `kore emulator` prints the settings that it needs, and ids:
//!
//! ```sh
//! cargo run -p kore-sdk --example status -- bir-034f
//! ```
#![allow(clippy::print_stdout, reason = "an example talks to its terminal")]

use kore_sdk::{BotImportId, Client, Outcome};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id: BotImportId = std::env::args().nth(1).ok_or("expected an import id as argument")?.parse()?;
    // From KORE_HOST, KORE_CLIENT_ID and KORE_CLIENT_SECRET, and what else the command kore reads.
    let client = Client::from_env()?;

    let import = client.bot_import_status(&id).await?;
    match import.outcome() {
        Outcome::Succeeded => println!("{id} succeeded"),
        Outcome::Failed => {
            println!("{id} failed");
            for task in import.failed_entries() {
                // What the platform says of the reason is under a key that no document names.
                println!("  {:?} {:?} {:?}", task.task_type, task.task_name, task.extra);
            }
        }
        Outcome::Running => println!("{id} is not over"),
        // A word that this version does not know is never taken for a success.
        Outcome::Unknown => println!("{id} has an unknown status: {:?}", import.status),
    }
    Ok(())
}
