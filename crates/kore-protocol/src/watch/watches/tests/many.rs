//! Many watches at once: whose turn it is, how many polls are under way, jobs that are watched twice.

use std::fmt;
use std::time::SystemTime;

use kore_types::BotImportId;

use super::super::*;
use crate::watch::Pacing;

const SECOND: Duration = Duration::from_secs(1);

/// A transient failure, or a permanent one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    Transient,
    Permanent,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl PollError for Failure {
    fn response(&self) -> Option<&crate::ResponseError> {
        None
    }

    fn is_retryable(&self) -> bool {
        *self == Self::Transient
    }
}

impl From<crate::ResponseError> for Failure {
    fn from(_: crate::ResponseError) -> Self {
        Self::Permanent
    }
}

/// The watches and their clock.
struct Pair {
    watches: Watches<BotImportId, Failure>,
    updates: VecDeque<Update<BotImportId, Failure>>,
    now: Now,
    start: Instant,
}

impl Pair {
    fn new(concurrency: usize, imports: usize, timeout: Duration) -> Self {
        let start = Instant::now();
        let now = Now { instant: start, wall: SystemTime::UNIX_EPOCH };
        let concurrency = NonZeroUsize::new(concurrency).expect("not zero");
        let mut watches = Watches::new(RequestLogs::default(), Settings::default()).concurrency(concurrency);
        (0..imports).for_each(|n| watches.watch(id(n), timeout, now));
        Self { watches, updates: VecDeque::new(), now, start }
    }

    /// The polls that are due now, and what comes after them.
    fn polls(&mut self) -> (Vec<Poll<BotImportId>>, Next<BotImportId, Failure>) {
        let mut polls = Vec::new();
        loop {
            match self.watches.poll(self.now) {
                Next::Send(poll) => polls.push(poll),
                Next::Tell(update) => self.updates.push_back(update),
                next => return (polls, next),
            }
        }
    }

    /// Moves the clock to the time that the watches wait for.
    #[track_caller]
    fn pass(&mut self) -> Duration {
        let (polls, Next::Wait(until)) = self.polls() else { panic!("it does not wait") };
        assert!(polls.is_empty(), "it polls");
        assert!(until >= self.now.instant + LEAST_WAIT, "it spins");
        self.now.instant = until;
        until - self.start
    }

    fn respond(&mut self, poll: &Poll<BotImportId>, status: &str) {
        let import = kore_types::BotImport::new(poll.request().import_id.clone(), status.into());
        self.watches.handle_response(self.now, poll, import);
    }

    /// How many requests may still be sent for the first import.
    fn left(&self) -> [u32; 2] {
        let log = self.watches.logs.log(&id(0).request(), self.now.instant);
        log.lock().left(self.now.instant)
    }

    #[allow(clippy::type_complexity, reason = "each id with its end")]
    fn ends(&mut self) -> Vec<(String, Result<End<BotImportId, Failure>, DeadlineTooSoon>)> {
        let earlier = std::mem::take(&mut self.updates);
        let updates = earlier.into_iter().chain(std::mem::take(&mut self.watches.updates));
        let ends = updates.filter_map(|update| match update {
            Update::Ended { job: id, end } => Some((id.to_string(), end)),
            Update::Event { .. } => None,
        });
        ends.collect()
    }
}

fn id(n: usize) -> BotImportId {
    BotImportId::new(format!("bir-{n}")).expect("valid")
}

fn ids(polls: &[Poll<BotImportId>]) -> Vec<String> {
    polls.iter().map(|poll| poll.request().import_id.to_string()).collect()
}

#[test]
fn the_number_of_polls_under_way_is_limited_and_the_job_that_waited_longest_is_next() {
    let mut pair = Pair::new(2, 4, 60 * SECOND);
    let (polls, next) = pair.polls();
    assert_eq!(ids(&polls), ["bir-0", "bir-1"]);
    assert!(matches!(next, Next::Wait(until) if until == pair.start + 60 * SECOND), "{next:?}");
    assert_eq!(pair.watches.polling(), 2);
    pair.now.instant += SECOND;
    pair.respond(&polls[1], "pending");
    // bir-1 is due again later than bir-2 and bir-3, which have not had a turn.
    pair.now.instant += 2 * SECOND;
    let (third, _) = pair.polls();
    assert_eq!(ids(&third), ["bir-2"]);
    pair.respond(&polls[0], "pending");
    let (fourth, _) = pair.polls();
    assert_eq!(ids(&fourth), ["bir-3"]);
    pair.respond(&third[0], "pending");
    let (fifth, _) = pair.polls();
    assert_eq!(ids(&fifth), ["bir-1"]);
}

