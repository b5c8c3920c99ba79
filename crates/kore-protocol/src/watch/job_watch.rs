//! The watch of one job: it decides when to poll, what a response or a failure means, and what happens
//! at the deadline. [`Watches`](super::Watches) has one for each job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kore_types::{Outcome, Status};

use super::diff::diff;
use super::{DeadlineTooSoon, End, Event, Job, Now, PollError, ResumeToken, Settings, Unended};
use crate::clock::{is_past, later};
use crate::request_log::LATEST_ARRIVAL;
use crate::request_logs::SharedLog;
use crate::{Millis, Origin, OutgoingRequest as _, RequestLogs, ResponseError};

/// How long the last polls may take after the deadline has come: one for each watched job.
pub const LAST_POLL: Duration = Duration::from_secs(10);

/// An owner that comes this late after the deadline was suspended. A poll from before that says
/// nothing about now.
const STOPPED: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct JobWatch<J: Job, E> {
    job: J,
    /// The job as its responses told more of it.
    learned: Option<Box<J>>,
    settings: Arc<Settings>,
    log: SharedLog<Millis>,
    /// When the waiting began; before this watch, if it resumes an earlier one.
    began: Instant,
    deadline: Instant,
    /// Set once the deadline has come.
    last_poll: Option<LastPoll>,
    /// The platform asked not to be called before.
    not_before: Option<Instant>,
    state: State<E>,
    /// Boxed, since most watches of a long list have no response yet.
    last: Option<Box<J::Response>>,
    /// Why the last poll failed, if it did.
    trouble: Option<E>,
    failures: u32,
    /// Whether the last poll was refused for its token.
    token_renewed: bool,
    events: Vec<Event<J::Task>>,
    random: u64,
}

/// Where a watch stands.
#[derive(Debug)]
pub(super) enum State<E> {
    /// Nothing is to be done until then.
    Resting { until: Instant },
    /// A poll is under way.
    Polling { since: Instant },
    /// The watch has ended.
    Ended(EndKind<E>),
}

/// How a watch ended. With the last response and a resume token it makes an [`End`].
#[derive(Debug)]
pub(super) enum EndKind<E> {
    Succeeded,
    Failed,
    AwaitsApproval,
    DeadlineReached,
    Cancelled,
    CouldNotPoll(E),
}

/// The last poll, after the deadline. It is there since the job may have ended after the poll before.
#[derive(Clone, Copy, Debug)]
struct LastPoll {
    /// When the watch ends, even without a response.
    until: Instant,
    /// Whether it was sent, so that there is no further one.
    is_sent: bool,
}

impl<J: Job, E: PollError> JobWatch<J, E> {
    /// Begins a watch of a job that has been waited for that long already.
    ///
    /// # Errors
    /// If the rate limit allows no poll before the deadline.
    pub(super) fn begin(
        job: J,
        waited: Duration,
        timeout: Duration,
        logs: &RequestLogs<Millis>,
        settings: Arc<Settings>,
        seed: u64,
        now: Instant,
    ) -> Result<Self, DeadlineTooSoon> {
        let deadline = later(now, timeout);
        let log = logs.log(&job.request(), now);
        let free = log.lock().free_at(now);
        if free >= deadline {
            return Err(DeadlineTooSoon { free_in: free.saturating_duration_since(now) });
        }
        Ok(Self {
            job,
            learned: None,
            log,
            // A monotonic clock may have begun after the waiting did. The pace hardly changes then.
            began: now.checked_sub(waited).unwrap_or(now),
            deadline,
            last_poll: None,
            not_before: None,
            state: State::Resting { until: now },
            last: None,
            trouble: None,
            failures: 0,
            token_renewed: false,
            events: Vec::new(),
            random: seed,
            settings,
        })
    }

    /// The job as it was given.
    pub(super) fn job(&self) -> &J {
        &self.job
    }

    /// The job as far as it is known.
    fn known(&self) -> &J {
        self.learned.as_deref().unwrap_or(&self.job)
    }

    pub(super) fn last(&self) -> Option<&J::Response> {
        self.last.as_deref()
    }

    pub(super) fn state(&self) -> &State<E> {
        &self.state
    }

    /// When the watch ends at the latest: at its deadline, or later if it still has a last poll.
    pub(super) fn ends(&self) -> Instant {
        self.last_poll.map_or(self.deadline, |last| last.until)
    }

