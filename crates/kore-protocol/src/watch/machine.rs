//! The watch of one job: when it is polled, what a response or a failure means for it, and what
//! happens at its deadline. The owner brings the time and sends the requests.

mod last_poll;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kore_types::{Outcome, Status};

use super::diff::diff;
use super::{DeadlineTooSoon, End, Event, Job, Now, PollError, ResumeToken, Settings, Unended};
use crate::clock::{LEAST_WAIT, later};
use crate::request_log::LATEST_ARRIVAL;
use crate::request_logs::SharedLog;
use crate::{Millis, Origin, OutgoingRequest as _, RequestLogs, ResponseError};

pub use last_poll::LAST_POLL;
use last_poll::LastPoll;

/// What the owner of a watch is to do next. Exhaustive: an owner has to think of each.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<J: Job> {
    /// Send this request, then call [`Watch::handle_response`] or [`Watch::handle_failure`].
    Poll(J::Request),
    /// Do nothing until then, or until what is waited for comes; then poll again.
    Wait {
        /// At least a millisecond from now, and at most when the watch ends.
        until: Instant,
        /// What is waited for.
        what: Waiting,
    },
    /// Nothing more: [`Watch::into_end`] tells how it ended.
    Ended,
}

/// What a watch waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Waiting {
    /// The time of the next poll.
    NextPoll,
    /// That the rate limit allows a request.
    Slot,
    /// The time of the next try.
    Retry,
    /// The response to the poll that was sent last.
    Response,
}

/// The watch of one job, until it ends or a deadline comes.
#[derive(Debug)]
pub struct Watch<J: Job, E> {
    job: J,
    settings: Arc<Settings>,
    log: SharedLog<Millis>,
    /// The name of the logs that it is one of.
    logs: Option<u64>,
    /// When the waiting began, an earlier watch's included.
    began: Instant,
    deadline: Instant,
    /// Known once the deadline has come.
    last_poll: Option<LastPoll>,
    /// The platform asked not to be called before.
    not_before: Option<Instant>,
    state: State<J, E>,
    /// Elsewhere, since a watch that has not polled yet is not to have room for it.
    last: Option<Box<J::Response>>,
    /// What the last poll failed with, if it did.
    trouble: Option<E>,
    failures: u32,
    /// Whether the poll before was refused for its token.
    token_renewed: bool,
    events: VecDeque<Event<J::Task>>,
    random: u64,
}

#[derive(Debug)]
enum State<J: Job, E> {
    Resting { until: Instant, what: Waiting },
    Polling { since: Instant },
    Ended(Ending<J, E>),
}

/// Where a watch stands, for one who has many.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing {
    Resting(Instant),
    Polling,
    Ended,
}

/// How a watch ended, without its document, which stands in the watch.
#[derive(Debug)]
enum Ending<J: Job, E> {
    Succeeded,
    Failed,
    DeadlineReached(ResumeToken<J>),
    Cancelled(ResumeToken<J>),
    CouldNotPoll(E, ResumeToken<J>),
}

impl<J: Job, E: PollError> Watch<J, E> {
    /// Watches a job from now on, for at most `timeout` and a last poll.
    ///
    /// When the deadline comes, a job that has not ended is polled once more if its rate limit
    /// allows that within [`LAST_POLL`]; a poll that is under way then is this last one. After a
    /// [`cancel`](Self::cancel) there is none. An owner that was stopped past the deadline polls
    /// once more when it goes on.
    ///
    /// # Errors
    /// [`DeadlineTooSoon`], if the quotas of the settings allow no poll at all in that time.
    pub fn new(job: J, timeout: Duration, settings: Settings, now: Now) -> Result<Self, DeadlineTooSoon> {
        let logs = RequestLogs::new(settings.quotas);
        let seed = settings.seed;
        Self::begin(job, Duration::ZERO, timeout, &logs, settings.into(), seed, now)
    }

    /// Resumes where another watch has ended, for `timeout` from now on, or for what that one had
    /// left. The time between the two counts, by the clock on the wall: see [`ResumeToken`].
    ///
    /// # Errors
    /// [`DeadlineTooSoon`], if the requests of the other watch leave none before the deadline.
    pub fn resume(
        token: &ResumeToken<J>,
        timeout: Option<Duration>,
        settings: Settings,
        now: Now,
    ) -> Result<Self, DeadlineTooSoon> {
        let logs = RequestLogs::new(settings.quotas);
        token.count_in(&logs, now);
        settings.host.note(token.origin());
        let timeout = timeout.unwrap_or(token.left());
        let (job, waited, seed) = (token.job.clone(), token.waited_by(now.wall), settings.seed);
        Self::begin(job, waited, timeout, &logs, settings.into(), seed, now)
    }

