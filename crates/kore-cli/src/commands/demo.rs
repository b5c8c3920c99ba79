//! `kore demo`: watches two imports of an emulator that runs inside this process, so that a newcomer sees
//! the command at work without an account.

use std::time::Duration;

use kore_emulator::{App, Emulator, Mode, scenarios};
use kore_sdk::{Client, Error};

use super::import_watch::{Display, Watch};
use crate::args::WatchOutput;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Stream};
use crate::signals::Signals;
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
        .user_agent(super::client::USER_AGENT)
        .credentials(app.client_id().as_str(), app.secret().expose())
        .environment_proxies(false)
        .build()
        .map_err(|error| failure(&error))?;
    let mut signals = Signals::new().map_err(Signals::cannot)?;
    Stream::Stdout
        .styled("# An emulator of the platform runs inside this process; nothing leaves the machine.\n\n");
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
        Stream::Stdout.styled(&format!("# {explanation}\n# kore import watch {id}\n\n"));
        let watch = Watch {
            client: &client,
            pacing: None,
            poll_timeout: None,
            timeout: TIMEOUT,
            fail_fast: false,
            tokens: &[],
        };
        let mut display = Display::new(WatchOutput::Human, TIMEOUT);
        let (endings, signal) = watch.run(&[id], &mut signals, &mut display, &failure).await;
        let exit = signal.unwrap_or_else(|| exit_code(&endings));
        display.finish(&endings, exit, None, "");
        if let Some(signal) = signal {
            return Ok(signal);
        }
        if let Some(failure) = output::drain() {
            return Err(failure);
        }
        Stream::Stdout.styled(&format!("\n# Its exit code would be {}.\n\n", exit as u8));
    }
    Stream::Stdout.styled(
        "# For your own imports: kore import watch --help\n\
         # For a server that stays: kore emulator --help\n",
    );
    emulator.stop().await;
    Ok(Exit::Success)
}

fn failure(error: &Error) -> Failure {
    let exit = if error.response().is_some() { Exit::OtherResponse } else { Exit::NoResponse };
    Failure::new(exit, error)
}
