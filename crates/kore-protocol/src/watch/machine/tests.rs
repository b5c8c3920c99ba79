//! The machine, told the time.

use std::time::SystemTime;

use super::*;
use crate::RetryAfter;
use crate::watch::Pacing;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Default, PartialEq)]
struct Failure {
    is_retryable: bool,
    is_rate_limited: bool,
    is_worth_a_new_token: bool,
    retry_after: Option<RetryAfter>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it failed")
    }
}

impl LookError for Failure {
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
}

fn transient() -> Failure {
    Failure { is_retryable: true, ..Failure::default() }
}

fn unauthorised() -> Failure {
    Failure { is_worth_a_new_token: true, ..Failure::default() }
}

/// A watch and its clock.
struct Pair {
    watch: Watch<Failure>,
    now: Now,
}

impl Pair {
    fn new(timeout: Duration) -> Self {
        let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
        Self::of(Watch::new(id(), timeout, Settings::default(), now).expect("funded"), now)
    }

    fn of(watch: Watch<Failure>, now: Now) -> Self {
        Self { watch, now }
    }

    /// Waits until the next look, which is sent then; how long that took.
    #[track_caller]
    fn look(&mut self) -> Duration {
        let start = self.now.instant;
        loop {
            match self.watch.poll(self.now) {
                Step::Look(request) => {
                    assert_eq!(request.import_id, id());
                    return self.now.instant - start;
                }
                Step::Wait { until, what } => {
                    assert_ne!(what, Waiting::Answer);
                    assert!(until >= self.now.instant + LEAST_WAIT);
                    self.pass(until - self.now.instant);
                }
                Step::Ended => panic!("ended: {:?}", self.watch),
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall += time;
    }

    fn answer(&mut self, status: &str) {
        self.watch.handle_import(self.now, BotImport::new(id(), status.into()));
    }

    fn fail(&mut self, error: Failure) {
        self.watch.handle_failure(self.now, error);
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.watch.poll_event()).collect()
    }

    #[track_caller]
    fn end(mut self) -> End<Failure> {
        assert_eq!(self.watch.poll(self.now), Step::Ended);
        self.watch.into_end().expect("ended")
    }
}

fn id() -> BotImportId {
    BotImportId::new("bir-1").expect("valid")
}

#[test]
fn the_first_look_is_at_once_and_the_end_of_the_import_ends_the_watch() {
    let mut pair = Pair::new(60 * SECOND);
    assert_eq!(pair.look(), Duration::ZERO);
    pair.answer("pending");
    assert_eq!(pair.look(), SECOND);
    pair.answer("SUCCESS");
    let End::Succeeded(response) = pair.end() else { panic!("not succeeded") };
    assert_eq!(response.import.status.as_ref().map(Status::as_str), Some("SUCCESS"));
}

#[test]
fn a_failed_import_is_an_end_with_its_document() {
    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    pair.answer("failure");
    assert!(matches!(pair.end(), End::Failed(_)));
}

#[test]
fn events_come_before_the_waiting() {
    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    pair.answer("pending");
    let at = pair.now.instant + SECOND;
    let changed = Event::StatusChanged { before: None, now: Some(Status::Pending) };
    assert_eq!(pair.events(), [changed, Event::NextLook { at, left: [59, 1799] }]);
    pair.look();
    pair.answer("pending");
    assert!(matches!(pair.events()[..], [Event::NextLook { .. }]), "nothing is told twice");
}

#[test]
fn an_unknown_word_is_no_end_unless_the_owner_says_so() {
    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    pair.answer("Finished");
    pair.look();
    let words = vec![("FINISHED".to_owned(), Outcome::Succeeded)];
    let watch = Watch::new(id(), 60 * SECOND, Settings { words, ..Settings::default() }, pair.now);
    let mut told = Pair::of(watch.expect("funded"), pair.now);
    told.look();
    told.answer("Finished");
    assert!(matches!(told.end(), End::Succeeded(_)));
}

#[test]
fn the_deadline_ends_the_watch_with_its_last_document_and_a_token() {
    let mut pair = Pair::new(10 * SECOND);
    pair.look();
    pair.answer("pending");
    pair.pass(10 * SECOND);
    let End::DeadlineReached(unended) = pair.end() else { panic!("no deadline") };
    assert!(unended.last.is_some());
    assert_eq!((unended.resume.waited(), unended.resume.left()), (10 * SECOND, Duration::ZERO));
}

#[test]
fn an_answer_that_never_comes_is_given_up_at_the_deadline() {
    let mut pair = Pair::new(10 * SECOND);
    pair.look();
    let deadline = pair.watch.deadline();
    assert_eq!(pair.watch.poll(pair.now), Step::Wait { until: deadline, what: Waiting::Answer });
    pair.pass(10 * SECOND);
    assert!(matches!(pair.end(), End::DeadlineReached(_)));
}

#[test]
fn an_answer_that_comes_after_the_end_changes_nothing() {
    let mut pair = Pair::new(10 * SECOND);
    pair.look();
    pair.watch.cancel(pair.now);
    pair.answer("success");
    pair.fail(Failure::default());
    assert!(matches!(pair.end(), End::Cancelled(_)));
}

#[test]
fn transient_failures_back_off_and_a_success_begins_anew() {
    let mut pair = Pair::new(600 * SECOND);
    pair.look();
    for seconds in [1, 2, 4] {
        pair.fail(transient());
        let waited = pair.look();
        assert!((seconds * SECOND..=seconds * SECOND * 5 / 4).contains(&waited), "{waited:?}");
    }
    pair.answer("pending");
    pair.look();
    pair.fail(transient());
    assert!(pair.look() <= SECOND * 5 / 4);
}

#[test]
fn what_does_not_pass_is_final_at_once() {
    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    pair.fail(Failure::default());
    assert!(matches!(pair.end(), End::CouldNotLook { .. }));
}

#[test]
fn a_refused_kept_token_is_renewed_once_at_once_and_a_second_refusal_ends_the_watch() {
    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    pair.fail(unauthorised());
    assert_eq!(pair.events(), [Event::TokenRenewed]);
    assert_eq!(pair.look(), Duration::ZERO);
    assert_eq!(pair.watch.left(pair.now), [58, 1798], "each request takes a slot");
    pair.fail(unauthorised());
    assert!(matches!(pair.end(), End::CouldNotLook { .. }));
}

#[test]
fn a_token_may_be_renewed_again_after_a_look_that_went_well() {
    let mut pair = Pair::new(60 * SECOND);
    for _ in 0..3 {
        pair.look();
        pair.fail(unauthorised());
        pair.look();
        pair.answer("pending");
    }
    pair.look();
}

#[test]
fn what_the_platform_asks_for_is_a_floor_and_ends_at_the_deadline() {
    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    let asked =
        |retry_after| Failure { is_rate_limited: true, retry_after: Some(retry_after), ..Failure::default() };
    pair.fail(asked(RetryAfter::Delay(20 * SECOND)));
    assert_eq!(pair.look(), 20 * SECOND);
    let at = pair.now.wall + 15 * SECOND;
    pair.fail(asked(RetryAfter::At(at)));
    assert_eq!(pair.look(), 15 * SECOND);
    pair.fail(asked(RetryAfter::Delay(Duration::MAX)));
    let deadline = pair.watch.deadline();
    assert_eq!(pair.watch.poll(pair.now), Step::Wait { until: deadline, what: Waiting::Retry });
}

#[test]
fn half_an_hour_of_503_ends_at_the_deadline_and_not_before() {
    let mut pair = Pair::new(1800 * SECOND);
    let deadline = pair.watch.deadline();
    let mut looks = 0;
    loop {
        match pair.watch.poll(pair.now) {
            Step::Look(_) => {
                looks += 1;
                pair.fail(transient());
            }
            Step::Wait { until, .. } => pair.pass(until - pair.now.instant),
            Step::Ended => break,
        }
    }
    assert!(deadline - pair.now.instant < LEAST_WAIT, "{looks}");
    assert!((45..=70).contains(&looks), "{looks}");
}

#[test]
fn a_resumed_watch_stays_within_the_windows_of_the_first() {
    let settings = || Settings { pacing: Pacing::fixed(SECOND / 10), ..Settings::default() };
    let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let mut first = Pair::of(Watch::new(id(), 600 * SECOND, settings(), now).expect("funded"), now);
    for _ in 0..50 {
        first.look();
        first.answer("pending");
    }
    first.watch.cancel(first.now);
    let now = first.now;
    let End::Cancelled(unended) = first.end() else { panic!("not cancelled") };
    let json = serde_json::to_string(&unended.resume).expect("a token is JSON");
    let token: ResumeToken = serde_json::from_str(&json).expect("the same token");
    assert_eq!(token, unended.resume);

    let watch = Watch::resume(&token, None, settings(), now).expect("funded");
    assert_eq!(watch.deadline() - now.instant, token.left());
    let mut second = Pair::of(watch, now);
    for _ in 0..10 {
        second.look();
        second.answer("pending");
    }
    let waited = second.look();
    assert!(waited > 50 * SECOND, "{waited:?}");
    assert!(second.events().iter().any(|event| matches!(event, Event::Throttled { .. })));
}

#[test]
fn a_deadline_that_the_windows_cannot_fund_is_said_at_once() {
    let settings = || Settings { pacing: Pacing::fixed(LEAST_WAIT), ..Settings::default() };
    let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let mut first = Pair::of(Watch::new(id(), SECOND, settings(), now).expect("funded"), now);
    for _ in 0..60 {
        first.look();
        first.answer("pending");
    }
    first.watch.cancel(first.now);
    let now = first.now;
    let End::Cancelled(unended) = first.end() else { panic!("not cancelled") };
    let error =
        Watch::<Failure>::resume(&unended.resume, Some(30 * SECOND), settings(), now).expect_err("60 looks");
    assert!(error.free_in > 59 * SECOND, "{error}");
    assert!(error.to_string().ends_with("the next look in 60 s"), "{error}");
}

#[test]
fn times_that_no_clock_can_name_end_at_the_deadline() {
    let settings =
        Settings { pacing: Pacing::fixed(Duration::MAX), look_timeout: Duration::MAX, ..Settings::default() };
    let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let mut pair = Pair::of(Watch::new(id(), Duration::MAX, settings, now).expect("funded"), now);
    pair.look();
    pair.answer("pending");
    let deadline = pair.watch.deadline();
    assert_eq!(pair.watch.poll(pair.now), Step::Wait { until: deadline, what: Waiting::NextLook });
    pair.watch.cancel(pair.now);
    assert!(matches!(pair.end(), End::Cancelled(_)));
}

#[test]
fn a_token_of_another_version_is_refused_by_its_number() {
    let json = r#"{"v":2,"id":"bir-1","waited":0,"left":0,"looks":[]}"#;
    let error = serde_json::from_str::<ResumeToken>(json).expect_err("version 2").to_string();
    assert!(error.starts_with("this is version 2 of the resume token"), "{error}");
}

#[test]
fn a_token_from_outside_costs_no_more_than_the_windows_hold() {
    let looks = vec![format!("[0,{}]", u32::MAX); 1000].join(",");
    let json =
        format!(r#"{{"v":1,"id":"bir-1","waited":{},"left":{},"looks":[{looks}]}}"#, u64::MAX, u64::MAX);
    let token: ResumeToken = serde_json::from_str(&json).expect("a token");
    let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let watch =
        Watch::<Failure>::resume(&token, None, Settings::default(), now).expect("a slot frees in an hour");
    assert_eq!(watch.left(now), [0, 0]);
}

#[test]
fn an_end_that_is_none_says_what_the_last_look_failed_with() {
    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    pair.fail(transient());
    pair.watch.cancel(pair.now);
    let End::Cancelled(unended) = pair.end() else { panic!("it was cancelled") };
    assert_eq!(unended.trouble, Some(transient()));

    let mut pair = Pair::new(60 * SECOND);
    pair.look();
    pair.fail(transient());
    pair.look();
    pair.answer("pending");
    pair.watch.cancel(pair.now);
    let End::Cancelled(unended) = pair.end() else { panic!("it was cancelled") };
    assert_eq!(unended.trouble, None, "it has passed");
}

#[test]
fn a_token_of_someone_who_wants_harm_takes_no_room_and_blocks_for_minutes_at_most() {
    let entries = vec!["[9,4294967295]"; 100_000].join(",");
    let bomb = format!(r#"{{"v":1,"id":"bir-1","waited":0,"left":60000,"looks":[{entries}]}}"#);
    let token: ResumeToken = serde_json::from_str(&bomb).expect("a token");
    assert_eq!(token.ages(Settings::default().quotas).count(), 1800);

    let late = r#"{"v":1,"id":"bir-1","waited":0,"left":60000,"looks":[[-86400000000,60]]}"#;
    let token: ResumeToken = serde_json::from_str(late).expect("a token");
    let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let resumed = Watch::<Failure>::resume(&token, None, Settings::default(), now);
    let Err(Unfunded { free_in }) = resumed else { panic!("there is no free slot") };
    assert_eq!(free_in, LATEST_ARRIVAL + 60 * SECOND);
}
