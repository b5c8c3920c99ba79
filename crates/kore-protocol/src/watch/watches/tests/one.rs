//! The watch of one job: its pace, failures, deadline and end.

use std::fmt;
use std::time::SystemTime;

use kore_types::{BotImport, BotImportId, Outcome, Status, StatusLog};

use super::super::*;
use crate::watch::{LAST_POLL, Pacing};
use crate::{Origin, ResponseError, RetryAfter};

mod last_poll;
mod origins;
mod resumed;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Default, PartialEq)]
struct Failure {
    is_retryable: bool,
    is_rate_limited: bool,
    is_worth_a_new_token: bool,
    retry_after: Option<RetryAfter>,
    origin: Option<Origin>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it failed")
    }
}

impl PollError for Failure {
    fn response(&self) -> Option<&ResponseError> {
        None
    }

    fn is_retryable(&self) -> bool {
        self.is_retryable
    }

    fn is_rate_limited(&self) -> bool {
        self.is_rate_limited
    }

    fn is_worth_a_new_token(&self) -> bool {
        self.is_worth_a_new_token
    }

    fn retry_after(&self) -> Option<RetryAfter> {
        self.retry_after
    }

    fn origin(&self) -> Origin {
        self.origin.unwrap_or(Origin::Unknown)
    }
}

impl From<ResponseError> for Failure {
    fn from(error: ResponseError) -> Self {
        assert!(error.is_other_job(), "the machine makes no other error");
        Self { origin: Some(error.origin()), ..Self::default() }
    }
}

fn transient() -> Failure {
    Failure { is_retryable: true, ..Failure::default() }
}

fn unauthorised() -> Failure {
    Failure { is_worth_a_new_token: true, ..Failure::default() }
}

/// The watch of one import and its clock.
#[derive(Debug)]
struct Pair {
    watches: Watches<BotImportId, Failure>,
    now: Now,
    deadline: Instant,
    poll: Option<Poll<BotImportId>>,
    events: Vec<Event<StatusLog>>,
    end: Option<Result<End<BotImportId, Failure>, DeadlineTooSoon>>,
}

/// What the watch does next.
#[derive(Debug, PartialEq)]
enum Step {
    Poll,
    Wait(Instant),
    Ended,
}

impl Pair {
    fn new(timeout: Duration) -> Self {
        Self::with(Settings::default(), timeout, start())
    }

    fn with(settings: Settings, timeout: Duration, now: Now) -> Self {
        let watch = |watches: &mut Watches<_, _>| watches.watch(id(), timeout, now);
        Self::begin(settings, now, watch).expect("a poll is allowed")
    }

    fn resume(
        token: &ResumeToken<BotImportId>,
        timeout: Option<Duration>,
        settings: Settings,
        now: Now,
    ) -> Result<Self, DeadlineTooSoon> {
        Self::begin(settings, now, |watches| watches.resume(token, timeout, now))
    }

    fn begin(
        settings: Settings,
        now: Now,
        watch: impl FnOnce(&mut Watches<BotImportId, Failure>),
    ) -> Result<Self, DeadlineTooSoon> {
        let mut watches = Watches::new(RequestLogs::default(), settings);
        watch(&mut watches);
        if let Some(Update::Ended { end: Err(too_soon), .. }) = watches.updates.pop_front() {
            return Err(too_soon);
        }
        let deadline = watches.ends.first().expect("it is watched").0;
        Ok(Self { watches, now, deadline, poll: None, events: Vec::new(), end: None })
    }

    fn take_updates(&mut self) {
        let updates = std::mem::take(&mut self.watches.updates);
        updates.into_iter().for_each(|update| self.take(update));
    }

    fn take(&mut self, update: Update<BotImportId, Failure>) {
        match update {
            Update::Event { event, .. } => self.events.push(event),
            Update::Ended { end, .. } => self.end = Some(end),
        }
    }

    fn step(&mut self) -> Step {
        loop {
            match self.watches.poll(self.now) {
                Next::Tell(update) => self.take(update),
                Next::Send(poll) => {
                    assert_eq!(poll.request().import_id, id());
                    self.poll = Some(poll);
                    return Step::Poll;
                }
                Next::Wait(until) => return Step::Wait(until),
                Next::Idle => return Step::Ended,
            }
        }
    }

