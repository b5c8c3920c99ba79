//! What the async and the blocking watch share: everything but the waiting.

use std::time::{Duration, Instant};

use kore_protocol::watch::{Job, Next, Now, Poll, Update, Watches};
use kore_transport::{Phase, TransportError};

use crate::Error;

/// A limit in place of one that the clock cannot name.
const LONGEST_POLL: Duration = Duration::from_secs(365 * 86_400);

/// The watches, and how long a poll may take.
#[derive(Debug)]
pub(super) struct Driver<J: Job> {
    watches: Watches<J, Error>,
    poll_timeout: Duration,
    /// How long a job is waited for that is added later.
    timeout: Duration,
}

/// What to do next.
#[allow(clippy::large_enum_variant, reason = "there is one at a time, and it is passed on at once")]
pub(super) enum Task<J: Job> {
    Tell(Update<J, Error>),
    /// Send it, and give up at that time.
    Send(Poll<J>, Instant),
    /// Wait until then or until a response is there.
    Wait(Instant),
    Nothing,
}

impl<J: Job> Driver<J> {
    pub(super) fn new(watches: Watches<J, Error>, poll_timeout: Duration, timeout: Duration) -> Self {
        Self { watches, poll_timeout, timeout }
    }

    pub(super) fn next(&mut self, now: Now) -> Task<J> {
        // What was seen is told before the next poll.
        if let Some(update) = self.watches.poll_update() {
            return tell(update);
        }
        let next = self.watches.poll(now);
        if let Next::Send(poll) = next {
            let until = now.instant.checked_add(self.poll_timeout).unwrap_or(now.instant + LONGEST_POLL);
            return Task::Send(poll, until);
        }
        match (self.watches.poll_update(), next) {
            (Some(update), _) => tell(update),
            (None, Next::Wait(until)) => Task::Wait(until),
            (None, _) => Task::Nothing,
        }
    }

    /// Takes the response to a poll; none if its time has run out.
    pub(super) fn received(
        &mut self,
        now: Now,
        poll: &Poll<J>,
        response: Option<Result<J::Response, Error>>,
    ) {
        match response {
            Some(Ok(response)) => self.watches.handle_response(now, poll, response),
            Some(Err(error)) => self.watches.handle_failure(now, poll, error),
            None => {
                let limit = format!("{} s for one poll", self.poll_timeout.as_secs_f64());
                let error = TransportError::timeout(Phase::Exchange, limit);
                self.watches.handle_failure(now, poll, error.into());
            }
        }
    }

    /// Watches one more, for as long as the others were to be watched.
    pub(super) fn watch(&mut self, job: J, now: Now) {
        self.watches.watch(job, self.timeout, now);
    }

    pub(super) fn cancel(&mut self, job: &J, now: Now) {
        self.watches.cancel(job, now);
    }

    pub(super) fn cancel_all(&mut self, now: Now) {
        self.watches.cancel_all(now);
    }

    /// How many jobs are watched.
    pub(super) fn len(&self) -> usize {
        self.watches.len()
    }
}

fn tell<J: Job>(update: Update<J, Error>) -> Task<J> {
    tracing::debug!(?update, "watch");
    Task::Tell(update)
}
