//! What the async and the blocking watch share: everything but the waiting.

use std::time::{Duration, Instant};

use kore_protocol::bot_import::get_status;
use kore_protocol::watch::{Look, Next, Now, Update, Watches};
use kore_transport::{Phase, TransportError};
use kore_types::BotImportId;

use crate::Error;

/// A limit in place of one that the clock cannot name.
const LONGEST_LOOK: Duration = Duration::from_secs(365 * 86_400);

/// The watches, and how long a look may take.
#[derive(Debug)]
pub(super) struct Driver {
    watches: Watches<Error>,
    poll_timeout: Duration,
    /// How long an import is waited for that is added later.
    timeout: Duration,
}

/// What to do next.
#[allow(clippy::large_enum_variant, reason = "there is one at a time, and it is passed on at once")]
pub(super) enum Task {
    Tell(Update<Error>),
    /// Send it, and give up at that time.
    Send(Look, Instant),
    /// Wait until then or until an answer is there.
    Wait(Instant),
    Nothing,
}

impl Driver {
    pub(super) fn new(watches: Watches<Error>, poll_timeout: Duration, timeout: Duration) -> Self {
        Self { watches, poll_timeout, timeout }
    }

    pub(super) fn next(&mut self, now: Now) -> Task {
        // What was seen is told before the next look.
        if let Some(update) = self.watches.poll_update() {
            return tell(update);
        }
        let next = self.watches.poll(now);
        if let Next::Send(look) = next {
            let until = now.instant.checked_add(self.poll_timeout).unwrap_or(now.instant + LONGEST_LOOK);
            return Task::Send(look, until);
        }
        match (self.watches.poll_update(), next) {
            (Some(update), _) => tell(update),
            (None, Next::Wait(until)) => Task::Wait(until),
            (None, _) => Task::Nothing,
        }
    }

    /// Takes the answer to a look; none if its time has run out.
    pub(super) fn answered(
        &mut self,
        now: Now,
        look: &Look,
        answer: Option<Result<get_status::Response, Error>>,
    ) {
        match answer {
            Some(Ok(response)) => self.watches.handle_response(now, look, response),
            Some(Err(error)) => self.watches.handle_failure(now, look, error),
            None => {
                let limit = format!("{} s for one look", self.poll_timeout.as_secs_f64());
                let error = TransportError::timeout(Phase::Exchange, limit);
                self.watches.handle_failure(now, look, error.into());
            }
        }
    }

    /// Watches one more, for as long as the others were to be watched.
    pub(super) fn watch(&mut self, id: BotImportId, now: Now) {
        self.watches.watch(id, self.timeout, now);
    }

    pub(super) fn cancel(&mut self, id: &BotImportId, now: Now) {
        self.watches.cancel(id, now);
    }

    pub(super) fn cancel_all(&mut self, now: Now) {
        self.watches.cancel_all(now);
    }

    /// How many imports are watched.
    pub(super) fn len(&self) -> usize {
        self.watches.len()
    }
}

fn tell(update: Update<Error>) -> Task {
    tracing::debug!(?update, "watch");
    Task::Tell(update)
}
