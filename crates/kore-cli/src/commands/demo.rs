//! `kore demo`

use std::time::Duration;

use kore_emulator::{App, Emulator, Mode, scenarios};
use kore_sdk::{Client, Error};

use super::import_watch::{Shown, Signals, Watch};
use crate::args::WatchOutput;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::watch::exit_code;

/// The imports end long before.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) async fn demo() -> Result<Exit, Failure> {
    let app = App::made_up();
    let emulator = Emulator::builder()
        .app(app.clone())
        .start()
        .await
        .map_err(|error| Failure::usage(format!("cannot serve on 127.0.0.1: {error}")))?;
    // The emulator is here: no proxy is to see this.
    let client = Client::builder()
        .host(emulator.url())
        .credentials(app.client_id().as_str(), app.secret().expose())
        .environment_proxies(false)
        .build()
        .map_err(|error| failure(&error))?;
    output::text("# An emulator of the platform runs inside this process; nothing leaves the machine.\n\n")?;
    let shows = [
        (
            "1. An import of about five seconds. Its tasks appear one by one while it is\n\
             #    watched over a real socket, with signed JWTs.",
            scenarios::demo_success(),
        ),
        ("2. An import that fails: which task, and why.", scenarios::demo_failure()),
    ];
    for (explanation, scenario) in shows {
        // It begins now.
        let id = emulator.create(scenario, Mode::TIME);
        output::text(&format!("# {explanation}\n# kore import watch {id}\n\n"))?;
        let signals =
            Signals::new().map_err(|error| Failure::usage(format!("cannot wait for Ctrl-C: {error}")))?;
        let watch = Watch {
            client: &client,
            pacing: None,
            look_timeout: None,
            timeout: TIMEOUT,
            fail_fast: false,
            tokens: &[],
        };
        let shown = Shown::new(WatchOutput::Human, TIMEOUT);
        let (endings, shown, signal) = watch.run(&[id], signals, shown, &failure).await;
        let exit = signal.unwrap_or_else(|| exit_code(&endings));
        if let Some(failure) = shown.finish(WatchOutput::Human, &endings, exit, None, "") {
            return Err(failure);
        }
        if let Some(signal) = signal {
            return Ok(signal);
        }
        output::text(&format!("\n# Its exit code would be {}.\n\n", exit as u8))?;
    }
    output::text(
        "# For your own imports: kore import watch --help\n\
         # For a server that stays: kore emulator --help\n",
    )?;
    emulator.stop().await;
    Ok(Exit::Success)
}

fn failure(error: &Error) -> Failure {
    let exit = if error.response().is_some() { Exit::OtherAnswer } else { Exit::NoAnswer };
    Failure::new(exit, error)
}
