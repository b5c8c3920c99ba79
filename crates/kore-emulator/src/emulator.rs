//! A running emulator: the handle with which a test, or the command, steers and stops it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use kore_protocol::bot_import::get_status;
use kore_types::{BotId, BotImportId};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bots::Bot;
use crate::clock::Clock;
use crate::ids::made_up_id;
use crate::imports::Held;
use crate::life::Life;
use crate::platform::Platform;
use crate::snapshot;
use crate::state::State;
use crate::{EmulatorBuilder, InputError, JobKind, Mode, Scenario, SteerError};

/// A running emulator. Dropping it stops it.
#[derive(Debug)]
pub struct Emulator {
    pub(crate) address: SocketAddr,
    pub(crate) url: String,
    #[cfg(feature = "tls")]
    pub(crate) ca_pem: Option<String>,
    pub(crate) platform: Arc<Platform>,
    pub(crate) clock: Clock,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) serving: Option<JoinHandle<()>>,
    pub(crate) state: Option<Arc<State>>,
}

/// How what listens on an address is reached on this machine: on all addresses, by way of loopback.
pub(crate) fn reached(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

impl Emulator {
    /// Starts with a free port, no app and no import.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The base URL for clients on this machine. Over TLS it names the address if the certificate is
    /// good for it, else `localhost` if it is good for that.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate, in PEM, of the authority that clients have to trust, if it is
    /// [self-signed](EmulatorBuilder::self_signed).
    #[cfg(feature = "tls")]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The public key that clients encrypt their tokens to, as the Admin Console shows it, if an app
    /// [enforces JWE](crate::App::enforce_jwe).
    pub fn jwk(&self) -> Option<&str> {
        self.platform.jwk()
    }

    /// Holds an import, in place of one with the same id. `None`, and nothing held, if it has no
    /// valid `_id`. One that came over HTTP is answered with as it came, but for white space.
    pub fn hold(&self, import: impl Into<get_status::Response>) -> Option<BotImportId> {
        self.platform.hold(import.into())
    }

    /// Holds a new import that lives as the scenario says, from now on, under a made-up id. Many may
    /// share one scenario; each takes less than half a KiB. A scenario of another
    /// [kind](Scenario::job) is followed in its words, though what it makes is an import.
    pub fn create(&self, scenario: impl Into<Arc<Scenario>>, mode: Mode) -> BotImportId {
        let id = made_up_id();
        self.import_of(id.clone(), scenario, mode);
        id
    }

    /// The same with an id that is given, in place of an import with that id: so one that has ended
    /// can begin again.
    pub fn import_of(&self, id: BotImportId, scenario: impl Into<Arc<Scenario>>, mode: Mode) {
        let life = Life::new(scenario.into(), mode, self.clock.now().wall);
        self.platform.change(|imports| imports.put(id, Held::Living(life)));
    }

    /// Ends the task that runs, one that never ends by itself too; the next one starts now.
    ///
    /// # Errors
    /// If the import is not held, is a fixed document, or has ended.
    pub fn advance(&self, id: &BotImportId) -> Result<(), SteerError> {
        self.platform.steer(id, |life| life.advance(self.clock.now().wall))
    }

    /// Ends the import now, as its scenario ends it.
    ///
    /// # Errors
    /// If the import is not held, is a fixed document, or has ended.
    pub fn finish(&self, id: &BotImportId) -> Result<(), SteerError> {
        self.platform.steer(id, |life| life.finish(self.clock.now().wall))
    }

    /// Ends the import now, with a failure of the task that runs.
    ///
    /// # Errors
    /// If the import is not held, is a fixed document, or has ended.
    pub fn fail(&self, id: &BotImportId) -> Result<(), SteerError> {
        self.platform.steer(id, |life| life.fail(self.clock.now().wall))
    }

    /// Ends the task that runs of the last export or publish of a bot; the next one starts now.
    ///
    /// # Errors
    /// If the bot has no such job, or it has ended.
    pub fn advance_job(&self, bot: &BotId, kind: JobKind) -> Result<(), SteerError> {
        self.platform.steer_bot_job(bot, kind, |life| life.advance(self.clock.now().wall))
    }

    /// Ends the last export or publish of a bot now, as its scenario ends it.
    ///
    /// # Errors
    /// If the bot has no such job, or it has ended.
    pub fn finish_job(&self, bot: &BotId, kind: JobKind) -> Result<(), SteerError> {
        self.platform.steer_bot_job(bot, kind, |life| life.finish(self.clock.now().wall))
    }

    /// Ends the last export or publish of a bot now, with a failure.
    ///
    /// # Errors
    /// If the bot has no such job, or it has ended.
    pub fn fail_job(&self, bot: &BotId, kind: JobKind) -> Result<(), SteerError> {
        self.platform.steer_bot_job(bot, kind, |life| life.fail(self.clock.now().wall))
    }

    /// Has the next job that a client starts follow this scenario, of those of the scenario's
    /// [kind](Scenario::job); then it is used up. Those of several calls are used one after the other.
    /// `false`, and nothing prepared, if a thousand wait already.
    pub fn prepare_next(&self, scenario: impl Into<Arc<Scenario>>, mode: Mode) -> bool {
        self.platform.starts().prepare(scenario.into(), mode).is_some()
    }

    /// The imports that it holds, in the order in which they were given.
    pub fn import_ids(&self) -> Vec<BotImportId> {
        self.platform.with(|imports| imports.all().map(|(id, _)| id.clone()).collect())
    }

    /// Holds an import no more; `false` if it was not held.
    pub fn remove(&self, id: &BotImportId) -> bool {
        self.platform.change(|imports| imports.remove(id))
    }

    /// The bots that an import can go into: those that were added, and those that an import has made.
    pub fn bot_ids(&self) -> Vec<BotId> {
        let now = self.clock.now().wall;
        let found = self.platform.bots(usize::MAX, |bot, exists, _| exists.then(|| bot.id.clone()), now);
        found.into_iter().rev().flatten().collect()
    }

    /// Adds a bot that an import can go into.
    pub fn add_bot(&self, id: BotId) {
        self.platform.add_bot(Bot::new(id), usize::MAX);
    }

    /// Takes a bot away; `false` if there was none with that id.
    pub fn remove_bot(&self, id: &BotId) -> bool {
        self.platform.remove_bot(id)
    }

    /// All imports as one JSON document, with what they need to live on; no app is in it, so no
    /// secret.
    pub fn snapshot(&self) -> String {
        let mut text = Vec::new();
        snapshot::write(&self.platform.all(), self.clock.now().wall, &mut text)
            .expect("its keys are texts, and a list takes what is written");
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// Holds the imports of a [`snapshot`](Self::snapshot) and no other, each as far as it was when
    /// that was taken. The rate limits begin anew.
    ///
    /// # Errors
    /// If the text is no snapshot; the message says what and where, and what is held stays.
    pub fn restore(&self, snapshot: &str) -> Result<(), InputError> {
        self.platform.replace(snapshot::read(snapshot, "the snapshot", Some(self.clock.now().wall))?);
        Ok(())
    }

    /// Takes no more connections, and lets requests that are under way end, for at most 2 s.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            // It ends by itself; that it panicked is no concern of one who stops it.
            let _ = serving.await;
        }
        if let Some(state) = self.state.take() {
            // Others go on meanwhile.
            let _ = tokio::task::spawn_blocking(move || state.close()).await;
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
        if let Some(state) = &self.state {
            state.close();
        }
    }
}