    /// Waits until the next poll is sent. Gives back how long that took.
    #[track_caller]
    fn poll(&mut self) -> Duration {
        let start = self.now.instant;
        loop {
            match self.step() {
                Step::Poll => return self.now.instant - start,
                Step::Wait(until) => {
                    assert_eq!(self.watches.polling(), 0, "it waits for a response");
                    assert!(until >= self.now.instant + LEAST_WAIT);
                    self.pass(until - self.now.instant);
                }
                Step::Ended => panic!("ended: {:?}", self.end),
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall += time;
    }

    fn respond(&mut self, status: &str) {
        self.respond_with(BotImport::new(id(), status.into()));
    }

    fn respond_with(&mut self, import: BotImport) {
        let poll = self.poll.as_ref().expect("a poll was sent");
        self.watches.handle_response(self.now, poll, import);
    }

    fn fail(&mut self, error: Failure) {
        let poll = self.poll.as_ref().expect("a poll was sent");
        self.watches.handle_failure(self.now, poll, error);
    }

    fn cancel(&mut self) {
        self.watches.cancel(&id(), self.now);
    }

    fn events(&mut self) -> Vec<Event<StatusLog>> {
        self.take_updates();
        std::mem::take(&mut self.events)
    }

    /// How many requests may still be sent.
    fn left(&self) -> [u32; 2] {
        let log = self.watches.logs.log(&id().request(), self.now.instant);
        log.lock().left(self.now.instant)
    }

    #[track_caller]
    fn end(mut self) -> End<BotImportId, Failure> {
        assert_eq!(self.step(), Step::Ended);
        self.end.expect("ended").expect("a poll was allowed")
    }
}

fn start() -> Now {
    Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH }
}

fn id() -> BotImportId {
    BotImportId::new("bir-1").expect("valid")
}

#[test]
fn the_first_poll_is_at_once_and_the_end_of_the_import_ends_the_watch() {
    let mut pair = Pair::new(60 * SECOND);
    assert_eq!(pair.poll(), Duration::ZERO);
    pair.respond("pending");
    assert_eq!(pair.poll(), SECOND);
    pair.respond("SUCCESS");
    let End::Succeeded(response) = pair.end() else { panic!("not succeeded") };
    assert_eq!(response.import.status.as_ref().map(Status::as_str), Some("SUCCESS"));
}

#[test]
fn a_failed_import_ends_the_watch_with_its_document() {
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.respond("failure");
    assert!(matches!(pair.end(), End::Failed(_)));
}

#[test]
fn events_come_before_the_wait_that_they_announce() {
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.respond("pending");
    let at = pair.now.instant + SECOND;
    let changed = Event::StatusChanged { before: None, now: Some(Status::Pending) };
    assert_eq!(pair.events(), [changed, Event::NextPoll { at, left: [59, 1799] }]);
    pair.poll();
    pair.respond("pending");
    assert!(matches!(pair.events()[..], [Event::NextPoll { .. }]), "nothing is reported twice");
}

#[test]
fn an_unknown_status_does_not_end_the_watch_unless_the_settings_say_so() {
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.respond("Finished");
    pair.poll();
    let words = vec![("FINISHED".to_owned(), Outcome::Succeeded)];
    let mut with_words = Pair::with(Settings { words, ..Settings::default() }, 60 * SECOND, pair.now);
    with_words.poll();
    with_words.respond("Finished");
    assert!(matches!(with_words.end(), End::Succeeded(_)));
}

#[test]
fn the_deadline_ends_the_watch_with_its_last_document_and_a_token() {
    let mut pair = Pair::new(10 * SECOND);
    pair.poll();
    pair.respond("pending");
    pair.pass(10 * SECOND);
    assert_eq!(pair.poll(), Duration::ZERO);
    pair.respond("pending");
    let End::DeadlineReached(unended) = pair.end() else { panic!("no deadline") };
    assert!(unended.last.is_some());
    assert_eq!((unended.resume.waited(), unended.resume.left()), (10 * SECOND, Duration::ZERO));
}

#[test]
fn a_response_after_the_end_changes_nothing() {
    let mut pair = Pair::new(10 * SECOND);
    pair.poll();
    pair.cancel();
    pair.respond("success");
    pair.fail(Failure::default());
    assert!(matches!(pair.end(), End::Cancelled(_)));
}

#[test]
fn waits_after_transient_failures_grow_until_a_poll_succeeds() {
    let mut pair = Pair::new(600 * SECOND);
    pair.poll();
    for seconds in [1, 2, 4] {
        pair.fail(transient());
        let waited = pair.poll();
        assert!((seconds * SECOND..=seconds * SECOND * 5 / 4).contains(&waited), "{waited:?}");
    }
    pair.respond("pending");
    pair.poll();
    pair.fail(transient());
    assert!(pair.poll() <= SECOND * 5 / 4);
}

#[test]
fn a_permanent_failure_ends_the_watch_at_once() {
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.fail(Failure::default());
    assert!(matches!(pair.end(), End::CouldNotPoll { .. }));
}

#[test]
fn a_refused_token_is_renewed_at_once_and_a_second_refusal_ends_the_watch() {
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.fail(unauthorised());
    assert_eq!(pair.events(), [Event::TokenRenewed]);
    assert_eq!(pair.poll(), Duration::ZERO);
    assert_eq!(pair.left(), [58, 1798], "each request counts");
    pair.fail(unauthorised());
    assert!(matches!(pair.end(), End::CouldNotPoll { .. }));
}

#[test]
fn a_token_may_be_renewed_again_after_a_poll_that_succeeded() {
    let mut pair = Pair::new(60 * SECOND);
    for _ in 0..3 {
        pair.poll();
        pair.fail(unauthorised());
        pair.poll();
        pair.respond("pending");
    }
    pair.poll();
}

#[test]
fn a_wait_is_at_least_what_the_platform_asks_for_but_ends_at_the_deadline() {
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    let asked =
        |retry_after| Failure { is_rate_limited: true, retry_after: Some(retry_after), ..Failure::default() };
    pair.fail(asked(RetryAfter::Delay(20 * SECOND)));
    assert_eq!(pair.poll(), 20 * SECOND);
    let at = pair.now.wall + 15 * SECOND;
    pair.fail(asked(RetryAfter::At(at)));
    assert_eq!(pair.poll(), 15 * SECOND);
    pair.fail(asked(RetryAfter::Delay(Duration::MAX)));
    let deadline = pair.deadline;
    assert_eq!(pair.step(), Step::Wait(deadline));
}

#[test]
fn half_an_hour_of_503_ends_at_the_deadline_and_not_before() {
    let mut pair = Pair::new(1800 * SECOND);
    let deadline = pair.deadline;
    let mut polls = 0;
    loop {
        match pair.step() {
            Step::Poll => {
                polls += 1;
                pair.fail(transient());
            }
            Step::Wait(until) => pair.pass(until - pair.now.instant),
            Step::Ended => break,
        }
    }
    assert!(deadline - pair.now.instant < LEAST_WAIT, "{polls}");
    assert!((45..=70).contains(&polls), "{polls}");
}

#[test]
fn times_beyond_the_range_of_the_clock_end_at_the_deadline() {
    let settings =
        Settings { pacing: Pacing::fixed(Duration::MAX), poll_timeout: Duration::MAX, ..Settings::default() };
    let now = start();
    let mut pair = Pair::with(settings, Duration::MAX, now);
    pair.poll();
    pair.respond("pending");
    let deadline = pair.deadline;
    assert_eq!(pair.step(), Step::Wait(deadline));
    pair.cancel();
    assert!(matches!(pair.end(), End::Cancelled(_)));
}

#[test]
fn a_cancelled_watch_says_why_its_last_poll_failed() {
    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.fail(transient());
    pair.cancel();
    let End::Cancelled(unended) = pair.end() else { panic!("it was cancelled") };
    assert_eq!(unended.trouble, Some(transient()));

    let mut pair = Pair::new(60 * SECOND);
    pair.poll();
    pair.fail(transient());
    pair.poll();
    pair.respond("pending");
    pair.cancel();
    let End::Cancelled(unended) = pair.end() else { panic!("it was cancelled") };
    assert_eq!(unended.trouble, None, "it has passed");
}