    /// The events since the last call, the oldest first.
    pub(super) fn take_events(&mut self) -> Vec<Event<J::Task>> {
        std::mem::take(&mut self.events)
    }

    /// How the watch ended; `None` if it has not.
    pub(super) fn into_end(self, logs: &RequestLogs<Millis>, now: Now) -> Option<End<J, E>> {
        let resume = self.token(logs, now);
        let State::Ended(ending) = self.state else { return None };
        let (last, trouble) = (self.last.map(|last| *last), self.trouble);
        let response = |last: Option<J::Response>| last.expect("a response brought the outcome");
        Some(match ending {
            EndKind::Succeeded => End::Succeeded(response(last)),
            EndKind::Failed => End::Failed(response(last)),
            EndKind::AwaitsApproval => End::AwaitsApproval(Unended { last, trouble, resume }),
            EndKind::DeadlineReached => End::DeadlineReached(Unended { last, trouble, resume }),
            EndKind::Cancelled => End::Cancelled(Unended { last, trouble, resume }),
            EndKind::CouldNotPoll(error) => {
                End::CouldNotPoll { error, unended: Unended { last, trouble: None, resume } }
            }
        })
    }

    /// Ends the watch without a last poll. A poll that is under way counts as sent.
    pub(super) fn cancel(&mut self, now: Instant) {
        self.end(EndKind::Cancelled, now);
    }

    /// Moves the deadline, if that makes it later.
    pub(super) fn extend(&mut self, timeout: Duration, now: Instant) {
        let deadline = later(now, timeout);
        if deadline > self.deadline {
            self.deadline = deadline;
            self.last_poll = None;
        }
    }

    /// Acts on the time: the deadline may have come, or the end of the last poll.
    pub(super) fn see(&mut self, now: Instant) {
        self.see_deadline(now);
        if self.last_poll.is_some_and(|last| is_past(last.until, now)) {
            self.end(EndKind::DeadlineReached, now);
        }
    }

    /// The request that is to be sent now, if it is time for one and the rate limit allows it.
    pub(super) fn poll(&mut self, now: Instant) -> Option<J::Request> {
        self.see(now);
        if !matches!(self.state, State::Resting { until } if until <= now) {
            return None;
        }
        let taken = self.log.lock().take(now);
        match taken {
            Ok(()) => {
                self.state = State::Polling { since: now };
                if let Some(last) = &mut self.last_poll {
                    last.is_sent = true;
                }
                return Some(self.known().request());
            }
            // Another watch of the job may have used the last request.
            Err(free) if self.last_poll.is_some_and(|last| free >= last.until) => {
                self.end(EndKind::DeadlineReached, now);
            }
            Err(free) => {
                self.events.push(Event::Throttled { until: free });
                self.state = State::Resting { until: free };
            }
        }
        None
    }

    /// A poll succeeded. A response about another job says nothing about this one, so it is a failure.
    pub(super) fn handle_response(&mut self, now: Now, response: J::Response) {
        if !matches!(self.state, State::Polling { .. }) {
            return;
        }
        if let Err(other) = self.known().request().check(&response) {
            return self.handle_failure(now, ResponseError::from(other).into());
        }
        let at = now.instant;
        self.see_deadline(at);
        self.settings.host.note(Origin::Platform);
        self.log.lock().release(at);
        self.not_before = None;
        self.trouble = None;
        self.failures = 0;
        self.token_renewed = false;
        self.events.extend(diff(self.known(), self.last.as_deref(), &response));
        let ending = self.ending(&response);
        if let Some(learned) = self.known().learned(&response) {
            self.learned = Some(Box::new(learned));
        }
        self.last = Some(Box::new(response));
        match ending {
            Some(ending) => self.state = State::Ended(ending),
            None if self.last_poll.is_some() => self.go_on_to_last_poll(at),
            None => {
                let wait = self.settings.pacing.wait(at.saturating_duration_since(self.began));
                let until = later(at, wait).min(self.deadline);
                self.events.push(Event::NextPoll { at: until, left: self.log.lock().left(at) });
                self.state = State::Resting { until };
            }
        }
    }

