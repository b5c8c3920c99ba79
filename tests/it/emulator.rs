//! kore-emulator as a place to test pipelines, with kore-sdk as the pipeline.

mod bot_jobs;
mod control;
mod faulty;
mod hostile;
mod living;
mod starting;
mod strict;
mod tls;
mod watched;

use kore_emulator::{App, Emulator, EmulatorBuilder};
use kore_sdk::auth::Secret;
use kore_sdk::types::ClientId;
use kore_sdk::{Client, ClientBuilder};

fn emulator() -> EmulatorBuilder {
    let secret = Secret::new("s3cret").expect("not empty");
    Emulator::builder().app(App::new(ClientId::new("cs-1f").expect("valid"), secret))
}

fn client_of(emulator: &Emulator) -> ClientBuilder {
    Client::builder().host(emulator.url()).credentials("cs-1f", "s3cret").environment_proxies(false)
}

fn client(emulator: &Emulator) -> Client {
    client_of(emulator).build().expect("builds")
}