#[test]
fn an_import_that_is_watched_twice_is_polled_once() {
    let mut pair = Pair::new(64, 1, 5 * SECOND);
    pair.watches.watch(id(0), 10 * SECOND, pair.now);
    pair.watches.watch(id(0), SECOND, pair.now);
    assert_eq!(pair.watches.len(), 1);
    let (polls, _) = pair.polls();
    assert_eq!(polls.len(), 1);
    assert_eq!(pair.pass(), 10 * SECOND, "the latest deadline counts");
    pair.respond(&polls[0], "pending");
    assert!(matches!(pair.polls().1, Next::Idle));
    assert!(matches!(&pair.ends()[..], [(_, Ok(End::DeadlineReached(_)))]));
}

#[test]
fn a_failure_of_one_job_does_not_affect_the_others() {
    let mut pair = Pair::new(64, 3, 60 * SECOND);
    let (polls, _) = pair.polls();
    pair.watches.handle_failure(pair.now, &polls[0], Failure::Permanent);
    pair.watches.handle_failure(pair.now, &polls[1], Failure::Transient);
    pair.respond(&polls[2], "failed");
    let ends = pair.ends();
    assert!(matches!(&ends[0], (id, Ok(End::CouldNotPoll { .. })) if id == "bir-0"), "{ends:?}");
    assert!(matches!(&ends[1], (id, Ok(End::Failed(_))) if id == "bir-2"), "{ends:?}");
    pair.pass();
    let (polls, _) = pair.polls();
    assert_eq!(ids(&polls), ["bir-1"]);
    pair.respond(&polls[0], "success");
    assert!(matches!(&pair.ends()[..], [(_, Ok(End::Succeeded(_)))]));
    assert!(matches!(pair.polls().1, Next::Idle));
}

#[test]
fn jobs_are_polled_once_more_within_ten_seconds_after_the_deadline_or_end_without_a_last_poll() {
    let mut pair = Pair::new(2, 100, 60 * SECOND);
    for _ in 0..50 {
        let (polls, _) = pair.polls();
        polls.iter().for_each(|poll| pair.respond(poll, "pending"));
    }
    pair.now.instant = pair.start + 60 * SECOND;
    let mut polled = 0;
    // Two at once, a second each.
    loop {
        let (polls, next) = pair.polls();
        polled += polls.len();
        assert!(polls.len() <= 2 && pair.watches.polling() <= 2);
        if matches!(next, Next::Idle) {
            break;
        }
        pair.now.instant += SECOND;
        let success = |poll: &Poll<BotImportId>| poll.request().import_id == id(7);
        polls.iter().for_each(|poll| pair.respond(poll, if success(poll) { "success" } else { "pending" }));
    }
    assert_eq!(pair.now.instant - pair.start, 70 * SECOND);
    assert_eq!(polled, 20);
    let ends = pair.ends();
    assert_eq!(ends.len(), 100);
    let not_over = |end: &Result<_, _>| matches!(end, Ok(End::DeadlineReached(_)));
    assert_eq!(ends.iter().filter(|(_, end)| not_over(end)).count(), 99);
    assert!(ends.iter().any(|(id, end)| id == "bir-7" && matches!(end, Ok(End::Succeeded(_)))));
    assert_eq!(pair.watches.polling(), 0);
}

#[test]
fn a_job_that_is_watched_again_during_its_last_poll_is_watched_on() {
    let mut pair = Pair::new(1, 1, 60 * SECOND);
    pair.now.instant += 60 * SECOND;
    let (polls, _) = pair.polls();
    pair.watches.watch(id(0), 60 * SECOND, pair.now);
    pair.respond(&polls[0], "pending");
    assert!(pair.ends().is_empty());
    pair.pass();
    let (polls, _) = pair.polls();
    pair.respond(&polls[0], "success");
    assert!(matches!(&pair.ends()[..], [(_, Ok(End::Succeeded(_)))]));
    assert!(matches!(pair.polls().1, Next::Idle));
}

