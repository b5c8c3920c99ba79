//! `kore demo`

use kore_emulator::{App, Emulator, samples};
use kore_sdk::{Client, Error};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

pub(crate) async fn demo() -> Result<Exit, Failure> {
    let app = App::made_up();
    let emulator = Emulator::builder()
        .app(app.clone())
        .imports(samples::each_outcome())
        .start()
        .await
        .map_err(|error| Failure::usage(format!("cannot serve on 127.0.0.1: {error}")))?;
    // The emulator is here: no proxy is to see this.
    let client = Client::builder()
        .host(emulator.url())
        .credentials(app.client_id().as_str(), app.secret().expose())
        .environment_proxies(false)
        .build()
        .map_err(failure)?;
    let explanations = [
        "1. An import that succeeded: the sample of the API's document,\n\
         #    fetched over a real socket with a signed JWT.",
        "2. An import that runs: what is open comes before what is done.",
        "3. An import that failed: which task, and why.",
    ];
    for (id, explanation) in emulator.import_ids().iter().zip(explanations) {
        let import = client.bot_import_status(id).await.map_err(failure)?;
        output::text(&format!("# {explanation}\n# kore import status {id}\n\n"))?;
        output::human(&import)?;
        output::text("\n")?;
    }
    output::text("# For your own imports: kore import status --help\n")?;
    emulator.stop().await;
    Ok(Exit::Success)
}

fn failure(error: Error) -> Failure {
    let exit = if error.response().is_some() { Exit::OtherAnswer } else { Exit::NoAnswer };
    Failure::new(exit, error)
}
