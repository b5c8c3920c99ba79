//! The machine itself.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kore_types::{BotImport, BotImportId, Outcome, Status};

use super::diff::diff;
use super::ledger::SharedWindows;
use super::{End, Event, LookError, Now, ResumeToken, Settings, Unended, Windows};
use crate::bot_import::get_status::{self, Response};

/// The least that a wait lasts, so that no owner spins.
pub(super) const LEAST_WAIT: Duration = Duration::from_millis(1);

/// How long after it was given up a request may still reach the platform, at the most.
pub(super) const LATEST_ARRIVAL: Duration = Duration::from_secs(300);

/// Times beyond it, which a clock may not be able to name, never come.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The platform's windows have no slot for a look before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfunded {
    /// How long it takes until a slot is free.
    pub free_in: Duration,
}

impl fmt::Display for Unfunded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.free_in.is_zero() {
            return f.write_str("the deadline is too soon: it leaves no time for a look");
        }
        let seconds = self.free_in.as_secs_f64().ceil();
        write!(f, "the deadline is too soon: the platform's rate limits allow the next look in {seconds} s")
    }
}

impl std::error::Error for Unfunded {}

/// What the owner of a watch is to do next. Exhaustive: an owner has to think of each.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Send this request, then call [`Watch::handle_import`] or [`Watch::handle_failure`].
    Look(get_status::Request),
    /// Do nothing until then, or until what is waited for comes; then poll again.
    Wait {
        /// At least a millisecond from now, and at most the deadline.
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
    /// Watches an import from now on, for at most `timeout`.
    ///
    /// # Errors
    /// [`Unfunded`], if the windows of the settings allow no look at all in that time.
    pub fn new(id: BotImportId, timeout: Duration, settings: Settings, now: Now) -> Result<Self, Unfunded> {
        let windows = Windows::with_quotas(now.instant, settings.quotas).into();
        let seed = settings.seed;
        Self::begin(id, Duration::ZERO, timeout, windows, settings.into(), seed, now)
    }

    /// Goes on where another watch has ended, for `timeout` from now on, or for what that one had
    /// left.
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
        windows.add_ages(now.instant, token.ages(settings.quotas));
        let timeout = timeout.unwrap_or(token.left());
        let seed = settings.seed;
        Self::begin(token.id.clone(), token.waited(), timeout, windows.into(), settings.into(), seed, now)
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
        let deadline = now + timeout.min(CENTURY);
        let free_in = windows.lock().free_at(now) - now;
        if now + free_in >= deadline {
            return Err(Unfunded { free_in });
        }
        Ok(Self {
            id,
            windows,
            // A monotonic clock may have begun after the waiting did; the pace hardly changes then.
            began: now.checked_sub(waited).unwrap_or(now),
            deadline,
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

    /// When the watch ends at the latest.
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

    /// Gives the watch up. A look that is under way counts as sent.
    pub fn cancel(&mut self, now: Now) {
        if !matches!(self.state, State::Ended(_)) {
            self.give_look_up(now.instant);
            self.state = State::Ended(Ending::Cancelled(self.token(now.instant)));
        }
    }

    /// What to do now. Events are to be taken first.
    pub fn poll(&mut self, now: Now) -> Step {
        let now = now.instant;
        if matches!(self.state, State::Ended(_)) {
            return Step::Ended;
        }
        // What is left is too short to wait for.
        if now + LEAST_WAIT > self.deadline {
            self.give_look_up(now);
            self.state = State::Ended(Ending::DeadlineReached(self.token(now)));
            return Step::Ended;
        }
        let State::Resting { until, what } = self.state else {
            return Step::Wait { until: self.deadline, what: Waiting::Answer };
        };
        if until > now {
            return self.wait(now, until, what);
        }
        let taken = self.windows.lock().take(now);
        match taken {
            Ok(()) => {
                self.state = State::Looking { since: now };
                Step::Look(get_status::Request::new(self.id.clone()))
            }
            Err(free) => {
                self.events.push_back(Event::Throttled { until: free });
                self.state = State::Resting { until: free, what: Waiting::Slot };
                self.wait(now, free, Waiting::Slot)
            }
        }
    }

    fn wait(&self, now: Instant, until: Instant, what: Waiting) -> Step {
        Step::Wait { until: until.max(now + LEAST_WAIT).min(self.deadline), what }
    }

    /// Lets the watch go on for longer, if it would end before.
    pub(super) fn extend(&mut self, timeout: Duration, now: Now) {
        self.deadline = self.deadline.max(now.instant + timeout.min(CENTURY));
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

    /// The look went well.
    pub fn handle_import(&mut self, now: Now, response: impl Into<Response>) {
        if !matches!(self.state, State::Looking { .. }) {
            return;
        }
        let now = now.instant;
        self.windows.lock().release(now);
        self.trouble = None;
        self.failures = 0;
        self.token_renewed = false;
        let response = response.into();
        self.events.extend(diff(self.last.as_ref().map(|last| &last.import), &response.import));
        let outcome = self.outcome(&response.import);
        self.last = Some(Box::new(response));
        self.state = match outcome {
            Outcome::Succeeded => State::Ended(Ending::Succeeded),
            Outcome::Failed => State::Ended(Ending::Failed),
            Outcome::Running | Outcome::Unknown => {
                let wait = self.settings.pacing.wait(now.saturating_duration_since(self.began));
                let at = now.checked_add(wait).unwrap_or(self.deadline).min(self.deadline);
                self.events.push_back(Event::NextLook { at, left: self.windows.lock().left(now) });
                State::Resting { until: at, what: Waiting::NextLook }
            }
        };
    }

    /// The look failed.
    pub fn handle_failure(&mut self, now: Now, error: E) {
        if !matches!(self.state, State::Looking { .. }) {
            return;
        }
        let at = now.instant;
        self.windows.lock().release(at);
        if error.is_worth_a_new_token() && !self.token_renewed {
            self.token_renewed = true;
            self.events.push_back(Event::TokenRenewed);
            self.state = State::Resting { until: at, what: Waiting::Retry };
            self.trouble = Some(error);
            return;
        }
        if !error.is_retryable() && !error.is_rate_limited() {
            self.state = State::Ended(Ending::CouldNotLook(error, self.token(at)));
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let backoff =
            if error.is_rate_limited() { self.settings.rate_limited } else { self.settings.transient };
        let wait = backoff.wait(self.failures, self.next_random());
        let asked = error.retry_after().map_or(Duration::ZERO, |after| after.delay(now.wall));
        // What is asked for is a floor, and never later than the deadline, when there is an end anyway.
        let until = at.checked_add(wait.max(asked)).unwrap_or(self.deadline).min(self.deadline);
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
        // What is said of another import says nothing of this one.
        let is_other = match (&import.id, import.extra.get("_id")) {
            (Some(id), _) => *id != self.id,
            (None, odd) => odd.is_some_and(|odd| !odd.is_null()),
        };
        if is_other {
            return Outcome::Unknown;
        }
        let said = |status: &Status| {
            let word = status.as_str();
            let mut words = self.settings.words.iter().rev();
            words.find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, outcome)| *outcome)
        };
        said(status).unwrap_or_else(|| status.outcome())
    }

    fn give_look_up(&mut self, now: Instant) {
        if let State::Looking { since } = self.state {
            let latest = since + self.settings.look_timeout.min(LATEST_ARRIVAL);
            self.windows.lock().abandon(now, latest);
        }
    }

    fn token(&self, now: Instant) -> ResumeToken {
        let waited = now.saturating_duration_since(self.began);
        let left = self.deadline.saturating_duration_since(now);
        ResumeToken::new(self.id.clone(), waited, left, &self.windows.lock(), now)
    }

    /// SplitMix64: enough for jitter, and the same everywhere.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests;
