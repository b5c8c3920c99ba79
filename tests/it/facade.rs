//! kore-sdk: what a user of the client sees.

mod against_doubles;
mod against_emulator;
mod against_wiremock;
mod calls;
mod encrypted;
mod exporting;
mod from_env;
mod importing;
mod layers;
mod secrets;
mod signers;
mod vendors;
mod verdicts;
mod watching;
mod watching_faults;
mod watching_many;
mod watching_publish;

use kore_sdk::{BotImportId, ClientBuilder};

/// An id that is safe and that no server knows by itself.
fn id() -> BotImportId {
    BotImportId::new("bir-034fc180-4f84-5c54-a963-5d85b76a36dc").expect("valid")
}

/// A builder with credentials that no output may show.
fn builder(host: &str) -> ClientBuilder {
    kore_sdk::Client::builder().host(host).credentials("cs-1f", SECRET).environment_proxies(false)
}

const SECRET: &str = "hunter2-the-client-secret";
