//! The updates of a watch without an async runtime.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Instant, SystemTime};

use kore_protocol::watch::{DeadlineTooSoon, End, Job, Now, Poll, Update};
use kore_transport::{Phase, TransportError};

use super::driver::{Driver, Task};
use super::settings::{OnUpdate, Wait, in_order};
use crate::Error;
use crate::blocking::Client;

/// The updates of a watch, as they come. Each poll has a thread of its own while it is under way,
/// so that the deadline holds whatever the transport does. How long a poll may take is a matter of
/// the transport: a thread cannot be stopped, so its poll counts as under way until it ends.
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
pub struct Updates<J: Job> {
    client: Client,
    driver: Driver<J>,
    responses: (Sender<Received<J>>, Receiver<Received<J>>),
}

/// A poll, and its response.
type Received<J> = (Poll<J>, Result<<J as Job>::Response, Error>);

fn now() -> Now {
    Now { instant: Instant::now(), wall: SystemTime::now() }
}

impl<J: Job> Updates<J> {
    /// How many jobs are watched.
    pub fn len(&self) -> usize {
        self.driver.len()
    }

    /// Whether no job is watched any more. There may be updates that were not taken yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Watches one more job from now on, for as long as the others were to be watched. One that
    /// is watched already goes on for so long.
    pub fn watch(&mut self, job: &J) {
        self.driver.watch(job.clone(), now());
    }

    /// Gives the watch of one job up, which is its last update.
    pub fn cancel(&mut self, job: &J) {
        self.driver.cancel(job, now());
    }

    /// Gives all watches up, which are the last updates.
    pub fn cancel_all(&mut self) {
        self.driver.cancel_all(now());
    }

    fn send(&mut self, poll: Poll<J>) {
        let (client, request) = (self.client.clone(), poll.request().clone());
        let polling = Polling { poll: Some(poll), responses: self.responses.0.clone() };
        let send = move || polling.receive(client.poll(&request));
        if let Err(error) = thread::Builder::new().name("kore-poll".to_owned()).spawn(send) {
            tracing::error!(%error, "cannot start a thread for a poll");
        }
    }

    fn take_responses(&mut self) {
        while let Ok(received) = self.responses.1.try_recv() {
            self.received(received);
        }
    }

    /// Waits until then, or for a response.
    fn wait(&mut self, until: Instant) {
        let time = until.saturating_duration_since(Instant::now());
        if let Ok(received) = self.responses.1.recv_timeout(time) {
            self.received(received);
        }
    }

    fn received(&mut self, (poll, response): Received<J>) {
        self.driver.received(now(), &poll, Some(response));
    }
}

/// A poll whose response is told in any case: that there is none if there was no thread for it, or
/// if the transport panicked.
struct Polling<J: Job> {
    poll: Option<Poll<J>>,
    responses: Sender<Received<J>>,
}

impl<J: Job> Polling<J> {
    fn receive(mut self, response: Result<J::Response, Error>) {
        if let Some(poll) = self.poll.take() {
            // Whoever waited for it may have gone.
            let _ = self.responses.send((poll, response));
        }
    }
}

impl<J: Job> Drop for Polling<J> {
    fn drop(&mut self) {
        if let Some(poll) = self.poll.take() {
            let message = "no thread could be started for it, or the transport panicked";
            let _ = self.responses.send((poll, Err(TransportError::new(Phase::Exchange, message).into())));
        }
    }
}

impl<J: Job> Iterator for Updates<J> {
    type Item = Update<J, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            // A response that is there counts, however late its consumer asks.
            self.take_responses();
            match self.driver.next(now()) {
                Task::Tell(update) => return Some(update),
                Task::Send(poll, _) => self.send(poll),
                Task::Wait(until) => self.wait(until),
                Task::Nothing => return None,
            }
        }
    }
}

impl<J: Job> Drop for Updates<J> {
    fn drop(&mut self) {
        // What is under way is noted as sent, and not as under way for ever.
        self.driver.cancel_all(now());
    }
}

impl<J: Job> fmt::Debug for Updates<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").field("watched", &self.len()).finish_non_exhaustive()
    }
}

impl<'a, J: Job, Ends> Wait<'a, Client, J, Ends> {
    /// The updates one by one, in place of the outcome alone.
    pub fn updates(self) -> Updates<J> {
        self.start().0
    }

    fn start(self) -> (Updates<J>, Vec<J>, OnUpdate<'a, J>) {
        let client = self.client.clone();
        let (driver, jobs, on_update) = self.begin(&client.core, now());
        (Updates { client, driver, responses: channel() }, jobs, on_update)
    }
}

impl<J: Job> Wait<'_, Client, J> {
    /// Waits on the calling thread.
    ///
    /// # Errors
    /// If the rate limit allows no poll before the deadline.
    pub fn run(self) -> Result<End<J, Error>, DeadlineTooSoon> {
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

impl<J: Job> Wait<'_, Client, J, Vec<J>> {
    /// Waits on the calling thread.
    #[allow(clippy::type_complexity, reason = "each job with its end")]
    pub fn run(self) -> Vec<(J, Result<End<J, Error>, DeadlineTooSoon>)> {
        let (updates, jobs, mut on_update) = self.start();
        let mut ends = HashMap::new();
        for update in updates {
            on_update.call(&update);
            if let Update::Ended { job, end } = update {
                ends.insert(job, end);
            }
        }
        in_order(jobs, ends)
    }
}
