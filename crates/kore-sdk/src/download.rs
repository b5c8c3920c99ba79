//! The file of an export, from wherever its signed address leads: without the token, within a bound,
//! and never under its name before it is whole.
//!
//! The address opens the file for whoever has it, so no error, log or `Debug` shows more of it than its
//! host. `attempt` asks for the file once, `unfinished` is where it goes, and what both clients share of
//! the builder is here.

mod attempt;
mod error;
mod unfinished;

use std::future::IntoFuture;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use kore_transport::{Phase, TransportError};
use kore_types::{BotExport, BotId};

use self::attempt::Attempt;
pub use self::error::DownloadError;
use self::unfinished::Unfinished;
use crate::attempts::Attempts;
use crate::{Client, DEFAULT_DEADLINE, blocking};

/// How often a download is repeated by default.
const RETRIES: u32 = 4;

/// The download of an export's file: await it, or `run` that of a blocking client, for the number of its
/// bytes.
///
/// The file has its name once it is whole; if it cannot be fetched, what was there stays as it is.
#[must_use = "it does nothing until it is awaited or run"]
pub struct Download<'a, C> {
    client: &'a C,
    export: &'a BotExport,
    path: PathBuf,
    retries: u32,
    deadline: Duration,
    check: Box<Check<'a>>,
}

/// What a caller asks of a file that came whole; the error says what was expected and what was found.
type Check<'a> = dyn Fn(&Path) -> Result<(), String> + Send + Sync + 'a;

impl<'a, C> Download<'a, C> {
    fn new(client: &'a C, export: &'a BotExport, path: &Path) -> Self {
        let path = place(path, export.bot());
        let check = Box::new(|_: &Path| Ok(()));
        Self { client, export, path, retries: RETRIES, deadline: DEFAULT_DEADLINE, check }
    }

    /// How often the file is asked for again after a failure that may pass, each time from its beginning:
    /// four times by default, 1 s to 30 s apart, or as long as its host asks for. A failure may pass if no
    /// connection could be made, if the response was cut short or late, and for 408, 425, 429 and every
    /// 5xx but 501 and 505.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The time for all of it, repeats included: 30 minutes by default. What is not whole by then is given
    /// up, even if bytes still arrive.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Looks at the file once it is whole, before it has its name. If the check refuses it, with what is
    /// wrong, it is gone, and is not asked for again.
    pub fn check(mut self, check: impl Fn(&Path) -> Result<(), String> + Send + Sync + 'a) -> Self {
        self.check = Box::new(check);
        self
    }

    fn attempts(&self, now: Instant) -> (Attempts, Option<Instant>) {
        let deadline = now.checked_add(self.deadline);
        (Attempts::new(true, self.retries, deadline), deadline)
    }
}

/// Whether a file could be written there, found out without a change to what is there.
///
/// # Errors
/// If not; [`DownloadError::is_output`] is true.
pub fn can_download_to(path: impl AsRef<Path>) -> Result<(), DownloadError> {
    Unfinished::beside(path.as_ref()).map(drop)
}

/// The file itself; in a folder it is named after the bot.
pub(crate) fn place(path: &Path, bot: Option<&BotId>) -> PathBuf {
    match bot {
        Some(bot) if path.is_dir() => path.join(format!("{bot}.zip")),
        _ => path.to_owned(),
    }
}

/// Until when is waited before the file is asked for again.
fn again(error: DownloadError, attempts: &mut Attempts, asked: &mut u32, now: Instant) -> Again {
    *asked += 1;
    let until = error.retry().and_then(|retry| {
        let after = retry.after.map(|after| after.delay(SystemTime::now())).unwrap_or_default();
        attempts.later(false, after, now)
    });
    let until = until.ok_or_else(|| error.with_attempts(*asked))?;
    tracing::debug!(asked, "the download failed, and is repeated");
    Ok(until)
}

type Again = Result<Instant, DownloadError>;

fn left(deadline: Option<Instant>, now: Instant) -> Option<Duration> {
    deadline.map(|deadline| deadline.saturating_duration_since(now))
}

