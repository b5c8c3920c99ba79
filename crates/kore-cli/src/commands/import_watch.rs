//! `kore import watch`: reads what to watch, watches it, and reports. The demo watches with the same
//! [`Watch`] and [`Display`].

mod display;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use kore_sdk::watch::{Pacing, ResumeToken, Update};
use kore_sdk::{BotImportId, Client};

use super::client;
use super::import_ids::ids;
use crate::args::{ConnectionArgs, IdentityArgs, WatchArgs, WatchHow, flags_of_watch};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint::Context;
use crate::output;
use crate::output::messages::{self, say, warn};
use crate::reports::{self, Reports};
use crate::settings::{Connection, Identity, Settings};
use crate::shell::Shell;
use crate::signals::Signals;
use crate::text::noun;
use crate::watch::{Board, Ending, Shown, command, exit_code, read_resumed, timeout_that_works};

pub(super) use display::Display;

const RUN: &str = "kore import watch bir-…";

pub(crate) async fn import_watch(args: WatchArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let WatchHow { timeout, interval, output, reports, identity, connection, request_timeout } = args.how;
    // A report that cannot be written is an error now, and not after the watch.
    let reports = Reports::new(reports, std::env::var_os("GITHUB_STEP_SUMMARY"))?;
    let connection = ConnectionArgs { timeout: request_timeout, ..connection };
    let asked = Asked { ids: args.ids, resume: args.resume, identity, connection };
    let Known { ids, tokens, client, connection, identity, files } = asked.known_within(timeout).await?;
    reports.keep_off(&files)?;
    // Before the first line is printed, since its reader may send a signal at once.
    let signals = Signals::new().map_err(Signals::cannot)?;
    let watch = Watch {
        client: &client,
        pacing: interval.map(Pacing::fixed),
        poll_timeout: connection.timeout,
        timeout: timeout.saturating_sub(began.elapsed()),
        fail_fast: args.fail_fast,
        tokens: &tokens,
    };
    let mut display = Display::new(output, timeout);
    let explain = |error: &kore_sdk::Error| explain(&connection, &identity, error);
    Ok(watch.run_and_report(&ids, signals, &mut display, &reports, timeout, &explain).await)
}

pub(super) fn explain(connection: &Connection, identity: &Identity, error: &kore_sdk::Error) -> Failure {
    let (now, timeout_flag) = (SystemTime::now(), "--request-timeout");
    Context { connection, identity, timeout_flag, now }.failure(error)
}

/// The arguments that name files or standard input to be read before the watch.
struct Asked {
    ids: Vec<OsString>,
    resume: Vec<OsString>,
    identity: IdentityArgs,
    connection: ConnectionArgs,
}

/// What was read from them.
struct Known {
    ids: Vec<BotImportId>,
    tokens: Vec<ResumeToken<BotImportId>>,
    /// The client is made here too, since certificates are read from files.
    client: Client,
    connection: Connection,
    identity: Identity,
    /// The files that were read, with what names them.
    files: Vec<(String, PathBuf)>,
}

impl Asked {
    /// Reads all of it on a thread of its own: standard input may stay open for ever.
    async fn known_within(self, timeout: Duration) -> Result<Known, Failure> {
        let is_open = if self.readers().next().is_some() {
            "standard input was still open"
        } else {
            "a file was not read"
        };
        let reading = tokio::task::spawn_blocking(|| self.known());
        match tokio::time::timeout(timeout, reading).await {
            Ok(Ok(known)) => known,
            Ok(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
            Err(_) => {
                let message = format!("{is_open} at the deadline: no import was polled");
                Err(Failure::new(Exit::ImportNotOver, message).hint("--timeout counts from the start"))
            }
        }
    }

    /// What is to be read from standard input.
    fn readers(&self) -> impl Iterator<Item = &'static str> {
        let secret = self.identity.client_secret_file.as_deref().is_some_and(|path| path.as_os_str() == "-");
        let resume = self.resume.iter().filter(|argument| *argument == "-").map(|_| "--resume");
        let ids = self.ids.iter().any(|id| id == "-").then_some("the ids");
        ids.into_iter().chain(resume).chain(secret.then_some("the client secret"))
    }

    fn known(self) -> Result<Known, Failure> {
        if let [one, other, ..] = self.readers().collect::<Vec<_>>()[..] {
            return Err(Failure::usage(format!("standard input cannot hold {one} and {other} both"))
                .hint("give the ids as arguments, and --resume or --client-secret-file a file"));
        }
        let (ids, tokens) = self.imports()?;
        let settings = Settings::read(self.identity, self.connection, &Environment::of_process())?;
        settings.complete(ids.is_empty().then_some(RUN), true)?;
        let (connection, identity) = (settings.connection()?, settings.identity()?);
        let client = client::builder(&settings, &connection, &identity)?.build();
        let client = client.map_err(|error| explain(&connection, &identity, &error))?;
        let resumed = self.resume.into_iter().map(|argument| ("--resume".to_owned(), argument.into()));
        let files = settings.files().into_iter().chain(resumed).collect();
        Ok(Known { ids, tokens, client, connection, identity, files })
    }

    /// The imports that are asked for, those of `--resume` among them, each once; and the tokens.
    fn imports(&self) -> Result<(Vec<BotImportId>, Vec<ResumeToken<BotImportId>>), Failure> {
        let mut ids = ids(&self.ids, io::stdin())?;
        let (mut tokens, mut skipped) = (Vec::new(), Vec::new());
        let mut known: HashSet<_> = ids.iter().cloned().collect();
        for argument in &self.resume {
            let read = read_resumed::<BotImportId>(argument)?;
            ids.extend(read.jobs.into_iter().filter(|id| known.insert(id.clone())));
            tokens.extend(read.tokens);
            skipped.extend(read.skipped);
        }
        if ids.is_empty() && !skipped.is_empty() {
            let skipped = skipped.join("; ");
            return Err(Failure::usage(format!("nothing to resume, all imports succeeded: {skipped}")));
        }
        skipped.iter().for_each(|skipped| warn(skipped));
        Ok((ids, tokens))
    }
}

