//! `kore emulator`: serves the same API on this machine until a signal, and prints what a client sets.

mod apps;
mod client_file;
mod tls;

use std::ffi::OsStr;
use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use kore_emulator::{
    Emulator, EmulatorBuilder, Faults, InputError, JobKind, Mode, Scenario, Speed, samples, scenarios,
};
use kore_sdk::variables::{CA_FILE, HOST, JWE_KEY_FILE};

use crate::args::{EmulatorArgs, Moved};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Stream};
use crate::shell::Shell;
use apps::Apps;
use client_file::ClientFile;

use crate::signals::Signals;

pub(crate) async fn emulator(args: &EmulatorArgs) -> Result<Exit, Failure> {
    if args.apps.is_empty() && !args.bind.to_canonical().is_loopback() {
        let reached =
            format!("other machines can reach {}, and made-up credentials are for this one", args.bind);
        return Err(Failure::usage(reached).hint("say who may call: --app CLIENT-ID:SECRET-FILE"));
    }
    let Apps { apps, settings } = Apps::of(&args.apps)?;
    let builder = apps.into_iter().fold(tls::of(args, imports(args)?)?, EmulatorBuilder::app);
    let builder = builder.bind(args.bind).port(args.port);
    let limit_status = args.limit_status.try_into().expect("the arguments allow no other");
    let builder = builder.limit_status(limit_status).retry_after(args.retry_after);
    let is_resumed = args.state.as_ref().is_some_and(|path| path.metadata().is_ok_and(|file| file.len() > 0));
    let emulator = builder.start().await.map_err(|error| cannot_start(args, &error))?;
    let ca_file = tls::ca_file(&emulator)?;
    let jwk_file = apps::jwk_file(&emulator)?;
    // Before the lines are there: who reads them may send the signal.
    let mut signals = Signals::new().map_err(Signals::cannot)?;
    if let (true, Some(path), false) = (is_resumed, &args.state, args.scenarios.is_empty()) {
        Stream::Stderr.raw(format!(
            "the imports come from {}, and --scenario is for a new file: remove the file to begin anew\n",
            path.display()
        ));
    }
    Stream::Stdout.styled(&lines(&emulator, settings, &[(CA_FILE, &ca_file), (JWE_KEY_FILE, &jwk_file)]));
    if io::stderr().is_terminal() {
        tell(&emulator.url(), !args.no_control);
    }
    // It serves while the lines are read.
    let stopped = tokio::select! {
        _ = signals.next() => true,
        delivered = output::delivered() => delivered.map(|()| false)?,
    };
    if !stopped {
        signals.next().await;
    }
    emulator.stop().await;
    Ok(Exit::Success)
}

/// What a client sets, for a shell, and behind that the imports: who sees one of those has all.
fn lines(
    emulator: &Emulator,
    settings: Vec<(&'static str, String)>,
    files: &[(&'static str, &Option<ClientFile>)],
) -> String {
    let host = [(HOST, emulator.url())].into_iter();
    let files = files.iter().filter_map(|(name, file)| Some((*name, file.as_ref()?.path())));
    let settings = host.chain(settings).chain(files);
    let shell = Shell::of_process();
    let settings = settings.map(|(name, value)| shell.set(name, &value) + "\n");
    settings.chain(emulator.import_ids().into_iter().map(|id| format!("{id}\n"))).collect()
}

fn cannot_start(args: &EmulatorArgs, error: &io::Error) -> Failure {
    if error.get_ref().is_some_and(|inner| inner.is::<InputError>()) {
        return Failure::usage(format!("--state: {error}"));
    }
    let hint = match error.kind() {
        // It says all itself, of certificate and key for one.
        io::ErrorKind::InvalidInput => return Failure::usage(error),
        io::ErrorKind::AddrInUse => Some("--port 0 takes a free one"),
        io::ErrorKind::PermissionDenied => {
            Some("ports from 1024 on are free for all users; --port 0 takes one")
        }
        io::ErrorKind::AddrNotAvailable => Some("--bind takes an address of this machine"),
        _ => None,
    };
    let address = SocketAddr::new(args.bind, args.port);
    Failure::usage(format!("cannot serve on {address}: {error}")).hint_if(hint)
}

/// An emulator with the imports that were asked for, and the faults.
fn imports(args: &EmulatorArgs) -> Result<EmulatorBuilder, Failure> {
    let kept = u64::from(args.keep_files) * 1024 * 1024;
    let mut emulator = Emulator::builder().lenient(args.lenient).kept_contents(kept);
    if args.no_control {
        emulator = emulator.control(false);
    }
    if let Some(path) = &args.state {
        emulator = emulator.state(path);
    }
    if let Some(path) = &args.faults {
        emulator = emulator.faults(faults(path)?);
    }
    let mode = match (args.mode, args.speed) {
        (Moved::Time, speed) => Mode::Time { speed: speed.unwrap_or(Speed::REAL) },
        (_, Some(_)) => return Err(Failure::usage("--speed is for --mode time alone")),
        (Moved::AtOnce, None) => Mode::AtOnce,
        (Moved::Looks, None) => Mode::LOOKS,
    };
    emulator = args.bots.iter().cloned().fold(emulator.started_mode(mode), EmulatorBuilder::bot);
    let mut has_import = false;
    for name in &args.scenarios {
        let scenario = Arc::new(scenario(name)?);
        // An export and a publish are of a bot, and there is none before a client starts it.
        if scenario.job() == JobKind::Import {
            has_import = true;
            emulator = emulator.scenario(Arc::clone(&scenario), mode);
        }
        emulator = emulator.started(scenario, mode);
    }
    Ok(if has_import { emulator } else { emulator.imports(samples::each_outcome()) })
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
    Stream::Stderr.raw(format!(
        "serving on {url} until Ctrl-C; paste the export lines into another shell to use it{page}\n"
    ));
}