/// A transport of one's own may know no deadline.
async fn in_time<T>(
    sending: impl Future<Output = Result<T, TransportError>>,
    deadline: Option<Instant>,
) -> Result<T, TransportError> {
    let Some(deadline) = deadline else { return sending.await };
    let late = |_| TransportError::timeout(Phase::Body, "the time for the download");
    tokio::time::timeout_at(deadline.into(), sending).await.unwrap_or_else(|over| Err(late(over)))
}

impl<'a> IntoFuture for Download<'a, Client> {
    type Output = Result<u64, DownloadError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let now = || tokio::time::Instant::now().into_std();
            let ((mut attempts, deadline), mut asked) = (self.attempts(now()), 0);
            loop {
                let file = Unfinished::beside(&self.path)?;
                let attempt = Attempt::new(self.export, file.writer()?, left(deadline, now()))?;
                let request = attempt.request(&self.client.core);
                match attempt.finish(in_time(self.client.transport.send(request), deadline).await) {
                    Ok(bytes) => return file.finish(&*self.check).map(|()| bytes),
                    Err(error) => {
                        let until = again(error, &mut attempts, &mut asked, now())?;
                        tokio::time::sleep_until(until.into()).await;
                    }
                }
            }
        })
    }
}

impl Download<'_, blocking::Client> {
    /// Downloads the file on the calling thread.
    ///
    /// # Errors
    /// If it cannot be fetched whole.
    pub fn run(self) -> Result<u64, DownloadError> {
        let ((mut attempts, deadline), mut asked) = (self.attempts(Instant::now()), 0);
        loop {
            let file = Unfinished::beside(&self.path)?;
            let attempt = Attempt::new(self.export, file.writer()?, left(deadline, Instant::now()))?;
            let request = attempt.request(&self.client.core);
            match attempt.finish(self.client.transport.send(request)) {
                Ok(bytes) => return file.finish(&*self.check).map(|()| bytes),
                Err(error) => {
                    let until = again(error, &mut attempts, &mut asked, Instant::now())?;
                    thread::sleep(until.saturating_duration_since(Instant::now()));
                }
            }
        }
    }
}

impl Client {
    /// Downloads the file of an export that succeeded to that path, or into that folder, in which it is
    /// named after the bot. Await it; what is set before says how long it is tried.
    ///
    /// # Errors
    /// If it cannot be fetched whole, or the path is neither a file nor a folder, nor in one.
    pub fn download_export<'a>(
        &'a self,
        export: &'a BotExport,
        path: impl AsRef<Path>,
    ) -> Download<'a, Self> {
        Download::new(self, export, path.as_ref())
    }

    /// Fetches the file of an export that succeeded, once, and writes it as it arrives. A transport of
    /// one's own that knows no [`BodySink`](crate::transport::BodySink) gives it whole. It has no deadline:
    /// it goes on as long as bytes arrive.
    ///
    /// # Errors
    /// If it cannot be fetched whole; what was written then is a part of it.
    pub async fn download_export_into(
        &self,
        export: &BotExport,
        writer: impl Write + Send + 'static,
    ) -> Result<u64, DownloadError> {
        let attempt = Attempt::new(export, writer, None)?;
        let request = attempt.request(&self.core);
        attempt.finish(self.transport.send(request).await)
    }
}

impl blocking::Client {
    /// As [`Client::download_export`], to be `run`.
    ///
    /// # Errors
    /// The same.
    pub fn download_export<'a>(
        &'a self,
        export: &'a BotExport,
        path: impl AsRef<Path>,
    ) -> Download<'a, Self> {
        Download::new(self, export, path.as_ref())
    }

    /// As [`Client::download_export_into`].
    ///
    /// # Errors
    /// The same.
    pub fn download_export_into(
        &self,
        export: &BotExport,
        writer: impl Write + Send + 'static,
    ) -> Result<u64, DownloadError> {
        let attempt = Attempt::new(export, writer, None)?;
        let request = attempt.request(&self.core);
        attempt.finish(self.transport.send(request))
    }
}
