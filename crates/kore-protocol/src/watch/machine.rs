//! The watch of one import: when it is polled, what a response or a failure means for it, and what
//! happens at its deadline. The owner brings the time and sends the requests.

mod last_poll;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kore_types::{BotImport, BotImportId, Outcome, Status};

use super::clock::{LEAST_WAIT, later};
use super::diff::diff;
use super::ledger::SharedWindows;
use super::{End, Event, LookError, Now, ResumeToken, Settings, Unended, Unfunded, Windows};
use crate::bot_import::get_status::{self, Response};
use crate::{Origin, ResponseError};

pub use last_poll::LAST_POLL;
use last_poll::LastPoll;

/// How long after it was given up a request may still reach the platform, at the most.
pub(super) const LATEST_ARRIVAL: Duration = Duration::from_secs(300);

/// What the owner of a watch is to do next. Exhaustive: an owner has to think of each.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Send this request, then call [`Watch::handle_import`] or [`Watch::handle_failure`].
    Look(get_status::Request),
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
    /// The time of the next look.
    NextLook,
    /// A free slot in the platform's windows.
    Slot,
    /// The time of the next try.
    Retry,
    /// The answer to the look that was sent last.
    Answer,
}

/// The watch of one import, until it ends or a deadline comes.
#[derive(Debug)]
pub struct Watch<E> {
    id: BotImportId,
    settings: Arc<Settings>,
    windows: SharedWindows,
    /// When the waiting began, an earlier watch's included.
    began: Instant,
    deadline: Instant,
    /// Known once the deadline has come.
    last_poll: Option<LastPoll>,
    /// The platform asked not to be called before.
    not_before: Option<Instant>,
    state: State<E>,
    /// Elsewhere, since a watch that has not looked yet is not to have room for it.
    last: Option<Box<Response>>,
    /// What the last look failed with, if it did.
    trouble: Option<E>,
    failures: u32,
    /// Whether the look before was refused for its token.
    token_renewed: bool,
    events: VecDeque<Event>,
    random: u64,
}

#[derive(Debug)]
enum State<E> {
    Resting { until: Instant, what: Waiting },
    Looking { since: Instant },
    Ended(Ending<E>),
}

/// Where a watch stands, for one who has many.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing {
    Resting(Instant),
    Looking,
    Ended,
}

/// How a watch ended, without its document, which stands in the watch.
#[derive(Debug)]
enum Ending<E> {
    Succeeded,
    Failed,
    DeadlineReached(ResumeToken),
    Cancelled(ResumeToken),
    CouldNotLook(E, ResumeToken),
}

impl<E: LookError> Watch<E> {
    /// Watches an import from now on, for at most `timeout` and a last poll.
    ///
    /// When the deadline comes, an import that has not ended is polled once more if its rate limit
    /// allows that within [`LAST_POLL`]; a poll that is under way then is this last one. After a
    /// [`cancel`](Self::cancel) there is none. An owner that was stopped past the deadline polls
    /// once more when it goes on.
    ///
    /// # Errors
    /// [`Unfunded`], if the windows of the settings allow no look at all in that time.
    pub fn new(id: BotImportId, timeout: Duration, settings: Settings, now: Now) -> Result<Self, Unfunded> {
        let windows = Windows::with_quotas(now.instant, settings.quotas).into();
        let seed = settings.seed;
        Self::begin(id, Duration::ZERO, timeout, windows, settings.into(), seed, now)
    }

    /// Goes on where another watch has ended, for `timeout` from now on, or for what that one had
    /// left. The time between the two counts, by the clock on the wall: see [`ResumeToken`].
    ///
    /// # Errors
    /// [`Unfunded`], if the looks of the other watch leave none before the deadline.
    pub fn resume(
        token: &ResumeToken,
        timeout: Option<Duration>,
        settings: Settings,
        now: Now,
    ) -> Result<Self, Unfunded> {
        let mut windows = Windows::with_quotas(now.instant, settings.quotas);
        windows.add_ages(now.instant, token.ages(settings.quotas, now.wall));
        settings.host.note(token.origin());
        let timeout = timeout.unwrap_or(token.left());
        let seed = settings.seed;
        Self::begin(
            token.id.clone(),
            token.waited_by(now.wall),
            timeout,
            windows.into(),
            settings.into(),
            seed,
            now,
        )
    }

    /// One that has waited that long already, in windows that others may share.
    pub(super) fn begin(
        id: BotImportId,
        waited: Duration,
        timeout: Duration,
        windows: SharedWindows,
        settings: Arc<Settings>,
        seed: u64,
        now: Now,
    ) -> Result<Self, Unfunded> {
        let now = now.instant;
        let deadline = later(now, timeout);
        let free = windows.lock().free_at(now);
        if free >= deadline {
            return Err(Unfunded { free_in: free.saturating_duration_since(now) });
        }
        Ok(Self {
            id,
            windows,
            // A monotonic clock may have begun after the waiting did; the pace hardly changes then.
            began: now.checked_sub(waited).unwrap_or(now),
            deadline,
            last_poll: None,
            not_before: None,
            state: State::Resting { until: now, what: Waiting::NextLook },
            last: None,
            trouble: None,
            failures: 0,
            token_renewed: false,
            events: VecDeque::new(),
            random: seed,
            settings,
        })
    }

    /// The import that is watched.
    pub fn id(&self) -> &BotImportId {
        &self.id
    }

    /// When the deadline comes; the watch ends [`LAST_POLL`] later at the latest.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The last document, if a look went well.
    pub fn last(&self) -> Option<&Response> {
        self.last.as_deref()
    }

    /// How many requests may still be sent at `now`, in the windows of a minute and of an hour.
    pub fn left(&self, now: Now) -> [u32; 2] {
        self.windows.lock().left(now.instant)
    }