    /// One that has waited that long already, with logs that others may share.
    pub(super) fn begin(
        job: J,
        waited: Duration,
        timeout: Duration,
        logs: &RequestLogs<Millis>,
        settings: Arc<Settings>,
        seed: u64,
        now: Now,
    ) -> Result<Self, DeadlineTooSoon> {
        let now = now.instant;
        let deadline = later(now, timeout);
        let log = logs.log(&job.request(), now);
        let free = log.lock().free_at(now);
        if free >= deadline {
            return Err(DeadlineTooSoon { free_in: free.saturating_duration_since(now) });
        }
        Ok(Self {
            job,
            log,
            logs: logs.name(),
            // A monotonic clock may have begun after the waiting did; the pace hardly changes then.
            began: now.checked_sub(waited).unwrap_or(now),
            deadline,
            last_poll: None,
            not_before: None,
            state: State::Resting { until: now, what: Waiting::NextPoll },
            last: None,
            trouble: None,
            failures: 0,
            token_renewed: false,
            events: VecDeque::new(),
            random: seed,
            settings,
        })
    }

    /// The job that is watched.
    pub fn job(&self) -> &J {
        &self.job
    }

    /// When the deadline comes; the watch ends [`LAST_POLL`] later at the latest.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The last response, if a poll went well.
    pub fn last(&self) -> Option<&J::Response> {
        self.last.as_deref()
    }

    /// How many requests may still be sent at `now`, in this minute and in this hour.
    pub fn left(&self, now: Now) -> [u32; 2] {
        self.log.lock().left(now.instant)
    }

    /// How the watch ended; the watch itself if it has not.
    ///
    /// # Errors
    /// The watch, unchanged.
    #[allow(clippy::result_large_err, reason = "it is the watch itself, handed back")]
    pub fn into_end(self) -> Result<End<J, E>, Self> {
        let State::Ended(ending) = self.state else { return Err(self) };
        let (last, trouble) = (self.last.map(|last| *last), self.trouble);
        let document = |last: Option<J::Response>| last.expect("an outcome comes with its document");
        Ok(match ending {
            Ending::Succeeded => End::Succeeded(document(last)),
            Ending::Failed => End::Failed(document(last)),
            Ending::DeadlineReached(resume) => End::DeadlineReached(Unended::new(last, trouble, resume)),
            Ending::Cancelled(resume) => End::Cancelled(Unended::new(last, trouble, resume)),
            Ending::CouldNotPoll(error, resume) => {
                End::CouldNotPoll { error, unended: Unended::new(last, None, resume) }
            }
        })
    }

    /// Gives the watch up, with no last poll. A poll that is under way counts as sent.
    pub fn cancel(&mut self, now: Now) {
        if !matches!(self.state, State::Ended(_)) {
            self.give_poll_up(now.instant);
            self.state = State::Ended(Ending::Cancelled(self.token(now)));
        }
    }

    /// What to do now. Events are to be taken first.
    pub fn poll(&mut self, now: Now) -> Step<J> {
        self.see(now);
        let (until, what) = match self.state {
            State::Ended(_) => return Step::Ended,
            State::Polling { .. } => return Step::Wait { until: self.ends(), what: Waiting::Response },
            State::Resting { until, what } => (until, what),
        };
        if until > now.instant {
            return self.wait(now.instant, until, what);
        }
        let taken = self.log.lock().take(now.instant);
        match taken {
            Ok(()) => {
                self.state = State::Polling { since: now.instant };
                if let Some(last) = &mut self.last_poll {
                    last.is_sent = true;
                }
                Step::Poll(self.job.request())
            }
            // Others that share the log may have been faster.
            Err(free) if self.last_poll.is_some_and(|last| free >= last.until) => {
                self.end_at_deadline(now);
                Step::Ended
            }
            Err(free) => {
                self.events.push_back(Event::Throttled { until: free });
                self.state = State::Resting { until: free, what: Waiting::Slot };
                self.wait(now.instant, free, Waiting::Slot)
            }
        }
    }

    fn wait(&self, now: Instant, until: Instant, what: Waiting) -> Step<J> {
        Step::Wait { until: until.max(later(now, LEAST_WAIT)).min(self.ends()), what }
    }

    pub(super) fn standing(&self) -> Standing {
        match self.state {
            State::Resting { until, .. } => Standing::Resting(until),
            State::Polling { .. } => Standing::Polling,
            State::Ended(_) => Standing::Ended,
        }
    }

