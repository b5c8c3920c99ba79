//! The updates of a watch without an async runtime.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Instant, SystemTime};

use kore_protocol::bot_import::get_status;
use kore_protocol::watch::{End, Look, Now, DeadlineTooSoon, Update};
use kore_transport::{Phase, TransportError};
use kore_types::BotImportId;

use super::driver::{Driver, Task};
use super::settings::{OnUpdate, WatchImport, in_order};
use crate::Error;
use crate::blocking::Client;

/// The updates of a watch, as they come. Each look has a thread of its own while it is under way,
/// so that the deadline holds whatever the transport does. How long a look may take is a matter of
/// the transport: a thread cannot be stopped, so its look counts as under way until it ends.
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
    answers: (Sender<Answered>, Receiver<Answered>),
}

/// A look, and its answer.
type Answered = (Look, Result<get_status::Response, Error>);

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

    fn send(&mut self, look: Look) {
        let (client, request) = (self.client.clone(), look.request().clone());
        let answering = Answering { look: Some(look), answers: self.answers.0.clone() };
        let send = move || answering.answer(client.look(&request));
        if let Err(error) = thread::Builder::new().name("kore-look".to_owned()).spawn(send) {
            tracing::error!(%error, "cannot start a thread for a look");
        }
    }

    fn take_answers(&mut self) {
        while let Ok(answered) = self.answers.1.try_recv() {
            self.answered(answered);
        }
    }

    /// Waits until then, or for an answer.
    fn wait(&mut self, until: Instant) {
        let time = until.saturating_duration_since(Instant::now());
        if let Ok(answered) = self.answers.1.recv_timeout(time) {
            self.answered(answered);
        }
    }

    fn answered(&mut self, (look, answer): Answered) {
        self.driver.answered(now(), &look, Some(answer));
    }
}

/// A look whose answer is told in any case: that there is none if there was no thread for it, or
/// if the transport panicked.
struct Answering {
    look: Option<Look>,
    answers: Sender<Answered>,
}

impl Answering {
    fn answer(mut self, answer: Result<get_status::Response, Error>) {
        if let Some(look) = self.look.take() {
            // Whoever waited for it may have gone.
            let _ = self.answers.send((look, answer));
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(look) = self.look.take() {
            let message = "no thread could be started for it, or the transport panicked";
            let _ = self.answers.send((look, Err(TransportError::new(Phase::Exchange, message).into())));
        }
    }
}

impl Iterator for Updates {
    type Item = Update<Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            // An answer that is there counts, however late its consumer asks.
            self.take_answers();
            match self.driver.next(now()) {
                Task::Tell(update) => return Some(update),
                Task::Send(look, _) => self.send(look),
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
        let (driver, ids, on_update) = self.begin(&client.core, now());
        (Updates { client, driver, answers: channel() }, ids, on_update)
    }
}

impl WatchImport<'_, Client> {
    /// Waits on the calling thread.
    ///
    /// # Errors
    /// If the platform's windows allow no look before the deadline.
    pub fn run(self) -> Result<End<Error>, DeadlineTooSoon> {
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
    pub fn run(self) -> Vec<(BotImportId, Result<End<Error>, DeadlineTooSoon>)> {
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
