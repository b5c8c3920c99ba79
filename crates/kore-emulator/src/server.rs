//! The platform behind a socket.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use kore_protocol::Refusal;
use kore_types::{BotImport, BotImportId};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::app::random_hex;
use crate::faults::{AnswerBody, FaultyWay, Reset, Stream, deliver};
use crate::life::Life;
use crate::platform::Platform;
use crate::{App, Fault, Faults, Mode, Scenario, SteerError};

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
    imports: Vec<Import>,
    faults: Faults,
}

/// An import to hold from the start.
#[derive(Debug)]
enum Import {
    Fixed(Box<BotImport>),
    Living(BotImportId, Arc<Scenario>, Mode),
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
        self.imports.push(Import::Fixed(import.into()));
        self
    }

    /// Imports to hold from the start. May be used more than once.
    pub fn imports(mut self, imports: impl IntoIterator<Item = BotImport>) -> Self {
        self.imports.extend(imports.into_iter().map(|import| Import::Fixed(import.into())));
        self
    }

    /// An import with a made-up id that lives as the scenario says, from the start on. May be used
    /// more than once.
    pub fn scenario(self, scenario: impl Into<Arc<Scenario>>, mode: Mode) -> Self {
        self.import_of(made_up_id(), scenario, mode)
    }

    /// The same with an id that is given.
    pub fn import_of(mut self, id: BotImportId, scenario: impl Into<Arc<Scenario>>, mode: Mode) -> Self {
        self.imports.push(Import::Living(id, scenario.into(), mode));
        self
    }

    /// Something that goes wrong, and when. May be used more than once.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.faults.push(fault);
        self
    }

    /// Faults of a file, behind those that are there, and their seed.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults.faults.extend(faults.faults);
        self.faults.seed = faults.seed;
        self
    }

    /// The seed for faults that strike by chance; 0 unless set. The same seed and the same requests
    /// give the same faults.
    pub fn seed(mut self, seed: u64) -> Self {
        self.faults.seed = seed;
        self
    }

    /// Starts to serve, on the tokio runtime of the caller.
    ///
    /// # Errors
    /// If the port cannot be taken, or an import has no valid `_id`.
    pub async fn start(self) -> io::Result<Emulator> {
        let platform = Arc::new(Platform::new(self.apps));
        let now = SystemTime::now();
        for import in self.imports {
            match import {
                Import::Living(id, scenario, mode) => {
                    platform.hold_life(id, Life::new(scenario, mode, now));
                }
                Import::Fixed(import) => {
                    let without_id =
                        || io::Error::new(io::ErrorKind::InvalidInput, "an import to hold has no valid _id");
                    platform.hold(*import).ok_or_else(without_id)?;
                }
            }
        }
        let faults = Arc::new(FaultyWay::new(self.faults, now));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, Arc::clone(&platform), faults, stopped));
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

    /// Holds a new import that lives as the scenario says, from now on, under a made-up id. Many may
    /// share one scenario; each takes less than half a KiB.
    pub fn create(&self, scenario: impl Into<Arc<Scenario>>, mode: Mode) -> BotImportId {
        let id = made_up_id();
        self.import_of(id.clone(), scenario, mode);
        id
    }

    /// The same with an id that is given, in place of an import with that id: so one that has ended
    /// can begin again.
    pub fn import_of(&self, id: BotImportId, scenario: impl Into<Arc<Scenario>>, mode: Mode) {
        self.platform.hold_life(id, Life::new(scenario.into(), mode, SystemTime::now()));
    }

    /// Ends the task that runs, one that never ends by itself too; the next one starts now.
    ///
    /// # Errors
    /// If the import is not held, is a fixed document, or has ended.
    pub fn advance(&self, id: &BotImportId) -> Result<(), SteerError> {
        self.platform.steer(id, |life| life.advance(SystemTime::now()))
    }

    /// Ends the import now, as its scenario ends it.
    ///
    /// # Errors
    /// If the import is not held, is a fixed document, or has ended.
    pub fn finish(&self, id: &BotImportId) -> Result<(), SteerError> {
        self.platform.steer(id, |life| life.finish(SystemTime::now()))
    }

    /// Ends the import now, with a failure of the task that runs.
    ///
    /// # Errors
    /// If the import is not held, is a fixed document, or has ended.
    pub fn fail(&self, id: &BotImportId) -> Result<(), SteerError> {
        self.platform.steer(id, |life| life.fail(SystemTime::now()))
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

/// An id of the documented form: a uuid behind the prefix.
fn made_up_id() -> BotImportId {
    let hex = random_hex::<16>();
    let id = format!(
        "{}{}-{}-4{}-8{}-{}",
        BotImportId::PREFIX,
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    );
    BotImportId::new(id).expect("hexadecimal digits are safe")
}

async fn serve(
    listener: TcpListener,
    platform: Arc<Platform>,
    faults: Arc<FaultyWay>,
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
        tasks.spawn(connection(stream, Arc::clone(&platform), Arc::clone(&faults), connections.watcher()));
    }
    drop(listener);
    // The tasks go on for the grace period, and end with the set when this function returns.
    let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
}

async fn connection(
    stream: TcpStream,
    platform: Arc<Platform>,
    faults: Arc<FaultyWay>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Small answers are not held back for more; that the option cannot be set changes nothing else.
    let _ = stream.set_nodelay(true);
    let reset = Reset::default();
    let stream = Stream::new(stream, reset.clone());
    let service = service_fn(move |request| {
        answer_on_a_faulty_way(Arc::clone(&platform), Arc::clone(&faults), reset.clone(), request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn answer_on_a_faulty_way(
    platform: Arc<Platform>,
    faults: Arc<FaultyWay>,
    reset: Reset,
    request: Request<Incoming>,
) -> io::Result<Response<AnswerBody>> {
    let mut decision = faults.decide(request.method(), request.uri().path(), SystemTime::now());
    let response = match decision.answer.take() {
        Some(answer) => answer,
        None => answer(platform, request).await,
    };
    deliver(decision, response, &reset).await
}

async fn answer(platform: Arc<Platform>, request: Request<Incoming>) -> Response<Bytes> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BODY).collect();
    match tokio::time::timeout(READ_TIMEOUT, body).await {
        Ok(Ok(body)) => platform.answer(&Request::from_parts(parts, body.to_bytes()), SystemTime::now()),
        Ok(Err(_)) | Err(_) => {
            tracing::debug!("the body of a request did not arrive, or is too long");
            Refusal::InvalidArguments.to_http()
        }
    }
}
