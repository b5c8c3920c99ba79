//! What a watch does when its deadline comes: before it says that a job is not over it polls
//! once more, since the job may have ended after the poll before.

use std::time::{Duration, Instant};

use super::{Ending, State, Waiting, Watch};
use crate::clock::{is_past, later};
use crate::watch::{Job, Now, PollError};

/// How long the last poll of a watch, or of many together, may take once its deadline has come.
pub const LAST_POLL: Duration = Duration::from_secs(10);

/// An owner that comes so late after the deadline was stopped: what was under way before says
/// nothing of now.
const STOPPED: Duration = Duration::from_secs(1);

/// The poll that a watch still has when its deadline has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastPoll {
    /// When the watch ends, with a response or without.
    pub(super) until: Instant,
    /// In time for its response to count as the last.
    pub(super) is_sent: bool,
}

impl<J: Job, E: PollError> Watch<J, E> {
    /// When the watch ends, as far as is known: at its deadline, or when its last poll has to be
    /// over.
    pub(in super::super) fn ends(&self) -> Instant {
        self.last_poll.map_or(self.deadline, |last| last.until)
    }

    /// Sees what time it is: the deadline may have come, or the end of the last poll.
    pub(in super::super) fn see(&mut self, now: Now) {
        self.see_deadline(now);
        if self.last_poll.is_some_and(|last| is_past(last.until, now.instant)) {
            self.end_at_deadline(now);
        }
    }

    pub(super) fn see_deadline(&mut self, now: Now) {
        if self.last_poll.is_some()
            || !is_past(self.deadline, now.instant)
            || matches!(self.state, State::Ended(_))
        {
            return;
        }
        let was_stopped = now.instant.saturating_duration_since(self.deadline) > STOPPED;
        let is_sent = matches!(self.state, State::Polling { .. }) && !was_stopped;
        self.last_poll = Some(LastPoll { until: later(now.instant, LAST_POLL), is_sent });
        if matches!(self.state, State::Resting { .. }) {
            self.go_on_to_last_poll(now);
        }
    }

    /// Nothing is under way, and the deadline has come: there is one more poll, or none.
    pub(super) fn go_on_to_last_poll(&mut self, now: Now) {
        let free = self.log.lock().free_at(now.instant);
        let until = free.max(self.not_before.unwrap_or(free));
        match self.last_poll {
            Some(last) if !last.is_sent && until < last.until => {
                self.state = State::Resting { until, what: Waiting::NextPoll };
            }
            _ => self.end_at_deadline(now),
        }
    }

    pub(super) fn end_at_deadline(&mut self, now: Now) {
        if !matches!(self.state, State::Ended(_)) {
            self.give_poll_up(now.instant);
            self.state = State::Ended(Ending::DeadlineReached(self.token(now)));
        }
    }

    /// Lets the watch go on for longer, if its deadline would come before.
    pub(in super::super) fn extend(&mut self, timeout: Duration, now: Now) {
        let deadline = later(now.instant, timeout);
        if deadline > self.deadline {
            self.deadline = deadline;
            self.last_poll = None;
        }
    }
}