#[test]
fn a_late_response_does_not_count_for_the_next_watch() {
    let mut pair = Pair::new(1, 1, 60 * SECOND);
    let (late, _) = pair.polls();
    pair.watches.cancel(&id(0), pair.now);
    pair.ends();
    pair.watches.watch(id(0), 60 * SECOND, pair.now);
    let (polls, _) = pair.polls();
    assert_eq!(ids(&late), ids(&polls));
    pair.respond(&late[0], "failed");
    pair.watches.handle_failure(pair.now, &late[0], Failure::Permanent);
    assert!(pair.ends().is_empty());
    pair.respond(&polls[0], "success");
    assert!(matches!(&pair.ends()[..], [(_, Ok(End::Succeeded(_)))]));
}

#[test]
fn a_cancelled_poll_counts_for_the_next_watch_of_that_import() {
    let mut pair = Pair::new(64, 1, 600 * SECOND);
    for _ in 0..30 {
        let (polls, _) = pair.polls();
        polls.iter().for_each(|poll| pair.respond(poll, "pending"));
        pair.pass();
    }
    assert_eq!(pair.polls().0.len(), 1, "one is under way");
    pair.watches.cancel_all(pair.now);
    assert!(pair.watches.is_empty() && pair.watches.polling() == 0);
    let ends = pair.ends();
    let [(_, Ok(End::Cancelled(unended)))] = &ends[..] else { panic!("{ends:?}") };
    assert!(unended.last.is_some());

    pair.watches.watch(id(0), 600 * SECOND, pair.now);
    let left = pair.left();
    assert_eq!(left, [60 - 31, 1800 - 31]);
}

#[test]
fn the_requests_of_a_token_count_beside_those_of_the_own_logs() {
    let mut pair = Pair::new(64, 1, 60 * SECOND);
    let (polls, _) = pair.polls();
    pair.respond(&polls[0], "pending");
    pair.watches.cancel(&id(0), pair.now);
    let (_, end) = pair.ends().remove(0);
    let token = end.expect("a poll is allowed").resume().expect("not over").clone();

    let mut other = Pair::new(64, 1, 60 * SECOND);
    let (polls, _) = other.polls();
    other.respond(&polls[0], "pending");
    other.watches.resume(&token, None, other.now);
    assert_eq!(other.watches.len(), 1);
    assert_eq!(other.left(), [58, 1798]);
}

#[test]
fn a_deadline_before_the_next_allowed_poll_is_an_error_at_once() {
    let mut pair = Pair::new(64, 0, SECOND);
    pair.watches.settings = Arc::new(Settings { pacing: Pacing::fixed(LEAST_WAIT), ..Settings::default() });
    pair.watches.watch(id(0), 30 * SECOND, pair.now);
    for _ in 0..60 {
        let (polls, _) = pair.polls();
        pair.respond(&polls[0], "pending");
        pair.pass();
    }
    pair.watches.cancel_all(pair.now);
    pair.ends();
    pair.watches.watch(id(0), 30 * SECOND, pair.now);
    pair.watches.watch(id(1), 30 * SECOND, pair.now);
    assert!(matches!(&pair.ends()[..], [(id, Err(DeadlineTooSoon { .. }))] if id == "bir-0"));
    assert_eq!(ids(&pair.polls().0), ["bir-1"]);
}

#[test]
fn each_of_a_hundred_thousand_imports_has_its_turns_and_its_outcome() {
    let mut pair = Pair::new(64, 100_000, 1800 * SECOND);
    let mut under_way = VecDeque::new();
    let (mut ended, mut polls) = (0, HashMap::<String, u32>::new());
    loop {
        let (sent, next) = pair.polls();
        under_way.extend(sent);
        // Each takes 100 ms, so that one after the other waits for its turn.
        let Some(poll) = under_way.pop_front() else {
            let Next::Wait(until) = next else { break };
            pair.now.instant = until;
            continue;
        };
        pair.now.instant += Duration::from_micros(1600);
        let nth = polls.entry(poll.request().import_id.to_string()).or_default();
        *nth += 1;
        let status = if *nth < 3 { "pending" } else { "success" };
        pair.respond(&poll, status);
        ended += pair.ends().iter().filter(|(_, end)| matches!(end, Ok(End::Succeeded(_)))).count();
    }
    assert_eq!(ended, 100_000);
    assert!(polls.values().all(|polls| *polls == 3));
}
