//! The settings of an emulator, and its start.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use kore_protocol::bot_import::get_status;
use kore_types::{BotId, BotImportId};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::bodies::Bodies;
use crate::bots::Bot;
use crate::clock::Clock;
use crate::contents::Contents;
use crate::control::Control;
use crate::emulator::reached;
use crate::faults::FaultyWay;
use crate::ids::made_up_id;
use crate::imports::Held;
use crate::life::Life;
use crate::limits::LimitRules;
use crate::platform::{Platform, Settings, Starts};
use crate::server::{Bounds, Server};
use crate::state::{State, keep_saving};
use crate::{App, Emulator, Fault, Faults, Mode, Now, Scenario, encryption};

/// The most bytes of contents that are kept by default.
const KEPT: u64 = 256 * 1024 * 1024;

/// The settings of an [`Emulator`].
#[derive(Debug)]
#[must_use]
pub struct EmulatorBuilder {
    bind: IpAddr,
    port: u16,
    apps: Vec<App>,
    /// Those that live begin to with the emulator.
    imports: Vec<(BotImportId, Held)>,
    lacks_id: bool,
    bots: Vec<Bot>,
    starts: Starts,
    kept: u64,
    faults: Faults,
    limits: LimitRules,
    clock: Clock,
    control: Option<bool>,
    state: Option<PathBuf>,
    bounds: Bounds,
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::ServerCertificate>,
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        Self {
            bind: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            apps: Vec::new(),
            imports: Vec::new(),
            lacks_id: false,
            bots: Vec::new(),
            starts: Starts::default(),
            kept: KEPT,
            faults: Faults::default(),
            limits: LimitRules::default(),
            clock: Clock::default(),
            control: None,
            state: None,
            bounds: Bounds::default(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl EmulatorBuilder {
    /// The address to listen on; the default is `127.0.0.1`. One that other machines can reach is
    /// refused with an app that is [made up](App::made_up), and what they send can be read
    /// on the way unless there is TLS.
    pub fn bind(mut self, address: IpAddr) -> Self {
        self.bind = address;
        self
    }

    /// The port; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// An app that may call. May be used more than once.
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// An import to hold from the start. May be used more than once. One that came over HTTP is
    /// answered with as it came, but for white space.
    pub fn import(mut self, import: impl Into<get_status::Response>) -> Self {
        let document = import.into();
        match document.import.id.clone() {
            Some(id) => self.imports.push((id, Held::fixed(document))),
            None => self.lacks_id = true,
        }
        self
    }

    /// Imports to hold from the start. May be used more than once.
    pub fn imports(self, imports: impl IntoIterator<Item: Into<get_status::Response>>) -> Self {
        imports.into_iter().fold(self, Self::import)
    }

    /// An import with a made-up id that lives as the scenario says, from the start on. May be used
    /// more than once.
    pub fn scenario(self, scenario: impl Into<Arc<Scenario>>, mode: Mode) -> Self {
        self.import_of(made_up_id(), scenario, mode)
    }

    /// The same with an id that is given.
    pub fn import_of(mut self, id: BotImportId, scenario: impl Into<Arc<Scenario>>, mode: Mode) -> Self {
        self.imports.push((id, Held::Living(Life::new(scenario.into(), mode, SystemTime::UNIX_EPOCH))));
        self
    }

    /// A bot that an import can go into. May be used more than once. An import that makes a new bot
    /// adds one when it has succeeded.
    pub fn bot(mut self, id: BotId) -> Self {
        self.bots.push(Bot::new(id));
        self
    }

    /// What a job follows that a client starts, of the scenario's [kind](Scenario::job): this scenario, and
    /// for an import none that is made of its files. May be used more than once: they follow them in
    /// turn.
    pub fn started(mut self, scenario: impl Into<Arc<Scenario>>, mode: Mode) -> Self {
        self.starts.scenarios.push((scenario.into(), mode));
        self
    }

    /// What moves jobs on that a client starts and that follow no scenario of the user; [`Mode::TIME`] by
    /// default, in which an import takes about five seconds, an export and a publish about two.
    pub fn started_mode(mut self, mode: Mode) -> Self {
        self.starts.mode = mode;
        self
    }

    /// The most bytes that are kept of the contents of files, for exports, in memory; 256 MiB by default.
    /// What came first is dropped first, which the log says, and an export that needs it fails then.
    /// With 0 only bots can be exported that no import made.
    pub fn kept_contents(mut self, bytes: u64) -> Self {
        self.kept = bytes;
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

    /// Whether the rate limits are off. By default the documented ones hold.
    pub fn lenient(mut self, lenient: bool) -> Self {
        self.limits.lenient = lenient;
        self
    }

    /// The HTTP status of a response over a rate limit; the default is 429, since no source names the
    /// platform's. The body stays the same.
    pub fn limit_status(mut self, status: StatusCode) -> Self {
        self.limits.status = status;
        self
    }

    /// Whether a response over a rate limit has a `Retry-After`, in seconds. By default it has none:
    /// no source says whether the platform's has one.
    pub fn retry_after(mut self, told: bool) -> Self {
        self.limits.retry_after = told;
        self
    }

    /// The most connections at the same time, 4096 by default. A new one beyond them waits until
    /// another ends; one that is idle ends with the [time for reading](Self::read_timeout).
    pub fn max_connections(mut self, most: NonZeroUsize) -> Self {
        self.bounds.connections = most.get();
        self
    }

    /// How long a connection is kept without a whole head of a request, between two requests too,
    /// and how long the body of one may take; 10 s by default. What a fault delays is
    /// not counted.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.bounds.read_timeout = timeout;
        self
    }

    /// How long a client may take nothing of a response that is sent to it; 30 s by default. What a
    /// fault delays is not counted.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.bounds.write_timeout = timeout;
        self
    }

    /// Speaks HTTP/1.1 over TLS, with a certificate and its key in PEM: the server's own certificate
    /// first, then those between it and its authority. Whether they can be used shows when it
    /// [starts](Self::start).
    #[cfg(feature = "tls")]
    pub fn tls(mut self, certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.tls = Some(crate::tls::ServerCertificate::given(certificates.into(), key.into()));
        self
    }

    /// Speaks HTTP/1.1 over TLS, with a certificate for `localhost`, loopback addresses and that of
    /// [`bind`](Self::bind), good for thirty days. A new authority signs it, whose certificate is
    /// [`Emulator::ca_pem`] and whose key is thrown away.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> std::io::Result<()> {
    /// let emulator = kore_emulator::Emulator::builder().self_signed().start().await?;
    /// assert!(emulator.url().starts_with("https://127.0.0.1:"));
    /// let to_be_trusted = emulator.ca_pem().expect("it is self-signed");
    /// # let _ = to_be_trusted;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    pub fn self_signed(mut self) -> Self {
        self.tls = Some(crate::tls::ServerCertificate::SelfSigned);
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

    /// Whether the emulator can be inspected and steered over HTTP, under `/_emulator/`, without
    /// credentials. By default it can on an address that this machine alone can reach.
    /// The [front page](crate#over-http) says how.
    pub fn control(mut self, control: bool) -> Self {
        self.control = Some(control);
        self
    }

    /// Keeps the imports in a file, so that the next emulator with this file goes on with them. If
    /// the file is there, the imports come from it, and not from this builder; the document of a
    /// snapshot is such a file. A crash at any moment leaves it whole, with every change that was
    /// acknowledged over HTTP; changes made in Rust, and polls that move an import on, are saved
    /// within a second or so, and when the emulator ends.
    ///
    /// One emulator has the file at a time, by a lock on a file beside it that ends in `.lock`; each
    /// change writes all of it anew, to a file that ends in `.new`, and puts that in its place with its
    /// mode and owner. No app, fault or used token is in it.
    pub fn state(mut self, path: impl Into<PathBuf>) -> Self {
        self.state = Some(path.into());
        self
    }

    /// Starts to serve, on the tokio runtime of the caller.
    ///
    /// # Errors
    /// If the port cannot be taken, if neither the feature `aws-lc-rs` nor `ring` is on, or, as [`InvalidInput`](io::ErrorKind::InvalidInput), if an
    /// import has no valid `_id`, a made-up app would be served to other machines, or certificate
    /// and key cannot be used. If the file of the state is another emulator's or cannot be read,
    /// the error is around an [`InputError`](crate::InputError), and the file stays as it is.
    pub async fn start(self) -> io::Result<Emulator> {
        self.check_bind()?;
        if self.lacks_id {
            return Err(invalid("an import to hold has no valid _id"));
        }
        #[cfg(feature = "tls")]
        let tls = self.tls.map(|identity| identity.accept_on(self.bind)).transpose()?;
        let decrypter = match self.apps.iter().any(App::enforces_jwe) {
            true => Some(tokio::task::spawn_blocking(encryption::made).await.map_err(io::Error::other)??),
            false => None,
        };
        let now = self.clock.now().wall;
        let listener = TcpListener::bind((self.bind, self.port)).await?;
        let address = listener.local_addr()?;
        let url = format!("http://{}", SocketAddr::new(reached(address.ip()), address.port()));
        #[cfg(feature = "tls")]
        let (url, ca_pem) = match &tls {
            None => (url, None),
            Some(tls) => {
                (format!("https://{}:{}", tls.host(), address.port()), tls.ca_pem().map(str::to_owned))
            }
        };
        let settings =
            Settings { limits: self.limits, starts: self.starts, kept: self.kept, own_url: url.clone() };
        let platform = Platform::new(self.apps, decrypter, settings);
        let platform = Arc::new(platform.map_err(io::Error::other)?);
        let start = Contents { imports: self.imports, bots: self.bots, ..Contents::default() };
        let given = start.begun(now);
        let state = match self.state {
            None => {
                platform.replace(given);
                None
            }
            Some(path) => {
                let (platform, clock) = (Arc::clone(&platform), self.clock.clone());
                let open = move || State::open(&path, platform, clock, given);
                Some(Arc::new(tokio::task::spawn_blocking(open).await.map_err(io::Error::other)??))
            }
        };
        let faults = Arc::new(FaultyWay::new(self.faults.clone(), now));
        let has_control = self.control.unwrap_or(self.bind.to_canonical().is_loopback());
        let control = has_control.then(|| {
            let start = (start, self.faults);
            let (platform, faults) = (Arc::clone(&platform), Arc::clone(&faults));
            Arc::new(Control::new(platform, faults, self.clock.clone(), state.clone(), start))
        });
        let server = Server {
            platform: Arc::clone(&platform),
            faults,
            clock: self.clock.clone(),
            control,
            state: state.clone(),
            bounds: self.bounds,
            bodies: Bodies::default(),
            #[cfg(feature = "tls")]
            tls,
        };
        let (stop, stopped) = oneshot::channel();
        let saving = keep_saving(state.clone());
        let serving = tokio::spawn(async move {
            tokio::select! {
                () = server.serve(listener, stopped) => {}
                () = saving => {}
            }
        });
        Ok(Emulator {
            address,
            url,
            #[cfg(feature = "tls")]
            ca_pem,
            platform,
            clock: self.clock,
            stop: Some(stop),
            serving: Some(serving),
            state,
        })
    }

    fn check_bind(&self) -> io::Result<()> {
        let bind = self.bind;
        if bind.to_canonical().is_loopback() || !self.apps.iter().any(App::is_made_up) {
            return Ok(());
        }
        Err(invalid(format!(
            "other machines can reach {bind}, and an app is made up: expected apps of your own there, or a \
             loopback address such as 127.0.0.1"
        )))
    }
}

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.into())
}
