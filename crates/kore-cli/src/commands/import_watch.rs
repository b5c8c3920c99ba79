//! `kore import watch`: reads what to watch, and watches it.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use kore_sdk::watch::{Pacing, ResumeToken};
use kore_sdk::{BotImportId, Client};

use super::client;
use super::import_ids::ids;
use super::job_watch::{Display, Watch, explain};
use super::resumed::{resumed, resumed_files};
use crate::args::{ConnectionArgs, IdentityArgs, WatchArgs, WatchHow};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hint;
use crate::reports::Reports;
use crate::settings::{Connection, Identity, Settings};
use crate::signals::Signals;

const RUN: &str = "kore import watch bir-…";

pub(crate) async fn import_watch(args: WatchArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let WatchHow { timeout, interval, output, reports, identity, connection, request_timeout } = args.how;
    // A report that cannot be written is an error now, and not after the watch.
    let reports = Reports::new("watch", reports, std::env::var_os("GITHUB_STEP_SUMMARY"))?;
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
        signal: None,
    };
    let mut display = Display::new(output, timeout);
    let explain = |error: &kore_sdk::Error| explain(&connection, &identity, &hint::Asked::IMPORT, error);
    Ok(watch.run_and_report(&ids, signals, &mut display, (&reports, timeout), &explain, &()).await)
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
        let (ids, tokens) = resumed(ids(&self.ids, io::stdin())?, &self.resume)?;
        let settings = Settings::read(self.identity, self.connection, &Environment::of_process())?;
        settings.complete(ids.is_empty().then_some(RUN), true)?;
        let (connection, identity) = (settings.connection()?, settings.identity()?);
        let client = client::builder(&settings, &connection, &identity)?.build();
        let client = client.map_err(|error| explain(&connection, &identity, &hint::Asked::IMPORT, &error))?;
        let files = settings.files().into_iter().chain(resumed_files(&self.resume)).collect();
        Ok(Known { ids, tokens, client, connection, identity, files })
    }
}
