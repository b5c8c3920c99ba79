//! `kore import run` and `kore import start`: upload the files of a bot and start its import; `run` then
//! watches it as `kore import watch` does.
//!
//! The start is announced before it is sent, and the id is written the moment it is known, so that a
//! process that is killed at any moment has said what is known of the import.

mod asked;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kore_sdk::protocol::bot_import::get_status;
use kore_sdk::watch::Job as _;
use kore_sdk::{BotImportId, Client, ImportEvent};

use super::client;
use super::job_watch::{Display, Finish, Watch, explain};
use crate::args::{ConnectionArgs, IdentityArgs, RunArgs, StartArgs, StartOutput, WatchHow, WatchOutput};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint;
use crate::output::messages::say;
use crate::output::{self, Stream, Uploads};
use crate::reports::Reports;
use crate::settings::{Connection, Identity, Settings};
use crate::signals::Signals;
use crate::text::field;
pub(super) use asked::{Asked, Mode};

/// How long one request may take if nothing is set: an upload takes longer than a poll.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(600);

/// A terminal that goes sends SIGHUP twice, by the system and by the shell. What comes later than this
/// is sent by someone who does not want to wait.
const PAIR: Duration = Duration::from_secs(1);

pub(crate) async fn import_start(args: StartArgs) -> Result<Exit, Failure> {
    let Some(asked) = Asked::read(args.bot, args.output == StartOutput::Json)? else {
        return Ok(Exit::Success);
    };
    let connection = ConnectionArgs { timeout: args.request_timeout, ..args.connection };
    let platform = Platform::new(args.identity, connection, &hint::Asked::IMPORT)?;
    let mut signals = Signals::new().map_err(Signals::cannot)?;
    // Lines or a bar on standard error; standard output has the id alone.
    let display = Mutex::new(Display::new(WatchOutput::Json, args.timeout));
    let write = |id: &BotImportId, body: &Bytes| match args.output {
        StartOutput::Human => Stream::Stdout.raw(format!("{id}\n")),
        StartOutput::Json => Stream::Stdout.raw(output::with_line_end(body)),
    };
    let client = platform.client(Some(REQUEST_TIMEOUT))?;
    let explain = |error: &kore_sdk::Error| platform.explain(error);
    let (_, signal) = start(&client, &asked, args.timeout, &mut signals, &display, &explain, write).await?;
    Ok(signal.unwrap_or(Exit::Success))
}

pub(crate) async fn import_run(args: RunArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let WatchHow { timeout, interval, output, reports, identity, connection, request_timeout } = args.how;
    let reports = Reports::new("run", reports, std::env::var_os("GITHUB_STEP_SUMMARY"))?;
    let Some(asked) = Asked::read(args.bot, output != WatchOutput::Human)? else { return Ok(Exit::Success) };
    let connection = ConnectionArgs { timeout: request_timeout, ..connection };
    let platform = Platform::new(identity, connection, &hint::Asked::IMPORT)?;
    let files = asked.paths.iter().map(|path| ("the import".to_owned(), path.clone()));
    reports.keep_off(&files.chain(platform.settings.files()).collect::<Vec<_>>())?;
    let mut signals = Signals::new().map_err(Signals::cannot)?;
    let display = Mutex::new(Display::new(output, timeout));
    let explain = |error: &kore_sdk::Error| platform.explain(error);
    let client = platform.client(Some(REQUEST_TIMEOUT))?;
    let started = start(&client, &asked, timeout, &mut signals, &display, &explain, |_, _| ()).await;
    let (id, signal) = started.inspect_err(|failure| {
        let target = asked.target.words();
        reports.write_not_started(BotImportId::KIND, &target, failure, began.elapsed());
    })?;
    if let Some(signal) = signal {
        say(&format!("the import goes on; to watch it: kore import watch {id}"));
        return Ok(signal);
    }
    let client = platform.client(None)?;
    let watch = Watch {
        client: &client,
        pacing: interval.map(kore_sdk::watch::Pacing::fixed),
        poll_timeout: platform.connection.timeout,
        timeout: timeout.saturating_sub(began.elapsed()),
        fail_fast: false,
        tokens: &[],
        signal: None,
    };
    let mut display = display.into_inner().unwrap_or_else(PoisonError::into_inner);
    let made = MadeBot(matches!(asked.mode, Mode::New(_)));
    Ok(watch.run_and_report(&[id], signals, &mut display, (&reports, timeout), &explain, &made).await)
}

