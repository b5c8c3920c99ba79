//! The file of an export, from wherever its signed address leads: without the token, within a bound,
//! and never under its name before it is whole.
//!
//! The address opens the file for whoever has it, so no error, log or `Debug` shows more of it than its
//! host.

use std::fmt;
use std::io::Write;
use std::path::Path;

use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use kore_protocol::Body;
use kore_transport::{BodySink, TransportError};
use kore_types::BotExport;
use tempfile::NamedTempFile;

use crate::call::Core;
use crate::{Client, blocking};

/// The most that is taken if the platform does not say how large the file is.
const MOST: u64 = 1 << 30;

/// Why the file of an export is not here. Ask it with the `is_…` methods; it shows nothing of the
/// signed address but the host.
pub struct DownloadError {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The document names no file, or the host did not answer with one.
    NoFile,
    NoResponse,
    WrongSize,
    Output,
}

impl DownloadError {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Whether no response came, or it ended before its time.
    pub fn is_no_response(&self) -> bool {
        self.kind == Kind::NoResponse
    }

    /// Whether the file has another size than the platform says.
    pub fn is_wrong_size(&self) -> bool {
        self.kind == Kind::WrongSize
    }

    /// Whether the file could not be written here.
    pub fn is_output(&self) -> bool {
        self.kind == Kind::Output
    }
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DownloadError({:?}: {})", self.kind, self.message)
    }
}

impl std::error::Error for DownloadError {}

impl Client {
    /// Fetches the file of an export that succeeded into a file beside `path`, which is renamed once it
    /// is whole. Gives back how many bytes it has.
    ///
    /// # Errors
    /// If it cannot be fetched whole; then `path` is as it was.
    pub async fn download_export(
        &self,
        export: &BotExport,
        path: impl AsRef<Path>,
    ) -> Result<u64, DownloadError> {
        let file = Unfinished::beside(path.as_ref())?;
        let bytes = self.download_export_into(export, file.writer()?).await?;
        file.finish(path.as_ref()).map(|()| bytes)
    }

    /// Fetches the file of an export that succeeded, and writes it as it arrives. A transport of one's
    /// own that knows no [`BodySink`] gives it whole.
    ///
    /// # Errors
    /// If it cannot be fetched whole; what was written then is a part of it.
    pub async fn download_export_into(
        &self,
        export: &BotExport,
        writer: impl Write + Send + 'static,
    ) -> Result<u64, DownloadError> {
        let download = Download::new(export, writer)?;
        let request = download.request(&self.core);
        download.finish(self.transport.send(request).await)
    }
}

impl blocking::Client {
    /// As [`Client::download_export`].
    ///
    /// # Errors
    /// The same.
    pub fn download_export(&self, export: &BotExport, path: impl AsRef<Path>) -> Result<u64, DownloadError> {
        let file = Unfinished::beside(path.as_ref())?;
        let bytes = self.download_export_into(export, file.writer()?)?;
        file.finish(path.as_ref()).map(|()| bytes)
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
        let download = Download::new(export, writer)?;
        let request = download.request(&self.core);
        download.finish(self.transport.send(request))
    }
}

/// A download without the sending.
struct Download {
    uri: Uri,
    expected: Option<u64>,
    sink: BodySink,
}

impl Download {
    fn new(export: &BotExport, writer: impl Write + Send + 'static) -> Result<Self, DownloadError> {
        let no_file =
            |why: &str| DownloadError::new(Kind::NoFile, format!("the export names no file: {why}"));
        let address = export.download().ok_or_else(|| no_file("its document has no downloadURL"))?;
        // A fragment is not sent, and http::Uri drops it.
        let uri: Uri = address.parse().map_err(|_| no_file("its downloadURL is no URL"))?;
        if uri.scheme().is_none() || uri.host().is_none() {
            return Err(no_file("its downloadURL names no host"));
        }
        let expected = export.bytes();
        Ok(Self { uri, expected, sink: BodySink::new(writer, expected.unwrap_or(MOST).min(MOST)) })
    }

    /// Without the token, and without the headers that a client adds for the platform.
    fn request(&self, core: &Core) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.uri.clone();
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        if let Some(agent) = core.user_agent() {
            request.headers_mut().insert(USER_AGENT, agent.clone());
        }
        request.extensions_mut().insert(self.sink.clone());
        request
    }

    fn finish(self, response: Result<Response<Bytes>, TransportError>) -> Result<u64, DownloadError> {
        let host = self.uri.host().unwrap_or_default();
        let failed = |kind, why: String| {
            Err(DownloadError::new(kind, format!("the file of the export at {host}: {why}")))
        };
        let sent = response.map(|response| {
            if response.status() == StatusCode::OK && !response.body().is_empty() {
                self.sink.write(response.body());
            }
            response.status()
        });
        if let Some(error) = self.sink.take_failure() {
            return failed(Kind::Output, format!("cannot be written: {error}"));
        }
        if self.sink.is_over_limit() {
            let most = self.expected.unwrap_or(MOST).min(MOST);
            return failed(Kind::WrongSize, format!("expected {most} bytes at the most, found more"));
        }
        match sent {
            Err(error) if error.response().is_some_and(|response| !response.is_cut_short()) => {
                return failed(Kind::WrongSize, "its body is over the limit of this client".to_owned());
            }
            Err(error) => return failed(Kind::NoResponse, error.to_string()),
            Ok(StatusCode::OK) => {}
            Ok(status) if status.is_redirection() => {
                return failed(Kind::NoFile, format!("the answer is {status}, a redirect; none is followed"));
            }
            Ok(status) => return failed(Kind::NoFile, format!("expected 200 OK, found {status}")),
        }
        if let Err(error) = self.sink.flush() {
            return failed(Kind::Output, format!("cannot be written: {error}"));
        }
        let found = self.sink.written();
        match self.expected {
            Some(expected) if expected != found => failed(
                Kind::WrongSize,
                format!("expected {expected} bytes, as the platform says, found {found}"),
            ),
            _ => Ok(found),
        }
    }
}

/// A file under another name until it is whole; dropped before, it is gone.
struct Unfinished(NamedTempFile);

impl Unfinished {
    fn beside(path: &Path) -> Result<Self, DownloadError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".kore-export-").suffix(".part").tempfile_in(folder);
        file.map(Self).map_err(|error| unwritten(path, &error))
    }

    fn writer(&self) -> Result<std::fs::File, DownloadError> {
        self.0.as_file().try_clone().map_err(|error| unwritten(self.0.path(), &error))
    }

    fn finish(self, path: &Path) -> Result<(), DownloadError> {
        self.0.as_file().sync_all().map_err(|error| unwritten(path, &error))?;
        self.0.persist(path).map(drop).map_err(|error| unwritten(path, &error.error))
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> DownloadError {
    // Not the whole error: it names the file that has another name until then.
    DownloadError::new(Kind::Output, format!("cannot write {}: {}", path.display(), error.kind()))
}
