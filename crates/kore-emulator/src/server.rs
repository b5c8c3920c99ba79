//! The platform behind a socket.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use kore_protocol::Refusal;
use kore_types::{BotImport, BotImportId};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::limits::LimitRules;
use crate::platform::Platform;
use crate::{App, Now};

/// No call that is served here has a body; this is room for those to come.
const MAX_REQUEST_BODY: usize = 1024 * 1024;

/// How long a client may take for the head of a request, its first byte included, and again for
/// its body.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long requests that are under way may take after a stop.
const GRACE: Duration = Duration::from_secs(2);

/// The settings of an [`Emulator`].
#[derive(Debug, Default)]
#[must_use]
pub struct EmulatorBuilder {
    port: u16,
    apps: Vec<App>,
    imports: Vec<BotImport>,
    limits: LimitRules,
    clock: Clock,
}

impl EmulatorBuilder {
    /// The port on `127.0.0.1`; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// An app that may call. May be used more than once.
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// An import to hold from the start. May be used more than once.
    pub fn import(mut self, import: BotImport) -> Self {
        self.imports.push(import);
        self
    }

    /// Imports to hold from the start. May be used more than once.
    pub fn imports(mut self, imports: impl IntoIterator<Item = BotImport>) -> Self {
        self.imports.extend(imports);
        self
    }

    /// Whether the rate limits are off: the documented ones hold unless told so.
    pub fn lenient(mut self, lenient: bool) -> Self {
        self.limits.lenient = lenient;
        self
    }

    /// The HTTP status of an answer over a rate limit, 429 unless told otherwise: no source names
    /// the platform's. The body stays the same.
    pub fn limit_status(mut self, status: StatusCode) -> Self {
        self.limits.status = status;
        self
    }

    /// Whether an answer over a rate limit has a `Retry-After`, in seconds; not unless told so,
    /// since no source says whether the platform's has one.
    pub fn retry_after(mut self, told: bool) -> Self {
        self.limits.retry_after = told;
        self
    }

    /// Reads the time elsewhere than from the clocks of the system: [`Now::wall`] for the end of
    /// tokens, [`Now::instant`] for rate limits. Read once for each request.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> std::io::Result<()> {
    /// use std::sync::{Arc, Mutex};
    /// use std::time::{Duration, Instant, SystemTime};
    /// use kore_emulator::{Emulator, Now};
    ///
    /// let now = Arc::new(Mutex::new(Now { instant: Instant::now(), wall: SystemTime::now() }));
    /// let read = Arc::clone(&now);
    /// let emulator = Emulator::builder().clock(move || *read.lock().expect("no panic")).start().await?;
    /// now.lock().expect("no panic").instant += Duration::from_secs(60);
    /// # Ok(())
    /// # }
    /// ```
    pub fn clock(mut self, read: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(read);
        self
    }

    /// Starts to serve, on the tokio runtime of the caller.
    ///
    /// # Errors
    /// If the port cannot be taken, or an import has no valid `_id`.
    pub async fn start(self) -> io::Result<Emulator> {
        let platform = Arc::new(Platform::new(self.apps, self.limits));
        for import in self.imports {
            if platform.hold(import).is_none() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "an import to hold has no valid _id",
                ));
            }
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, Arc::clone(&platform), self.clock, stopped));
        Ok(Emulator { address, platform, stop: Some(stop), serving: Some(serving) })
    }
}

/// A running emulator. Dropping it stops it.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    platform: Arc<Platform>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<tokio::task::JoinHandle<()>>,
}

impl Emulator {
    /// Starts with a free port, no app and no import.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The base URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Holds an import, in place of one with the same id. `None`, and nothing held, if it has no
    /// valid `_id`.
    pub fn hold(&self, import: BotImport) -> Option<BotImportId> {
        self.platform.hold(import)
    }

    /// The imports that it holds, in the order in which they were given.
    pub fn import_ids(&self) -> Vec<BotImportId> {
        self.platform.import_ids()
    }

    /// Takes no more connections, and lets requests that are under way end, for at most 2 s.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            // It ends by itself; that it panicked is no concern of one who stops it.
            let _ = serving.await;
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

async fn serve(
    listener: TcpListener,
    platform: Arc<Platform>,
    clock: Clock,
    mut stopped: oneshot::Receiver<()>,
) {
    let connections = GracefulShutdown::new();
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, as a rule; others are still served.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            _ = &mut stopped => break,
        };
        tasks.spawn(connection(stream, Arc::clone(&platform), clock.clone(), connections.watcher()));
    }
    drop(listener);
    // The tasks go on for the grace period, and end with the set when this function returns.
    let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
}

async fn connection(
    stream: TcpStream,
    platform: Arc<Platform>,
    clock: Clock,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Small answers are not held back for more; that the option cannot be set changes nothing else.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(Arc::clone(&platform), clock.clone(), request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn answer(
    platform: Arc<Platform>,
    clock: Clock,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BODY).collect();
    let response = match tokio::time::timeout(READ_TIMEOUT, body).await {
        Ok(Ok(body)) => platform.answer(&Request::from_parts(parts, body.to_bytes()), clock.now()),
        Ok(Err(_)) | Err(_) => {
            tracing::debug!("the body of a request did not arrive, or is too long");
            Refusal::InvalidArguments.to_http()
        }
    };
    Ok(response.map(Full::new))
}
