//! Sending and waiting on threads, for the blocking client.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Instant, SystemTime};

use kore_protocol::watch::{DeadlineTooSoon, End, Job, Next, Now, Poll, Update};
use kore_transport::{Phase, TransportError};

use super::settings::Wait;
use super::updates::{Polls, Updates};
use crate::blocking::Client;
use crate::call::Core;
use crate::{Answer, Error};

/// The channel on which the threads of polls send their responses.
pub struct UnderWay<J: Job>(Sender<Received<J>>, Receiver<Received<J>>);

/// A poll, and its response.
type Received<J> = (Poll<J>, Result<Answer<<J as Job>::Response>, Error>);

impl<J: Job> Default for UnderWay<J> {
    fn default() -> Self {
        let (sender, receiver) = channel();
        Self(sender, receiver)
    }
}

impl Polls for Client {
    type UnderWay<J: Job> = UnderWay<J>;

    fn core(&self) -> &Core {
        &self.core
    }

    fn now() -> Now {
        Now { instant: Instant::now(), wall: SystemTime::now() }
    }
}

impl<J: Job> Updates<Client, J> {
    fn send(&mut self, poll: Poll<J>) {
        let (client, request) = (self.client.clone(), poll.request().clone());
        let polling = Polling { poll: Some(poll), responses: self.under_way.0.clone() };
        let send = move || polling.receive(client.poll(&request));
        if let Err(error) = thread::Builder::new().name("kore-poll".to_owned()).spawn(send) {
            tracing::error!(%error, "cannot start a thread for a poll");
        }
    }

    fn take_responses(&mut self) {
        while let Ok((poll, response)) = self.under_way.1.try_recv() {
            self.received(&poll, response);
        }
    }

    /// Waits until then, or for a response.
    fn wait(&mut self, until: Instant) {
        let time = until.saturating_duration_since(Instant::now());
        if let Ok((poll, response)) = self.under_way.1.recv_timeout(time) {
            self.received(&poll, response);
        }
    }
}

/// A poll that always sends a response: an error if no thread could be started, or if the transport
/// panicked.
struct Polling<J: Job> {
    poll: Option<Poll<J>>,
    responses: Sender<Received<J>>,
}

impl<J: Job> Polling<J> {
    fn receive(mut self, response: Result<Answer<J::Response>, Error>) {
        if let Some(poll) = self.poll.take() {
            // The updates may have been dropped.
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

impl<J: Job> Iterator for Updates<Client, J> {
    type Item = Update<J, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            // First, so that a response counts even if the user takes updates late.
            self.take_responses();
            match self.step() {
                Next::Tell(update) => return Some(update),
                Next::Send(poll) => self.send(poll),
                Next::Wait(until) => self.wait(until),
                Next::Idle => return None,
            }
        }
    }
}

impl<J: Job> Wait<'_, Client, J> {
    /// Waits on the calling thread.
    ///
    /// # Errors
    /// If the rate limit allows no poll before the deadline.
    pub fn run(self) -> Result<End<J, Error>, DeadlineTooSoon> {
        let (updates, mut ends) = self.begin();
        updates.for_each(|update| ends.take(update));
        ends.one()
    }
}

impl<J: Job> Wait<'_, Client, J, Vec<J>> {
    /// Waits on the calling thread.
    #[allow(clippy::type_complexity, reason = "each job with its end")]
    pub fn run(self) -> Vec<(J, Result<End<J, Error>, DeadlineTooSoon>)> {
        let (updates, mut ends) = self.begin();
        updates.for_each(|update| ends.take(update));
        ends.all()
    }
}
