//! `kore import watch`

mod display;
mod ids;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use kore_sdk::watch::{Pacing, ResumeToken, Update};
use kore_sdk::{BotImportId, Client};

use super::client;
use crate::args::{ReportArgs, WatchArgs, flags_of_watch};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::{Failure, say, warn};
use crate::hint::Context;
use crate::output;
use crate::reports;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::watch::{Board, Ending, command, exit_code, read_resumed, timeout_that_works};

pub(super) use display::Display;

const RUN: &str = "kore import watch bir-…";

pub(crate) async fn import_watch(mut args: WatchArgs) -> Result<Exit, Failure> {
    args.connection.timeout = args.request_timeout;
    for (flag, path) in [("--junit", &args.reports.junit), ("--summary", &args.reports.summary)] {
        // Soon, and not when there is something to report.
        let Some(path) = path else { continue };
        reports::check(path).map_err(|why| Failure::usage(format!("{flag} {}: {why}", path.display())))?;
    }
    let (ids, tokens) = imports(&args)?;
    let settings = Settings::read(args.identity, args.connection, &Environment::of_process())?;
    settings.complete(ids.is_empty().then_some(RUN), true)?;
    let connection = settings.connection()?;
    let identity = settings.identity()?;
    let explain = |error: &kore_sdk::Error| {
        let now = SystemTime::now();
        let timeout_flag = "--request-timeout";
        Context { connection: &connection, identity: &identity, timeout_flag, now }.failure(error)
    };
    let client =
        client::builder(&settings, &connection, &identity)?.build().map_err(|error| explain(&error))?;
    // Before the first line is there: who reads it may send a signal.
    let mut signals =
        Signals::new().map_err(|error| Failure::usage(format!("cannot wait for Ctrl-C: {error}")))?;

    let watch = Watch {
        client: &client,
        pacing: args.interval.map(Pacing::fixed),
        look_timeout: connection.timeout,
        timeout: args.timeout,
        fail_fast: args.fail_fast,
        tokens: &tokens,
    };
    let mut display = Display::new(args.output, args.timeout);
    let (endings, signal) = watch.run(&ids, &mut signals, &mut display, &explain).await;
    drop(signals);
    output::end();
    let exit = signal.unwrap_or_else(|| exit_code(&endings));
    let resume = resume_command(&endings, args.timeout);
    Ok(report(&args.reports, &endings, display, exit, resume.as_deref()))
}

/// The imports that are asked for, those of tokens among them, each once; and the tokens.
fn imports(args: &WatchArgs) -> Result<(Vec<BotImportId>, Vec<ResumeToken>), Failure> {
    let reads_input = args.ids.iter().any(|id| id == "-");
    if reads_input && args.identity.client_secret_file.as_deref().is_some_and(|path| path.as_os_str() == "-")
    {
        return Err(Failure::usage("standard input cannot hold the ids and the client secret both")
            .hint("give --client-secret-file a file, or the ids as arguments"));
    }
    let mut ids = ids::ids(&args.ids, io::stdin())?;
    let (mut tokens, mut skipped) = (Vec::new(), Vec::new());
    for argument in &args.resume {
        let resumed = read_resumed(argument)?;
        tokens.extend(resumed.tokens);
        skipped.extend(resumed.skipped);
    }
    if ids.is_empty() && tokens.is_empty() && !skipped.is_empty() {
        return Err(Failure::usage(format!("there is nothing to go on with: {}", skipped.join("; "))));
    }
    // Their ends are not those of this run, nor in its exit code.
    skipped.iter().for_each(|skipped| warn(skipped));
    let mut known: HashSet<_> = ids.iter().cloned().collect();
    ids.extend(tokens.iter().map(|token| token.id.clone()).filter(|id| known.insert(id.clone())));
    Ok((ids, tokens))
}

/// What is watched with, and how.
pub(super) struct Watch<'a> {
    pub(super) client: &'a Client,
    pub(super) pacing: Option<Pacing>,
    pub(super) look_timeout: Option<Duration>,
    pub(super) timeout: Duration,
    pub(super) fail_fast: bool,
    pub(super) tokens: &'a [ResumeToken],
}

