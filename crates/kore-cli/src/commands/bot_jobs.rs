//! `kore export` and `kore publish`: start a job of a bot, and watch it as `kore import watch` does.
//!
//! `requests` reads what is asked for, `download` fetches the file of an export, and `watching` is what
//! both jobs share once they are started.

mod download;
mod requests;
mod watching;

use std::ffi::OsStr;
use std::time::Instant;

use kore_sdk::protocol::bot_export::ExportRun;
use kore_sdk::protocol::bot_publish::PublishRun;

use self::download::Download;
use self::requests::{bots, export_request, publish_request};
use self::watching::{Starting, Watching};
use super::import_start::Platform;
use super::resumed::{resumed, resumed_files};
use crate::args::{
    ExportRunArgs, ExportStartArgs, ExportWatchArgs, PublishRunArgs, PublishStartArgs, PublishWatchArgs,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint::Asked;
use crate::output::Stream;
use crate::output::messages::say;
use crate::shell::Shell;

pub(crate) async fn export_run(args: ExportRunArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let request = export_request(&args.export)?;
    let options = args.export.options.map(|path| ("--options".to_owned(), path)).into_iter().collect();
    let bot = &request.bot_id;
    let download = Download::to(&args.out, std::slice::from_ref(bot))?;
    let mut watching = Watching::new("run", args.how, began, &Asked::EXPORT, options, download.files())?;
    let client = watching.platform.client(None)?;
    watching.starting(&format!("starting an export of {bot}"));
    let started = watching.until_started(client.start_export(&request)).await;
    let run = started.map_err(|error| watching.not_started::<ExportRun>(bot, &error))?;
    let id = run.export_id.as_ref().map(|id| id.as_str()).unwrap_or_default();
    let words = ["kore", "export", "watch", bot.as_str(), "--out"].map(OsStr::new);
    let command = Shell::of_process().command(&[&words[..], &[args.out.as_os_str()]].concat());
    watching.started(&run, &format!("started {id}; to watch it: {command}"));
    watching.watch(&client, vec![run], Vec::new(), Some(&download)).await
}

pub(crate) async fn export_start(args: ExportStartArgs) -> Result<Exit, Failure> {
    let request = export_request(&args.export)?;
    let platform = Platform::new(args.identity, args.connection, &Asked::EXPORT)?;
    let mut starting = Starting::new()?;
    Stream::Stderr.raw(format!("starting an export of {}\n", request.bot_id));
    let started = starting.wait(platform.client(None)?.start_export(&request)).await;
    let run = started.map_err(|error| platform.explain(&error))?;
    let id = run.export_id.as_ref().map(|id| id.as_str()).unwrap_or_default();
    Stream::Stdout.raw(format!("{id}\n"));
    Ok(starting.exit())
}

pub(crate) async fn export_watch(args: ExportWatchArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let last = bots(&args.ids)?.into_iter().map(ExportRun::last).collect();
    let (runs, tokens) = resumed(last, &args.resume)?;
    let bots: Vec<_> = runs.iter().map(|run| run.bot_id.clone()).collect();
    let download = args.out.map(|out| Download::to(&out, &bots)).transpose()?;
    let files = download.as_ref().map(Download::files).unwrap_or_default();
    let watching =
        Watching::new("watch", args.how, began, &Asked::EXPORT, resumed_files(&args.resume), files)?;
    let client = watching.platform.client(None)?;
    let exit = watching.watch(&client, runs, tokens, download.as_ref()).await?;
    if download.is_none() && exit == Exit::Success {
        say("no file was fetched; with --out FILE it is");
    }
    Ok(exit)
}

pub(crate) async fn publish_run(args: PublishRunArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let request = publish_request(&args.publish)?;
    let bot = &request.bot_id;
    let mut watching = Watching::new("run", args.how, began, &Asked::PUBLISH, Vec::new(), Vec::new())?;
    let client = watching.platform.client(None)?;
    watching.starting(&format!("starting a publish of {bot}"));
    let started = watching.until_started(client.start_publish(&request)).await;
    let started = started.map_err(|error| watching.not_started::<PublishRun>(bot, &error))?;
    watching.started(&started.run, &format!("started a publish of {bot}"));
    match started.end() {
        // Nobody knows when it goes on.
        Some(end) => Ok(watching.ended(&started.run, end)),
        None => watching.watch(&client, vec![started.run], Vec::new(), ()).await,
    }
}

pub(crate) async fn publish_start(args: PublishStartArgs) -> Result<Exit, Failure> {
    let request = publish_request(&args.publish)?;
    let platform = Platform::new(args.identity, args.connection, &Asked::PUBLISH)?;
    let (bot, mut starting) = (&request.bot_id, Starting::new()?);
    Stream::Stderr.raw(format!("starting a publish of {bot}\n"));
    let started = starting.wait(platform.client(None)?.start_publish(&request)).await;
    let started = started.map_err(|error| platform.explain(&error))?;
    Stream::Stdout.raw(format!("{bot}\n"));
    if !started.awaits_approval() {
        return Ok(starting.exit());
    }
    let message = format!("the publish of {bot} awaits approval: it has neither succeeded nor failed");
    Err(Failure::new(Exit::ImportNotOver, message)
        .hint(format!("have it approved, then run: kore publish watch {bot}")))
}

pub(crate) async fn publish_watch(args: PublishWatchArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let last = bots(&args.ids)?.into_iter().map(PublishRun::last).collect();
    let (runs, tokens) = resumed(last, &args.resume)?;
    let watching =
        Watching::new("watch", args.how, began, &Asked::PUBLISH, resumed_files(&args.resume), Vec::new())?;
    let client = watching.platform.client(None)?;
    watching.watch(&client, runs, tokens, ()).await
}
