//! The updates of a watch without an async runtime.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Instant, SystemTime};

use kore_protocol::watch::{End, Look, Now, Unfunded, Update};
use kore_transport::{Phase, TransportError};
use kore_types::{BotImport, BotImportId};

use super::driver::{Driver, Task};
use super::settings::{OnUpdate, WatchImport, in_order};
use crate::Error;
use crate::blocking::Client;

/// The updates of a watch, as they come. Each look has a thread of its own while it is under way,
/// so that the deadline holds whatever the transport does.
///
/// ```no_run
/// # fn example(client: kore_sdk::blocking::Client) -> Result<(), Box<dyn std::error::Error>> {
/// for update in client.watch_import(&"bir-1f".parse()?).updates() {
///     println!("{update:?}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "the watch goes on only while its updates are asked for"]
pub struct Updates {
    client: Client,
    driver: Driver,
    /// The looks that are under way, by when they are given up.
    looks: Vec<(Look, Instant, u64)>,
    sent: u64,
    answers: (Sender<Answered>, Receiver<Answered>),
}

/// The number of a look, and its answer.
type Answered = (u64, Result<BotImport, Error>);

fn now() -> Now {
    Now { instant: Instant::now(), wall: SystemTime::now() }
}

impl Updates {
    /// How many imports are watched.
    pub fn len(&self) -> usize {
        self.driver.len()
    }

    /// Whether no import is watched any more. There may be updates that were not taken yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Watches one more import from now on, for as long as the others were to be watched. One that
    /// is watched already goes on for so long.
    pub fn watch(&mut self, id: &BotImportId) {
        self.driver.watch(id.clone(), now());
    }

    /// Gives the watch of one import up, which is its last update.
    pub fn cancel(&mut self, id: &BotImportId) {
        self.driver.cancel(id, now());
    }

    /// Gives all watches up, which are the last updates.
    pub fn cancel_all(&mut self) {
        self.driver.cancel_all(now());
    }

    fn send(&mut self, look: Look, until: Instant) {
        self.sent += 1;
        let (client, answers) = (self.client.clone(), self.answers.0.clone());
        let (request, number) = (look.request().clone(), self.sent);
        self.looks.push((look, until, number));
        let send = move || {
            // Whoever waited for it may have gone.
            let _ = answers.send((number, client.look(&request)));
        };
        if let Err(error) = thread::Builder::new().name("kore-look".to_owned()).spawn(send) {
            tracing::warn!(%error, "cannot start a thread for a look");
            let error = TransportError::new(Phase::Exchange, format!("no thread to send it from: {error}"));
            self.answered(number, Some(Err(error.into())));
        }
    }

    /// Waits until then, or for an answer, or until a look is to be given up.
    fn wait(&mut self, until: Instant) {
        let overdue = self.looks.iter().min_by_key(|(_, until, _)| *until);
        let (number, until) = match overdue {
            Some((_, give_up, number)) if *give_up <= until => (Some(*number), *give_up),
            _ => (None, until),
        };
        match self.answers.1.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok((number, answer)) => self.answered(number, Some(answer)),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(number) = number {
                    self.answered(number, None);
                }
            }
            Err(RecvTimeoutError::Disconnected) => unreachable!("one sender is kept here"),
        }
    }

    fn answered(&mut self, number: u64, answer: Option<Result<BotImport, Error>>) {
        if let Some(at) = self.looks.iter().position(|(_, _, known)| *known == number) {
            let (look, _, _) = self.looks.swap_remove(at);
            self.driver.answered(now(), &look, answer);
        }
    }
}

impl Iterator for Updates {
    type Item = Update<Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.driver.next(now()) {
                Task::Tell(update) => return Some(update),
                Task::Send(look, until) => self.send(look, until),
                Task::Wait(until) => self.wait(until),
                Task::Nothing => return None,
            }
        }
    }
}

impl Drop for Updates {
    fn drop(&mut self) {
        // What is under way is noted as sent, and not as under way for ever.
        self.driver.cancel_all(now());
    }
}

impl fmt::Debug for Updates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("watched", &self.len()).finish_non_exhaustive()
    }
}

impl<'a, Ids> WatchImport<'a, Client, Ids> {
    /// The updates one by one, in place of the outcome alone.
    pub fn updates(self) -> Updates {
        self.start().0
    }

    fn start(self) -> (Updates, Vec<BotImportId>, OnUpdate<'a>) {
        let client = self.client.clone();
        let (driver, ids, on_update) = self.begin(&client.core.ledger, now());
        (Updates { client, driver, looks: Vec::new(), sent: 0, answers: channel() }, ids, on_update)
    }
}

impl WatchImport<'_, Client> {
    /// Waits on the calling thread.
    ///
    /// # Errors
    /// If the platform's windows allow no look before the deadline.
    pub fn run(self) -> Result<End<Error>, Unfunded> {
        let (updates, _, mut on_update) = self.start();
        for update in updates {
            on_update.call(&update);
            if let Update::Ended { end, .. } = update {
                return end;
            }
        }
        unreachable!("the last update is the end")
    }
}

impl WatchImport<'_, Client, Vec<BotImportId>> {
    /// Waits on the calling thread.
    pub fn run(self) -> Vec<(BotImportId, Result<End<Error>, Unfunded>)> {
        let (updates, ids, mut on_update) = self.start();
        let mut ends = HashMap::new();
        for update in updates {
            on_update.call(&update);
            if let Update::Ended { id, end } = update {
                ends.insert(id, end);
            }
        }
        in_order(ids, ends)
    }
}