impl Watch<'_> {
    /// Until each import has ended, one way or another; in the order of the ids.
    pub(super) async fn run(
        &self,
        ids: &[BotImportId],
        signals: &mut Signals,
        display: &mut Display,
        explain: &impl Fn(&kore_sdk::Error) -> Failure,
    ) -> (Vec<Ending>, Option<Exit>) {
        let mut watch = self.client.watch_imports(ids.iter().cloned()).deadline(self.timeout);
        if let Some(pacing) = self.pacing {
            watch = watch.pacing(pacing);
        }
        if let Some(timeout) = self.look_timeout {
            watch = watch.look_timeout(timeout);
        }
        for token in self.tokens {
            watch = watch.resume(token.clone());
        }
        let given: HashMap<_, _> = self.tokens.iter().map(|token| (&token.id, token)).collect();
        let began = Instant::now();
        let mut board = Board::new(ids, began);
        let mut updates = watch.updates();
        let mut ticks = tokio::time::interval(display.tick());
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut endings = Vec::new();
        let mut signal = None;
        loop {
            let update = tokio::select! {
                update = updates.next() => update,
                _ = ticks.tick() => {
                    display.tick_passed(&board, Instant::now());
                    continue;
                }
                exit = signals.next(), if signal.is_none() => {
                    signal = Some(exit);
                    updates.cancel_all();
                    continue;
                }
            };
            match update {
                None => break,
                Some(Update::Event { id, event, body }) => {
                    board.event(&id, &event);
                    display.event(&id, &event, &body, Instant::now());
                }
                Some(Update::Ended { id, end }) => {
                    let elapsed = began.elapsed();
                    let given = given.get(&id).copied();
                    let ending = Ending::new(id, end, elapsed, given, explain);
                    board.ended(&ending);
                    display.ended(&ending, Instant::now());
                    if self.fail_fast && !ending.succeeded() {
                        updates.cancel_all();
                    }
                    endings.push(ending);
                }
                Some(_) => {}
            }
        }
        display.all_over(&board, Instant::now());
        let places: HashMap<_, _> = ids.iter().zip(0_usize..).collect();
        endings.sort_by_key(|ending| places.get(&ending.id).copied());
        (endings, signal)
    }
}

/// Writes all that is written at the end. What cannot be written changes the exit code only where
/// it would be that of a success.
fn report(args: &ReportArgs, endings: &[Ending], display: Display, exit: Exit, resume: Option<&str>) -> Exit {
    let github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let mut failures = Vec::new();
    let mut write = |what: &str, path: &std::path::Path, content: &str| {
        if let Err(error) = reports::write_atomically(path, content) {
            let message = format!("cannot write {what} {}: {error}", path.display());
            failures.push(Failure::new(Exit::Output, message));
        }
    };
    if let Some(path) = &args.junit {
        write("--junit", path, &reports::junit(endings));
    }
    let steps = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
    let own = args.summary.as_ref().filter(|path| Some(path.as_os_str()) != steps.as_deref());
    if own.is_some() || steps.is_some() {
        let summary = reports::markdown(endings, resume);
        if let Some(path) = own {
            write("--summary", path, &summary);
        }
        if let Some(path) = &steps
            && let Err(error) = reports::append(path.as_ref(), &summary)
        {
            // The job has another page; the step's outcome is not worse for it.
            warn(&format!("cannot add to GITHUB_STEP_SUMMARY: {error}"));
        }
    }
    let annotations = if github { reports::annotations::annotations(endings) } else { String::new() };
    // The documents say the exit code that this run is to have.
    let exit = match (exit, failures.is_empty()) {
        (Exit::Success, false) => Exit::Output,
        (exit, _) => exit,
    };
    failures.extend(display.finish(endings, exit, resume, &annotations));
    for warning in endings.iter().filter_map(|ending| Some((&ending.id, ending.warning.as_deref()?))) {
        warn(&format!("{}: {}", warning.0, warning.1));
    }
    let mut hints: Vec<_> = endings.iter().filter_map(|ending| ending.hint.as_deref()).collect();
    hints.sort_unstable();
    hints.dedup();
    hints.into_iter().for_each(say);
    if let Some(command) = resume {
        output::resume(endings.iter().filter(|ending| ending.is_unended()).count(), command);
    }
    for failure in &failures {
        failure.print();
    }
    if exit == Exit::Success && !failures.is_empty() { Exit::Output } else { exit }
}

/// The command that goes on with what has not ended, if there is any. Its `--timeout` is the one of
/// this run, or as long as the rate limits need it to be.
fn resume_command(endings: &[Ending], timeout: Duration) -> Option<String> {
    let unended = endings.iter().filter(|ending| ending.is_unended());
    let (tokens, plain): (Vec<_>, Vec<_>) = unended.partition(|ending| ending.resume.is_some());
    if tokens.is_empty() && plain.is_empty() {
        return None;
    }
    let tokens: Vec<_> = tokens.iter().filter_map(|ending| ending.resume.as_ref()).collect();
    let mut words = match timeout_that_works(timeout, &tokens) {
        None => flags_of_watch(std::env::args_os(), &["ids", "resume"]),
        Some(timeout) => {
            let mut words = flags_of_watch(std::env::args_os(), &["ids", "resume", "timeout"]);
            words.push(format!("--timeout={}s", timeout.as_secs()).into());
            words
        }
    };
    words.extend(plain.iter().map(|ending| OsString::from(ending.id.as_str())));
    let program = std::env::args_os().next().unwrap_or_else(|| "kore".into());
    Some(command(&program, &words, &tokens))
}
