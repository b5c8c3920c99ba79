//! What an emulator is to be.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use http::StatusCode;
use kore_types::{BotImport, BotImportId};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::emulator::made_up_id;
use crate::faults::FaultyWay;
use crate::life::Life;
use crate::limits::LimitRules;
use crate::platform::Platform;
use crate::server::Server;
use crate::{App, Emulator, Fault, Faults, Mode, Now, Scenario};

/// The settings of an [`Emulator`].
#[derive(Debug, Default)]
#[must_use]
pub struct EmulatorBuilder {
    port: u16,
    apps: Vec<App>,
    imports: Vec<Import>,
    faults: Faults,
    limits: LimitRules,
    clock: Clock,
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
        let now = self.clock.now().wall;
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
        let faults = FaultyWay::new(self.faults, now);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let address = listener.local_addr()?;
        let server = Server { platform: Arc::clone(&platform), faults, clock: self.clock.clone() };
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.serve(listener, stopped));
        Ok(Emulator::new(address, platform, self.clock, stop, serving))
    }
}
