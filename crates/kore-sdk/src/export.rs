//! The export of a bot from its start to its file, in one call: `jobs` starts it, `wait` watches it, and
//! `download` fetches the file.

use std::fmt;
use std::future::IntoFuture;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use kore_protocol::bot_export::{ExportRun, get_status, start};
use kore_protocol::watch::End;

use crate::download::{can_download_to, place};
use crate::wait::SetWatch;
use crate::{Client, DownloadError, Error, Wait, blocking};

/// How an export ended, and its download.
///
/// Exhaustive, so that whoever waits thinks of each.
#[allow(clippy::large_enum_variant, reason = "there is one of it for an export")]
#[must_use = "an export that ended does not mean that its file is there"]
#[derive(Debug)]
pub enum ExportEnd {
    /// The export succeeded, and its file is there.
    Downloaded {
        /// The last response.
        response: get_status::Response,
        /// Where the file is.
        path: PathBuf,
        /// How many bytes it has.
        bytes: u64,
    },
    /// The export succeeded, and its file could not be fetched. With the response,
    /// [`Client::download_export`] tries again as long as the address is good.
    NotDownloaded {
        /// The last response, with the address of the file.
        response: get_status::Response,
        /// Why the file is not there.
        error: DownloadError,
    },
    /// The export failed, or its watch ended before it did.
    NotExported(End<ExportRun, Error>),
}

/// An export that is to be started, watched and fetched: await it, or `run` that of a blocking client.
///
/// ```no_run
/// # async fn example(client: kore_sdk::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use kore_sdk::ExportEnd;
/// use kore_sdk::protocol::bot_export::start::Request;
/// use kore_sdk::types::ExportType;
///
/// let request = Request::new("st-1f".parse()?, ExportType::Latest);
/// let export = client.export_bot(&request, "bot.zip").watch(|wait| wait.deadline(Duration::from_secs(600)));
/// match export.await? {
///     ExportEnd::Downloaded { path, bytes, .. } => println!("{bytes} bytes in {}", path.display()),
///     ExportEnd::NotDownloaded { error, .. } => println!("exported, but the file is not here: {error}"),
///     ExportEnd::NotExported(end) => println!("{end:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until it is awaited or run"]
pub struct ExportBot<'a, C> {
    client: &'a C,
    request: &'a start::Request,
    path: PathBuf,
    set: SetWatch<'a, C, ExportRun>,
    on_started: Box<dyn FnOnce(&ExportRun) + Send + 'a>,
}

impl<'a, C> ExportBot<'a, C> {
    fn new(client: &'a C, request: &'a start::Request, path: &Path) -> Self {
        let (set, on_started) = (Box::new(|wait| wait), Box::new(|_: &ExportRun| ()));
        Self { client, request, path: path.to_owned(), set, on_started }
    }

    /// Sets the watch: its deadline, which counts from the accepted export, what is done with its events,
    /// and the like.
    pub fn watch(
        mut self,
        set: impl FnOnce(Wait<'a, C, ExportRun>) -> Wait<'a, C, ExportRun> + Send + 'a,
    ) -> Self {
        self.set = Box::new(set);
        self
    }

    /// What is done when the platform has accepted the export; a program that ends before the export does
    /// can [watch](Client::watch) that run later.
    pub fn on_started(mut self, on_started: impl FnOnce(&ExportRun) + Send + 'a) -> Self {
        self.on_started = Box::new(on_started);
        self
    }

    /// Where the file goes; found out before anything is sent.
    fn place(&self) -> Result<PathBuf, Error> {
        let path = place(&self.path, Some(&self.request.bot_id));
        can_download_to(&path).map_err(|error| Error::setting("path", error))?;
        Ok(path)
    }
}

impl ExportEnd {
    fn new(response: get_status::Response, path: PathBuf, downloaded: Result<u64, DownloadError>) -> Self {
        match downloaded {
            Ok(bytes) => Self::Downloaded { response, path, bytes },
            Err(error) => Self::NotDownloaded { response, error },
        }
    }
}

impl<'a> IntoFuture for ExportBot<'a, Client> {
    type Output = Result<ExportEnd, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let path = self.place()?;
            let run = self.client.start_export(self.request).await?;
            (self.on_started)(&run);
            match (self.set)(self.client.watch(&run)).await? {
                End::Succeeded(response) => {
                    let downloaded = self.client.download_export(&response.export, &path).await;
                    Ok(ExportEnd::new(response, path, downloaded))
                }
                end => Ok(ExportEnd::NotExported(end)),
            }
        })
    }
}

impl ExportBot<'_, blocking::Client> {
    /// Exports the bot on the calling thread.
    ///
    /// # Errors
    /// If the path cannot be written, the export cannot be started (ask [`Error::may_have_started`]), or
    /// the rate limit allows no poll before the deadline.
    pub fn run(self) -> Result<ExportEnd, Error> {
        let path = self.place()?;
        let run = self.client.start_export(self.request)?;
        (self.on_started)(&run);
        match (self.set)(self.client.watch(&run)).run()? {
            End::Succeeded(response) => {
                let downloaded = self.client.download_export(&response.export, &path).run();
                Ok(ExportEnd::new(response, path, downloaded))
            }
            end => Ok(ExportEnd::NotExported(end)),
        }
    }
}

impl<C> fmt::Debug for ExportBot<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ExportBot");
        shown.field("request", &self.request).field("path", &self.path).finish_non_exhaustive()
    }
}

impl Client {
    /// Exports a bot: starts it, watches it, and downloads its file to that path, or into that folder, in
    /// which it is named after the bot. Nothing is sent before it is awaited.
    pub fn export_bot<'a>(
        &'a self,
        request: &'a start::Request,
        path: impl AsRef<Path>,
    ) -> ExportBot<'a, Self> {
        ExportBot::new(self, request, path.as_ref())
    }
}

impl blocking::Client {
    /// As [`Client::export_bot`], to be `run`.
    pub fn export_bot<'a>(
        &'a self,
        request: &'a start::Request,
        path: impl AsRef<Path>,
    ) -> ExportBot<'a, Self> {
        ExportBot::new(self, request, path.as_ref())
    }
}
