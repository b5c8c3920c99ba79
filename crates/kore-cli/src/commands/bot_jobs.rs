//! `kore export` and `kore publish`: start a job of a bot, and watch it as `kore import watch` does.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kore_sdk::protocol::bot_export::{self, ExportRun};
use kore_sdk::protocol::bot_publish::{self, PublishRun};
use kore_sdk::types::{BotExportOrder, ExportType};
use kore_sdk::watch::{Pacing, ResumeToken};
use kore_sdk::{BotId, Client, DownloadError};

use super::import_start::Platform;
use super::import_watch::{Display, Watch, report, resume_command};
use crate::args::{
    ConnectionArgs, ExportOf, ExportRunArgs, ExportStartArgs, ExportWatchArgs, PublishOf, PublishRunArgs,
    PublishStartArgs, PublishWatchArgs, WatchHow,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file_name;
use crate::options_file;
use crate::output::messages::{self, say};
use crate::output::{self, Stream};
use crate::plain_text::trimmed;
use crate::reports::Reports;
use crate::signals::Signals;
use crate::unexpanded::Unexpanded;
use crate::watch::{Ending, Shown, exit_code, read_resumed};

pub(crate) async fn export_run(args: ExportRunArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let request = export_request(&args.export)?;
    let out = file_of(&args.out, &request.bot_id)?;
    let watching = Watching::new(args.how, began)?;
    let client = watching.platform.client(None)?;
    say(&format!("starting an export of {}", request.bot_id));
    let run = client.start_export(&request).await;
    let run = run.map_err(|error| watching.not_started::<ExportRun>(&request.bot_id, &error))?;
    if let Some(id) = &run.export_id {
        say(&format!("started {id}; to watch it: kore export watch {}", request.bot_id));
    }
    watching.export(&client, run, &[], Some(&out)).await
}

pub(crate) async fn export_start(args: ExportStartArgs) -> Result<Exit, Failure> {
    let request = export_request(&args.export)?;
    let platform = Platform::new(args.identity, args.connection)?;
    let started = platform.client(None)?.start_export(&request).await;
    let run = started.map_err(|error| platform.explain(&error))?;
    let id = run.export_id.as_ref().map(|id| id.as_str()).unwrap_or_default();
    Stream::Stdout.raw(format!("{id}\n"));
    Ok(Exit::Success)
}

pub(crate) async fn export_watch(args: ExportWatchArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let (run, tokens) = resumed(args.ids.as_deref(), args.resume.as_deref(), ExportRun::last)?;
    let out = args.out.map(|out| file_of(&out, &run.bot_id)).transpose()?;
    let watching = Watching::new(args.how, began)?;
    let client = watching.platform.client(None)?;
    watching.export(&client, run, &tokens, out.as_deref()).await
}

pub(crate) async fn publish_run(args: PublishRunArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let request = publish_request(&args.publish)?;
    let watching = Watching::new(args.how, began)?;
    let client = watching.platform.client(None)?;
    let not_started = |error: &kore_sdk::Error| watching.not_started::<PublishRun>(&request.bot_id, error);
    let run = start_publish(&client, &request, &not_started).await?;
    watching.publish(&client, run, &[]).await
}

pub(crate) async fn publish_start(args: PublishStartArgs) -> Result<Exit, Failure> {
    let request = publish_request(&args.publish)?;
    let platform = Platform::new(args.identity, args.connection)?;
    start_publish(&platform.client(None)?, &request, &|error| platform.explain(error)).await?;
    Stream::Stdout.raw(format!("{}\n", request.bot_id));
    Ok(Exit::Success)
}

pub(crate) async fn publish_watch(args: PublishWatchArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let (run, tokens) = resumed(args.ids.as_deref(), args.resume.as_deref(), PublishRun::last)?;
    let watching = Watching::new(args.how, began)?;
    let client = watching.platform.client(None)?;
    watching.publish(&client, run, &tokens).await
}

/// A publish that awaits approval is said at once: nobody knows when it goes on.
async fn start_publish(
    client: &Client,
    request: &bot_publish::start::Request,
    explain: &impl Fn(&kore_sdk::Error) -> Failure,
) -> Result<PublishRun, Failure> {
    let bot = &request.bot_id;
    say(&format!("starting a publish of {bot}"));
    let started = client.start_publish(request).await.map_err(|error| explain(&error))?;
    if started.awaits_approval() {
        let message = format!("the publish of {bot} awaits approval: it has neither succeeded nor failed");
        return Err(Failure::new(Exit::ImportNotOver, message)
            .hint(format!("once it is approved: kore publish watch {bot}")));
    }
    Ok(started.run)
}

/// A watch that is about to begin.
struct Watching {
    platform: Platform,
    reports: Reports,
    signals: Signals,
    display: Display,
    interval: Option<Duration>,
    timeout: Duration,
    began: Instant,
}

impl Watching {
    fn new(how: WatchHow, began: Instant) -> Result<Self, Failure> {
        let WatchHow { timeout, interval, output, reports, identity, connection, request_timeout } = how;
        let reports = Reports::new(reports, std::env::var_os("GITHUB_STEP_SUMMARY"))?;
        let connection = ConnectionArgs { timeout: request_timeout, ..connection };
        let platform = Platform::new(identity, connection)?;
        reports.keep_off(&platform.settings.files().into_iter().collect::<Vec<_>>())?;
        let signals = Signals::new().map_err(Signals::cannot)?;
        let display = Display::new(output, timeout);
        Ok(Self { platform, reports, signals, display, interval, timeout, began })
    }

    /// Reports a job that was not started, or whose start is in doubt.
    fn not_started<J: Shown>(&self, bot: &BotId, error: &kore_sdk::Error) -> Failure {
        let failure = self.platform.explain(error);
        self.reports.write_not_started(J::KIND, bot.as_str(), &failure, self.began.elapsed());
        failure
    }

    async fn watch<J: Shown>(
        &mut self,
        client: &Client,
        run: J,
        tokens: &[ResumeToken<J>],
    ) -> (Vec<Ending>, Option<Exit>) {
        let Self { platform, signals, display, interval, timeout, began, .. } = self;
        let watch = Watch {
            client,
            pacing: interval.map(Pacing::fixed),
            poll_timeout: platform.connection.timeout,
            timeout: timeout.saturating_sub(began.elapsed()),
            fail_fast: false,
            tokens,
        };
        let explain = |error: &kore_sdk::Error| platform.explain(error);
        let watched = watch.run(&[run], signals, display, &explain).await;
        output::end();
        watched
    }

    fn report<J: Shown>(mut self, endings: &[Ending], exit: Exit) -> Exit {
        let resume = resume_command::<J>(endings, self.timeout);
        report::<J>(&self.reports, endings, &mut self.display, exit, resume.as_deref())
    }

    async fn publish(
        mut self,
        client: &Client,
        run: PublishRun,
        tokens: &[ResumeToken<PublishRun>],
    ) -> Result<Exit, Failure> {
        let (endings, signal) = self.watch(client, run, tokens).await;
        let exit = signal.unwrap_or_else(|| exit_code(&endings));
        Ok(self.report::<PublishRun>(&endings, exit))
    }

    /// The file is fetched before anything is reported, so that the reports tell the exit code.
    async fn export(
        mut self,
        client: &Client,
        run: ExportRun,
        tokens: &[ResumeToken<ExportRun>],
        out: Option<&Path>,
    ) -> Result<Exit, Failure> {
        let (endings, signal) = self.watch(client, run.clone(), tokens).await;
        let mut exit = signal.unwrap_or_else(|| exit_code(&endings));
        let mut failure = None;
        if let Some(out) = out.filter(|_| exit == Exit::Success) {
            match self.fetch(client, run, out).await {
                Ok(bytes) => say(&format!("{} has the {bytes} bytes of the export", out.display())),
                Err(error) => {
                    exit = error.exit;
                    failure = Some(error);
                }
            }
        }
        let exit = self.report::<ExportRun>(&endings, exit);
        failure.iter().for_each(messages::error);
        Ok(exit)
    }

    /// The last document is asked for once more: what is printed of the one before has no address, and
    /// the address may be good for a short time.
    async fn fetch(&self, client: &Client, run: ExportRun, out: &Path) -> Result<u64, Failure> {
        let answer = client.call(&bot_export::get_status::Request::from(run)).retries(2).await;
        let answer = answer.map_err(|error| self.platform.explain(&error))?;
        let left = self.timeout.saturating_sub(self.began.elapsed());
        let downloaded = client.download_export(&answer.response.export, out).deadline(left).await;
        downloaded.map_err(|error: DownloadError| {
            let exit = match () {
                () if error.is_output() => Exit::Output,
                () if error.is_no_response() => Exit::NoResponse,
                () => Exit::OtherResponse,
            };
            Failure::new(exit, error)
                .hint("the export succeeded; kore export watch --out fetches its file again")
        })
    }
}

fn bot_id(argument: &OsStr) -> Result<BotId, Failure> {
    // What is not UTF-8 becomes U+FFFD here, which no id allows.
    let text = argument.to_string_lossy();
    Unexpanded::refuse(&text, "the bot id")?;
    BotId::new(trimmed(&text)).map_err(Failure::usage)
}

/// The run to watch: of a token, or the last one of a bot.
fn resumed<J: Shown>(
    bot: Option<&OsStr>,
    resume: Option<&OsStr>,
    last: impl FnOnce(BotId) -> J,
) -> Result<(J, Vec<ResumeToken<J>>), Failure> {
    if let Some(bot) = bot {
        return Ok((last(bot_id(bot)?), Vec::new()));
    }
    let missing = || Failure::usage("expected the id of a bot, or --resume");
    let read = read_resumed::<J>(resume.ok_or_else(missing)?)?;
    match <[J; 1]>::try_from(read.jobs) {
        Ok([run]) => Ok((run, read.tokens)),
        Err(jobs) => Err(Failure::usage(format!("--resume: expected one run, found {}", jobs.len()))),
    }
}

fn publish_request(of: &PublishOf) -> Result<bot_publish::start::Request, Failure> {
    if of.comment.trim().is_empty() {
        return Err(Failure::usage("--comment: expected a text, found none"));
    }
    let mut request = bot_publish::start::Request::new(bot_id(&of.bot)?, &*of.comment);
    request.order.initiate_training = of.train.then_some(true);
    Ok(request)
}

fn export_request(of: &ExportOf) -> Result<bot_export::start::Request, Failure> {
    let export_type = if of.published { ExportType::Published } else { ExportType::Latest };
    let mut request = bot_export::start::Request::new(bot_id(&of.bot)?, export_type);
    if let Some(path) = &of.options {
        let file = options_file::read(path)?;
        let named = file.get("exportType").map(|named| serde_json::from_str(&named).ok());
        if named.is_some_and(|named| named != request.order.export_type) {
            let shown = path.display();
            return Err(Failure::usage(format!(
                "--options {shown}: its exportType is not what is asked for"
            ))
            .hint("--published exports what was published; without it the latest state is exported"));
        }
        // Either the options, or the body that has them.
        let is_body = BotExportOrder::KEYS.iter().any(|key| file.get(key).is_some());
        request.exact = Some(if is_body { file } else { file.under("exportOptions") });
    }
    Ok(request)
}

/// Where the file goes, found out before anything is sent.
fn file_of(out: &Path, bot: &BotId) -> Result<PathBuf, Failure> {
    if out.is_dir() {
        return Ok(out.join(format!("{bot}.zip")));
    }
    if let Some(why) = file_name::refused(out) {
        return Err(Failure::usage(format!("--out {}: {why}", out.display())));
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if out.file_name().is_none() || !folder.is_dir() {
        let found = OsString::from(folder);
        return Err(Failure::usage(format!(
            "--out {}: expected a file in a folder that exists, found no folder {}",
            out.display(),
            found.display()
        )));
    }
    Ok(out.to_owned())
}
