//! `kore emulator`

use std::io::{self, IsTerminal as _, Write as _};

use kore_emulator::{App, Emulator, samples};

use crate::args::EmulatorArgs;
use crate::environment::{CLIENT_ID, CLIENT_SECRET, HOST};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::shell::quoted;

pub(crate) async fn emulator(args: &EmulatorArgs) -> Result<Exit, Failure> {
    let cannot = |what: &str, error: io::Error| Failure::usage(format!("cannot {what}: {error}"));
    let app = App::made_up();
    let emulator = Emulator::builder()
        .port(args.port)
        .app(app.clone())
        .imports(samples::each_outcome())
        .start()
        .await
        .map_err(|error| {
            cannot(&format!("serve on 127.0.0.1:{}", args.port), error).hint("--port 0 takes a free port")
        })?;
    // Before the lines are there: who reads them may send the signal.
    let stopped = stopped().map_err(|error| cannot("wait for Ctrl-C", error))?;
    let secret = String::from_utf8_lossy(app.secret().expose());
    let mut lines = String::new();
    for (name, value) in
        [(HOST, &*emulator.url()), (CLIENT_ID, app.client_id().as_str()), (CLIENT_SECRET, &*secret)]
    {
        lines.push_str(&format!("export {name}={}\n", quoted(value)));
    }
    for id in emulator.import_ids() {
        lines.push_str(&format!("{id}\n"));
    }
    output::text(&lines)?;
    if io::stderr().is_terminal() {
        tell(&emulator.url());
    }
    stopped.await;
    emulator.stop().await;
    Ok(Exit::Success)
}

/// Why the command does not end, for a person.
fn tell(url: &str) {
    // If it cannot be written, the server runs all the same.
    let _ = writeln!(
        io::stderr(),
        "serving on {url} until Ctrl-C; paste the export lines into another shell to use it"
    );
}

/// Listens from now on; ends with Ctrl-C or SIGTERM.
#[cfg(unix)]
fn stopped() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        std::future::poll_fn(|context| {
            if interrupt.poll_recv(context).is_ready() {
                return std::task::Poll::Ready(());
            }
            terminate.poll_recv(context).map(drop)
        })
        .await;
    })
}

#[cfg(not(unix))]
fn stopped() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without the signal the process ends as the system has it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