/// Says which bot an import has made, if it was to make one: the next step needs its id.
struct MadeBot(bool);

impl Finish<BotImportId> for MadeBot {
    async fn finish(
        &self,
        _client: &Client,
        _import: &BotImportId,
        response: &get_status::Response,
        _left: Duration,
    ) -> Result<Option<String>, Failure> {
        let bot = response.import.bot().filter(|_| self.0);
        Ok(bot.map(|bot| format!("the new bot is {}", field(Some(bot), None))))
    }
}

/// Where a job is started, and as whom.
pub(super) struct Platform {
    pub(super) settings: Settings,
    pub(super) connection: Connection,
    identity: Identity,
    asked: &'static hint::Asked,
}

impl Platform {
    pub(super) fn new(
        identity: IdentityArgs,
        connection: ConnectionArgs,
        asked: &'static hint::Asked,
    ) -> Result<Self, Failure> {
        let settings = Settings::read(identity, connection, &Environment::of_process())?;
        settings.complete(None, true)?;
        let (connection, identity) = (settings.connection()?, settings.identity()?);
        Ok(Self { settings, connection, identity, asked })
    }

    /// A client whose requests may take that long, if the user sets nothing else.
    pub(super) fn client(&self, timeout: Option<Duration>) -> Result<Client, Failure> {
        let mut builder = client::builder(&self.settings, &self.connection, &self.identity)?;
        if let Some(timeout) = timeout.filter(|_| self.connection.timeout.is_none()) {
            builder = builder.timeout(timeout);
        }
        builder.build().map_err(|error| self.explain(&error))
    }

    pub(super) fn explain(&self, error: &kore_sdk::Error) -> Failure {
        explain(&self.connection, &self.identity, self.asked, error)
    }
}

/// Uploads the files and starts the import; `write` gets the id and the response the moment they are
/// known. A signal before the start gives it up; one behind it waits for the id, and comes back
/// beside it.
pub(super) async fn start(
    client: &Client,
    asked: &Asked,
    timeout: Duration,
    signals: &mut Signals,
    display: &Mutex<Display>,
    explain: &impl Fn(&kore_sdk::Error) -> Failure,
    write: impl Fn(&BotImportId, &Bytes) + Send + Sync,
) -> Result<(BotImportId, Option<Exit>), Failure> {
    let lock = || display.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(version) = &asked.files.version {
        lock().note(&format!("the bot was exported by version {version} of the platform"));
    }
    let uploads = Mutex::new(Uploads::new(&asked.files, asked.target.words()));
    let progress = || uploads.lock().unwrap_or_else(PoisonError::into_inner);
    let on_event = |event: &ImportEvent| {
        let mut progress = progress();
        progress.event(event);
        if let ImportEvent::Started { import_id, body } = event {
            write(import_id, body);
        }
        lock().import_event(&progress, event, Instant::now());
    };
    let import = client.import_bot(asked.import_files()?);
    let import = match &asked.mode {
        Mode::New(name) => import.new_bot(name),
        Mode::Into(id, mode) => import.into_bot(id.clone(), (**mode).clone()),
    };
    let starting = import.deadline(timeout).on_event(on_event);
    let mut starting = std::pin::pin!(starting.into_future());
    let mut ticks = tokio::time::interval(lock().tick());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut signal = None;
    let mut heard = Instant::now();
    let accepted = loop {
        tokio::select! {
            accepted = &mut starting => break accepted,
            _ = ticks.tick() => lock().upload_tick_passed(&progress(), Instant::now()),
            exit = signals.next() => {
                if signal.is_some() {
                    // Another Ctrl-C or SIGTERM has ended the process by now.
                    if exit == Exit::HungUp && heard.elapsed() >= PAIR {
                        return Err(Failure::new(exit, "ended by a second signal: the import may have started")
                            .hint("the bot's page in the builder shows whether it is being imported"));
                    }
                    continue;
                }
                heard = Instant::now();
                if !progress().is_starting() {
                    lock().clear();
                    let stopped = "stopped before the start: no import was started";
                    return Err(Failure::new(exit, stopped)
                        .hint("files that were uploaded stay with the platform, and do nothing there"));
                }
                say("the start was sent: this waits for its id; a second signal ends it at once");
                signal = Some(exit);
            }
        }
    };
    lock().clear();
    match accepted {
        Ok(accepted) => Ok((accepted.import_id, signal)),
        Err(error) => Err(explain(&error)),
    }
}