    /// All that there is to tell at once; no room is kept for more.
    pub(super) fn take_events(&mut self) -> VecDeque<Event<J::Task>> {
        std::mem::take(&mut self.events)
    }

    /// What there is to tell, the oldest first.
    pub fn poll_event(&mut self) -> Option<Event<J::Task>> {
        self.events.pop_front()
    }

    /// The poll went well. A response about another job says nothing of this one, and is a failure.
    pub fn handle_response(&mut self, now: Now, response: impl Into<J::Response>) {
        if !matches!(self.state, State::Polling { .. }) {
            return;
        }
        let response = response.into();
        if let Err(other) = self.job.request().check(&response) {
            return self.handle_failure(now, ResponseError::from(other).into());
        }
        self.see_deadline(now);
        let at = now.instant;
        self.settings.host.note(Origin::Platform);
        self.log.lock().release(at);
        self.not_before = None;
        self.trouble = None;
        self.failures = 0;
        self.token_renewed = false;
        self.events.extend(diff(&self.job, self.last.as_deref(), &response));
        let outcome = self.outcome(&response);
        self.last = Some(Box::new(response));
        match outcome {
            Outcome::Succeeded => self.state = State::Ended(Ending::Succeeded),
            Outcome::Failed => self.state = State::Ended(Ending::Failed),
            Outcome::Running | Outcome::Unknown if self.last_poll.is_some() => self.go_on_to_last_poll(now),
            Outcome::Running | Outcome::Unknown => {
                let wait = self.settings.pacing.wait(at.saturating_duration_since(self.began));
                let until = later(at, wait).min(self.deadline);
                self.events.push_back(Event::NextPoll { at: until, left: self.log.lock().left(at) });
                self.state = State::Resting { until, what: Waiting::NextPoll };
            }
        }
    }

    /// The poll failed.
    pub fn handle_failure(&mut self, now: Now, error: E) {
        if !matches!(self.state, State::Polling { .. }) {
            return;
        }
        self.see_deadline(now);
        let at = now.instant;
        self.settings.host.note(error.origin());
        self.log.lock().release(at);
        if error.is_worth_a_new_token() && !self.token_renewed {
            self.token_renewed = true;
            self.events.push_back(Event::TokenRenewed);
            self.state = State::Resting { until: at, what: Waiting::Retry };
            self.trouble = Some(error);
            return;
        }
        // What does not come from the platform passes, unless the host never was the platform.
        let is_outage = error.origin() == Origin::Elsewhere && self.settings.host.is_platform();
        if !error.is_retryable() && !error.is_rate_limited() && !is_outage {
            self.state = State::Ended(Ending::CouldNotPoll(error, self.token(now)));
            return;
        }
        let asked = error.retry_after().map(|after| after.delay(now.wall));
        self.not_before = asked.map(|asked| later(at, asked));
        self.failures = self.failures.saturating_add(1);
        if self.last_poll.is_some() {
            self.trouble = Some(error);
            return self.go_on_to_last_poll(now);
        }
        let backoff =
            if error.is_rate_limited() { self.settings.rate_limited } else { self.settings.transient };
        let wait = backoff.wait(self.failures, self.next_random());
        // What is asked for is a floor, and never later than the deadline, when there is an end anyway.
        let until = later(at, wait.max(asked.unwrap_or_default())).min(self.deadline);
        self.events.push_back(Event::Retrying {
            because: error.to_string(),
            failures: self.failures,
            at: until,
        });
        self.state = State::Resting { until, what: Waiting::Retry };
        self.trouble = Some(error);
    }

    fn outcome(&self, response: &J::Response) -> Outcome {
        let Some(status) = self.job.status(response) else { return Outcome::Unknown };
        let said = |status: &Status| {
            let word = status.as_str();
            let mut words = self.settings.words.iter().rev();
            words.find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, outcome)| *outcome)
        };
        said(status).unwrap_or_else(|| self.job.outcome(status))
    }

    fn give_poll_up(&mut self, now: Instant) {
        if let State::Polling { since } = self.state {
            let latest = later(since, self.settings.poll_timeout.min(LATEST_ARRIVAL));
            self.log.lock().abandon(now, latest);
        }
    }

    fn token(&self, now: Now) -> ResumeToken<J> {
        let waited = now.instant.saturating_duration_since(self.began);
        let left = self.deadline.saturating_duration_since(now.instant);
        ResumeToken::new(
            self.job.clone(),
            waited,
            left,
            &self.log.lock(),
            self.logs,
            &self.settings.host,
            now,
        )
    }

    fn next_random(&mut self) -> u64 {
        crate::split_mix(&mut self.random)
    }
}

#[cfg(test)]
mod tests;