/// A watch of imports: with which client, how often, for how long.
pub(super) struct Watch<'a, J: Shown> {
    pub(super) client: &'a Client,
    pub(super) pacing: Option<Pacing>,
    pub(super) poll_timeout: Option<Duration>,
    pub(super) timeout: Duration,
    pub(super) fail_fast: bool,
    pub(super) tokens: &'a [ResumeToken<J>],
}

impl Watch<'_, BotImportId> {
    /// Until each import has ended, and then the reports; `timeout` is the one that a resumed run gets.
    pub(super) async fn run_and_report(
        &self,
        ids: &[BotImportId],
        mut signals: Signals,
        display: &mut Display,
        reports: &Reports,
        timeout: Duration,
        explain: &impl Fn(&kore_sdk::Error) -> Failure,
    ) -> Exit {
        let (endings, signal) = self.run(ids, &mut signals, display, explain).await;
        drop(signals);
        output::end();
        let exit = signal.unwrap_or_else(|| exit_code(&endings));
        let resume = resume_command::<BotImportId>(&endings, timeout);
        report::<BotImportId>(reports, &endings, display, exit, resume.as_deref())
    }
}

impl<J: Shown> Watch<'_, J> {
    /// Until each job has ended, one way or another; in the order of the jobs.
    pub(super) async fn run(
        &self,
        jobs: &[J],
        signals: &mut Signals,
        display: &mut Display,
        explain: &impl Fn(&kore_sdk::Error) -> Failure,
    ) -> (Vec<Ending>, Option<Exit>) {
        let mut watch = self.client.watch_all(jobs.iter().cloned()).deadline(self.timeout);
        if let Some(pacing) = self.pacing {
            watch = watch.pacing(pacing);
        }
        if let Some(timeout) = self.poll_timeout {
            watch = watch.poll_timeout(timeout);
        }
        for token in self.tokens {
            watch = watch.resume(token.clone());
        }
        let given: HashMap<_, _> = self.tokens.iter().map(|token| (&token.job, token)).collect();
        let began = Instant::now();
        let mut board = Board::new(jobs, began);
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
                Some(Update::Event { job, event, body }) => {
                    board.event(&job, &event);
                    display.event(&job, &event, &body, Instant::now());
                }
                Some(Update::Ended { job, end }) => {
                    let elapsed = began.elapsed();
                    let given = given.get(&job).copied();
                    let ending = Ending::new(&job, end, elapsed, given, explain);
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
        let places: HashMap<_, _> = jobs.iter().map(J::id).zip(0_usize..).collect();
        endings.sort_by_key(|ending| places.get(&*ending.id).copied());
        (endings, signal)
    }
}

/// Writes reports, results and hints at the end. A file that cannot be written changes the exit code
/// only if it would have been that of a success.
pub(super) fn report<J: Shown>(
    reports: &Reports,
    endings: &[Ending],
    display: &mut Display,
    exit: Exit,
    resume: Option<&str>,
) -> Exit {
    let mut failures = reports.write(endings, resume);
    let github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let annotations = if github { reports::annotations::annotations(endings) } else { String::new() };
    let unless_lost = |is_lost| if exit == Exit::Success && is_lost { Exit::Output } else { exit };
    // The documents name the exit code that this run will have.
    let told = unless_lost(!failures.is_empty() || output::has_left_out());
    display.finish(endings, told, resume, &annotations);
    for warning in endings.iter().filter_map(|ending| Some((&ending.id, ending.warning()?))) {
        warn(&format!("{}: {}", warning.0, warning.1));
    }
    let mut hints: Vec<_> = endings.iter().filter_map(|ending| ending.hint.as_deref()).collect();
    hints.sort_unstable();
    hints.dedup();
    hints.into_iter().for_each(say);
    if let Some(command) = resume {
        let count = |is: fn(&Ending) -> bool| endings.iter().filter(|ending| is(ending)).count();
        output::resume(noun(J::KIND), count(Ending::is_unended), count(Ending::is_lost), command);
    }
    failures.extend(output::drain());
    failures.iter().for_each(messages::error);
    unless_lost(!failures.is_empty())
}

/// The command that resumes the imports that have not ended, if there are any. It also watches those
/// that ended without success, so that the success of a later run does not hide them. Its `--timeout` is the one of
/// this run, or as long as the rate limits need it to be.
pub(super) fn resume_command<J: Shown>(endings: &[Ending], timeout: Duration) -> Option<String> {
    if !endings.iter().any(Ending::is_unended) {
        return None;
    }
    let again: Vec<_> = endings.iter().filter_map(Ending::again).collect();
    let longer = timeout_that_works(timeout, &again);
    let mut without = vec!["ids", "resume"];
    without.extend(longer.map(|_| "timeout"));
    // With --fail-fast the run would end at the first poll of an import that is known to have failed.
    without.extend(endings.iter().any(Ending::is_lost).then_some("fail_fast"));
    let mut words = flags_of_watch(std::env::args_os(), noun(J::KIND), &without);
    words.extend(longer.map(|timeout| format!("--timeout={}s", timeout.as_secs()).into()));
    let program = std::env::args_os().next().unwrap_or_else(|| "kore".into());
    Some(command(Shell::of_process(), &program, J::KIND, &words, &again))
}
