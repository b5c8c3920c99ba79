//! The part of kore-sdk: tokens and TLS against an emulator, with both clients.

use kore_emulator::{App, Emulator, samples};
use kore_sdk::{BotImportId, ClientBuilder, Outcome};

pub async fn works(provider: &str) {
    assert_eq!(kore_sdk::auth::provider(), Some(provider));
    let app = App::made_up();
    let (id, secret) = (app.client_id().clone(), app.secret().expose().to_vec());
    let emulator = Emulator::builder().app(app).import(samples::succeeded()).self_signed().start().await;
    let emulator = emulator.expect("the emulator serves HTTPS");
    let import = emulator.import_ids().remove(0);
    let settings = || -> ClientBuilder {
        kore_sdk::Client::builder()
            .host(emulator.url())
            .credentials(id.as_str(), secret.clone())
            .environment_proxies(false)
            .add_ca_pem(emulator.ca_pem().expect("its own authority"))
    };
    let client = settings().build().expect("a client");
    assert_eq!(client.bot_import_status(&import).await.expect("answered").outcome(), Outcome::Succeeded);
    let client = settings().build_blocking().expect("a blocking client");
    let ask = move |import: BotImportId| client.bot_import_status(&import).map(|import| import.outcome());
    let asked = tokio::task::spawn_blocking(move || ask(import)).await.expect("no panic");
    assert_eq!(asked.expect("answered"), Outcome::Succeeded);
}