    /// The poll failed.
    pub(super) fn handle_failure(&mut self, now: Now, error: E) {
        if !matches!(self.state, State::Polling { .. }) {
            return;
        }
        let at = now.instant;
        self.see_deadline(at);
        self.settings.host.note(error.origin());
        self.log.lock().release(at);
        if error.is_worth_a_new_token() && !self.token_renewed {
            self.token_renewed = true;
            self.events.push(Event::TokenRenewed);
            self.state = State::Resting { until: at };
            self.trouble = Some(error);
            return;
        }
        // A page from somewhere else is an outage, if the host was the platform before.
        let is_outage = error.origin() == Origin::Elsewhere && self.settings.host.is_platform();
        if !error.is_retryable() && !error.is_rate_limited() && !is_outage {
            self.state = State::Ended(EndKind::CouldNotPoll(error));
            return;
        }
        let asked = error.retry_after().map(|after| after.delay(now.wall));
        self.not_before = asked.map(|asked| later(at, asked));
        self.failures = self.failures.saturating_add(1);
        if self.last_poll.is_some() {
            self.trouble = Some(error);
            return self.go_on_to_last_poll(at);
        }
        let backoff =
            if error.is_rate_limited() { self.settings.rate_limited } else { self.settings.transient };
        let wait = backoff.wait(self.failures, self.next_random());
        // The platform may ask for a longer wait, but the watch ends at its deadline anyway.
        let until = later(at, wait.max(asked.unwrap_or_default())).min(self.deadline);
        self.events.push(Event::Retrying { because: error.to_string(), failures: self.failures, at: until });
        self.state = State::Resting { until };
        self.trouble = Some(error);
    }

    /// How the watch ends with this response, if it does.
    fn ending(&self, response: &J::Response) -> Option<EndKind<E>> {
        let job = self.known();
        let status = job.status(response);
        let said = status.and_then(|status| self.said(status));
        let outcome = said.or_else(|| Some(job.outcome(status?))).unwrap_or(Outcome::Unknown);
        match outcome {
            Outcome::Failed => Some(EndKind::Failed),
            _ if said.is_none() && job.awaits_approval(response) => Some(EndKind::AwaitsApproval),
            Outcome::Succeeded => Some(EndKind::Succeeded),
            Outcome::Running | Outcome::Unknown => None,
        }
    }

    /// What the owner of the watch says that a status means.
    fn said(&self, status: &Status) -> Option<Outcome> {
        let mut words = self.settings.words.iter().rev();
        words.find(|(known, _)| known.eq_ignore_ascii_case(status.as_str())).map(|(_, outcome)| *outcome)
    }

    fn see_deadline(&mut self, now: Instant) {
        if self.last_poll.is_some() || !is_past(self.deadline, now) || matches!(self.state, State::Ended(_)) {
            return;
        }
        let was_stopped = now.saturating_duration_since(self.deadline) > STOPPED;
        let is_sent = matches!(self.state, State::Polling { .. }) && !was_stopped;
        self.last_poll = Some(LastPoll { until: later(now, LAST_POLL), is_sent });
        if matches!(self.state, State::Resting { .. }) {
            self.go_on_to_last_poll(now);
        }
    }

    /// The deadline has come and nothing is under way: there is one more poll, or the watch ends.
    fn go_on_to_last_poll(&mut self, now: Instant) {
        let free = self.log.lock().free_at(now);
        let until = free.max(self.not_before.unwrap_or(free));
        match self.last_poll {
            Some(last) if !last.is_sent && until < last.until => self.state = State::Resting { until },
            _ => self.end(EndKind::DeadlineReached, now),
        }
    }

    /// Ends the watch before its job ended. A poll that is under way is given up. It may still arrive.
    fn end(&mut self, ending: EndKind<E>, now: Instant) {
        match self.state {
            State::Ended(_) => return,
            State::Polling { since } => {
                let latest = later(since, self.settings.poll_timeout.min(LATEST_ARRIVAL));
                self.log.lock().abandon(now, latest);
            }
            State::Resting { .. } => {}
        }
        self.state = State::Ended(ending);
    }

    fn token(&self, logs: &RequestLogs<Millis>, now: Now) -> ResumeToken<J> {
        let waited = now.instant.saturating_duration_since(self.began);
        let left = self.deadline.saturating_duration_since(now.instant);
        let is_platform = self.settings.host.is_platform();
        ResumeToken::new(self.known().clone(), waited, left, &self.log.lock(), logs.name(), is_platform, now)
    }

    fn next_random(&mut self) -> u64 {
        crate::split_mix(&mut self.random)
    }
}