    /// How the watch ended; the watch itself if it has not.
    ///
    /// # Errors
    /// The watch, unchanged.
    #[allow(clippy::result_large_err, reason = "it is the watch itself, handed back")]
    pub fn into_end(self) -> Result<End<E>, Self> {
        let State::Ended(ending) = self.state else { return Err(self) };
        let (last, trouble) = (self.last.map(|last| *last), self.trouble);
        let document = |last: Option<Response>| last.expect("an outcome comes with its document");
        Ok(match ending {
            Ending::Succeeded => End::Succeeded(document(last)),
            Ending::Failed => End::Failed(document(last)),
            Ending::DeadlineReached(resume) => End::DeadlineReached(Unended::new(last, trouble, resume)),
            Ending::Cancelled(resume) => End::Cancelled(Unended::new(last, trouble, resume)),
            Ending::CouldNotLook(error, resume) => {
                End::CouldNotLook { error, unended: Unended::new(last, None, resume) }
            }
        })
    }

    /// Gives the watch up, with no last poll. A poll that is under way counts as sent.
    pub fn cancel(&mut self, now: Now) {
        if !matches!(self.state, State::Ended(_)) {
            self.give_look_up(now.instant);
            self.state = State::Ended(Ending::Cancelled(self.token(now)));
        }
    }

    /// What to do now. Events are to be taken first.
    pub fn poll(&mut self, now: Now) -> Step {
        self.see(now);
        let (until, what) = match self.state {
            State::Ended(_) => return Step::Ended,
            State::Looking { .. } => return Step::Wait { until: self.ends(), what: Waiting::Answer },
            State::Resting { until, what } => (until, what),
        };
        if until > now.instant {
            return self.wait(now.instant, until, what);
        }
        let taken = self.windows.lock().take(now.instant);
        match taken {
            Ok(()) => {
                self.state = State::Looking { since: now.instant };
                if let Some(last) = &mut self.last_poll {
                    last.is_sent = true;
                }
                Step::Look(get_status::Request::new(self.id.clone()))
            }
            // Others that share the windows may have been faster.
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

    fn wait(&self, now: Instant, until: Instant, what: Waiting) -> Step {
        Step::Wait { until: until.max(later(now, LEAST_WAIT)).min(self.ends()), what }
    }

    pub(super) fn standing(&self) -> Standing {
        match self.state {
            State::Resting { until, .. } => Standing::Resting(until),
            State::Looking { .. } => Standing::Looking,
            State::Ended(_) => Standing::Ended,
        }
    }

    /// All that there is to tell at once; no room is kept for more.
    pub(super) fn take_events(&mut self) -> VecDeque<Event> {
        std::mem::take(&mut self.events)
    }

    /// What there is to tell, the oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The look went well. A document about another import says nothing of this one, and is a
    /// failure.
    pub fn handle_import(&mut self, now: Now, response: impl Into<Response>) {
        if !matches!(self.state, State::Looking { .. }) {
            return;
        }
        let response = response.into();
        if let Err(other) = get_status::check(&self.id, &response.import) {
            return self.handle_failure(now, ResponseError::from(other).into());
        }
        self.see_deadline(now);
        let at = now.instant;
        self.settings.host.note(Origin::Platform);
        self.windows.lock().release(at);
        self.not_before = None;
        self.trouble = None;
        self.failures = 0;
        self.token_renewed = false;
        self.events.extend(diff(self.last.as_ref().map(|last| &last.import), &response.import));
        let outcome = self.outcome(&response.import);
        self.last = Some(Box::new(response));
        match outcome {
            Outcome::Succeeded => self.state = State::Ended(Ending::Succeeded),
            Outcome::Failed => self.state = State::Ended(Ending::Failed),
            Outcome::Running | Outcome::Unknown if self.last_poll.is_some() => self.go_on_to_last_poll(now),
            Outcome::Running | Outcome::Unknown => {
                let wait = self.settings.pacing.wait(at.saturating_duration_since(self.began));
                let until = later(at, wait).min(self.deadline);
                self.events.push_back(Event::NextLook { at: until, left: self.windows.lock().left(at) });
                self.state = State::Resting { until, what: Waiting::NextLook };
            }
        }
    }

    /// The look failed.
    pub fn handle_failure(&mut self, now: Now, error: E) {
        if !matches!(self.state, State::Looking { .. }) {
            return;
        }
        self.see_deadline(now);
        let at = now.instant;
        self.settings.host.note(error.origin());
        self.windows.lock().release(at);
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
            self.state = State::Ended(Ending::CouldNotLook(error, self.token(now)));
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

    fn outcome(&self, import: &BotImport) -> Outcome {
        let Some(status) = &import.status else { return Outcome::Unknown };
        let said = |status: &Status| {
            let word = status.as_str();
            let mut words = self.settings.words.iter().rev();
            words.find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, outcome)| *outcome)
        };
        said(status).unwrap_or_else(|| status.outcome())
    }

    fn give_look_up(&mut self, now: Instant) {
        if let State::Looking { since } = self.state {
            let latest = later(since, self.settings.look_timeout.min(LATEST_ARRIVAL));
            self.windows.lock().abandon(now, latest);
        }
    }

    fn token(&self, now: Now) -> ResumeToken {
        let waited = now.instant.saturating_duration_since(self.began);
        let left = self.deadline.saturating_duration_since(now.instant);
        ResumeToken::new(self.id.clone(), waited, left, &self.windows.lock(), &self.settings.host, now)
    }

    fn next_random(&mut self) -> u64 {
        crate::split_mix(&mut self.random)
    }
}

#[cfg(test)]
mod tests;
