//! `kore emulator`

use std::ffi::OsStr;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use kore_emulator::{
    App, Emulator, EmulatorBuilder, Faults, InputError, Mode, Scenario, Speed, samples, scenarios,
};

use crate::args::{EmulatorArgs, Moved};
use crate::environment::{CLIENT_ID, CLIENT_SECRET, HOST};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::shell::quoted;

pub(crate) async fn emulator(args: &EmulatorArgs) -> Result<Exit, Failure> {
    let cannot = |what: &str, error: io::Error| Failure::usage(format!("cannot {what}: {error}"));
    let app = App::made_up();
    let emulator = imports(args)?.port(args.port).app(app.clone()).start().await.map_err(|error| {
        if error.get_ref().is_some_and(|inner| inner.is::<InputError>()) {
            return Failure::usage(format!("--state: {error}"));
        }
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
        tell(&emulator.url(), !args.no_control);
    }
    stopped.await;
    emulator.stop().await;
    Ok(Exit::Success)
}

/// An emulator with the imports that were asked for, and the faults.
fn imports(args: &EmulatorArgs) -> Result<EmulatorBuilder, Failure> {
    let mut emulator = Emulator::builder().lenient(args.lenient).control(!args.no_control);
    if let Some(path) = &args.state {
        emulator = emulator.state(path);
    }
    if let Some(path) = &args.faults {
        emulator = emulator.faults(faults(path)?);
    }
    if args.scenarios.is_empty() {
        return Ok(emulator.imports(samples::each_outcome()));
    }
    let mode = match (args.mode, args.speed) {
        (Moved::Time, speed) => Mode::Time { speed: speed.unwrap_or(Speed::REAL) },
        (_, Some(_)) => return Err(Failure::usage("--speed is for --mode time alone")),
        (Moved::AtOnce, None) => Mode::AtOnce,
        (Moved::Looks, None) => Mode::LOOKS,
    };
    for name in &args.scenarios {
        emulator = emulator.scenario(scenario(name)?, mode);
    }
    Ok(emulator)
}

fn faults(path: &Path) -> Result<Faults, Failure> {
    Faults::from_file(path).map_err(|error| Failure::usage(format!("--faults: {error}")))
}

/// One of the library by its name, or one in a file.
fn scenario(name: &OsStr) -> Result<Scenario, Failure> {
    if let Some(scenario) = name.to_str().and_then(scenarios::named) {
        return Ok(scenario);
    }
    let path = Path::new(name);
    let is_name = path.extension().is_none() && path.components().count() < 2 && !path.exists();
    if is_name {
        let names = scenarios::names().collect::<Vec<_>>().join(", ");
        let unknown = format!("--scenario: there is no scenario {:?}", name.to_string_lossy());
        return Err(Failure::usage(unknown)
            .hint(format!("give a file that ends in .toml or .json, or one of these names: {names}")));
    }
    Scenario::from_file(path).map_err(|error| Failure::usage(format!("--scenario: {error}")))
}

/// Why the command does not end, for a person.
fn tell(url: &str, has_page: bool) {
    let page = if has_page { format!("; {url}/_emulator/ shows what happens") } else { String::new() };
    // If it cannot be written, the server runs all the same.
    let _ = writeln!(
        io::stderr(),
        "serving on {url} until Ctrl-C; paste the export lines into another shell to use it{page}"
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
