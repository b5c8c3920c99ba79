//! Many watches at once: turns, places, and jobs that are watched twice.

use std::fmt;
use std::time::SystemTime;

use kore_types::BotImportId;

use super::super::*;
use crate::watch::Pacing;

const SECOND: Duration = Duration::from_secs(1);

/// A failure that passes, or one that does not.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    Passes,
    Stays,
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
        *self == Self::Passes
    }
}

impl From<crate::ResponseError> for Failure {
    fn from(_: crate::ResponseError) -> Self {
        Self::Stays
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

    /// The looks that are to be sent now, and what comes after them.
    fn looks(&mut self) -> (Vec<Poll<BotImportId>>, Next<BotImportId, Failure>) {
        let mut looks = Vec::new();
        loop {
            match self.watches.poll(self.now) {
                Next::Send(look) => looks.push(look),
                Next::Tell(update) => self.updates.push_back(update),
                next => return (looks, next),
            }
        }
    }

    /// Goes on to the time that it waits for.
    #[track_caller]
    fn pass(&mut self) -> Duration {
        let (looks, Next::Wait(until)) = self.looks() else { panic!("it does not wait") };
        assert!(looks.is_empty(), "it polls");
        assert!(until >= self.now.instant + LEAST_WAIT, "it spins");
        self.now.instant = until;
        until - self.start
    }

    fn answer(&mut self, look: &Poll<BotImportId>, status: &str) {
        let import = kore_types::BotImport::new(look.request().import_id.clone(), status.into());
        self.watches.handle_response(self.now, look, import);
    }

    /// How many requests may still be sent for the first import.
    fn left(&self) -> [u32; 2] {
        let log = self.watches.logs.log(&id(0).request(), self.now.instant);
        log.lock().left(self.now.instant)
    }

    #[allow(clippy::type_complexity, reason = "each id with its end")]
    fn ends(&mut self) -> Vec<(String, Result<End<BotImportId, Failure>, DeadlineTooSoon>)> {
        let told = std::mem::take(&mut self.updates);
        let updates = told.into_iter().chain(std::mem::take(&mut self.watches.updates));
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

fn ids(looks: &[Poll<BotImportId>]) -> Vec<String> {
    looks.iter().map(|look| look.request().import_id.to_string()).collect()
}

#[test]
fn only_so_many_looks_are_under_way_and_who_waited_longest_is_next() {
    let mut pair = Pair::new(2, 4, 60 * SECOND);
    let (looks, next) = pair.looks();
    assert_eq!(ids(&looks), ["bir-0", "bir-1"]);
    assert!(matches!(next, Next::Wait(until) if until == pair.start + 60 * SECOND), "{next:?}");
    assert_eq!(pair.watches.polling(), 2);
    pair.now.instant += SECOND;
    pair.answer(&looks[1], "pending");
    // bir-1 is due again later than bir-2 and bir-3, which have not had a turn.
    pair.now.instant += 2 * SECOND;
    let (third, _) = pair.looks();
    assert_eq!(ids(&third), ["bir-2"]);
    pair.answer(&looks[0], "pending");
    let (fourth, _) = pair.looks();
    assert_eq!(ids(&fourth), ["bir-3"]);
    pair.answer(&third[0], "pending");
    let (fifth, _) = pair.looks();
    assert_eq!(ids(&fifth), ["bir-1"]);
}

#[test]
fn one_look_is_for_all_who_watch_an_import() {
    let mut pair = Pair::new(64, 1, 5 * SECOND);
    pair.watches.watch(id(0), 10 * SECOND, pair.now);
    pair.watches.watch(id(0), SECOND, pair.now);
    assert_eq!(pair.watches.len(), 1);
    let (looks, _) = pair.looks();
    assert_eq!(looks.len(), 1);
    assert_eq!(pair.pass(), 10 * SECOND, "the latest deadline counts");
    pair.answer(&looks[0], "pending");
    assert!(matches!(pair.looks().1, Next::Idle));
    assert!(matches!(&pair.ends()[..], [(_, Ok(End::DeadlineReached(_)))]));
}

#[test]
fn a_failure_of_one_leaves_the_others_alone() {
    let mut pair = Pair::new(64, 3, 60 * SECOND);
    let (looks, _) = pair.looks();
    pair.watches.handle_failure(pair.now, &looks[0], Failure::Stays);
    pair.watches.handle_failure(pair.now, &looks[1], Failure::Passes);
    pair.answer(&looks[2], "failed");
    let ends = pair.ends();
    assert!(matches!(&ends[0], (id, Ok(End::CouldNotPoll { .. })) if id == "bir-0"), "{ends:?}");
    assert!(matches!(&ends[1], (id, Ok(End::Failed(_))) if id == "bir-2"), "{ends:?}");
    pair.pass();
    let (looks, _) = pair.looks();
    assert_eq!(ids(&looks), ["bir-1"]);
    pair.answer(&looks[0], "success");
    assert!(matches!(&pair.ends()[..], [(_, Ok(End::Succeeded(_)))]));
    assert!(matches!(pair.looks().1, Next::Idle));
}

#[test]
fn all_are_polled_once_more_in_the_ten_seconds_after_the_deadline_and_the_others_end_without() {
    let mut pair = Pair::new(2, 100, 60 * SECOND);
    for _ in 0..50 {
        let (looks, _) = pair.looks();
        looks.iter().for_each(|look| pair.answer(look, "pending"));
    }
    pair.now.instant = pair.start + 60 * SECOND;
    let mut polled = 0;
    // Two at once, a second each.
    loop {
        let (looks, next) = pair.looks();
        polled += looks.len();
        assert!(looks.len() <= 2 && pair.watches.polling() <= 2);
        if matches!(next, Next::Idle) {
            break;
        }
        pair.now.instant += SECOND;
        let success = |look: &Poll<BotImportId>| look.request().import_id == id(7);
        looks.iter().for_each(|look| pair.answer(look, if success(look) { "success" } else { "pending" }));
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
fn one_that_is_watched_again_in_its_last_poll_goes_on() {
    let mut pair = Pair::new(1, 1, 60 * SECOND);
    pair.now.instant += 60 * SECOND;
    let (looks, _) = pair.looks();
    pair.watches.watch(id(0), 60 * SECOND, pair.now);
    pair.answer(&looks[0], "pending");
    assert!(pair.ends().is_empty());
    pair.pass();
    let (looks, _) = pair.looks();
    pair.answer(&looks[0], "success");
    assert!(matches!(&pair.ends()[..], [(_, Ok(End::Succeeded(_)))]));
    assert!(matches!(pair.looks().1, Next::Idle));
}

#[test]
fn an_answer_that_comes_late_is_not_taken_for_that_of_the_next_watch() {
    let mut pair = Pair::new(1, 1, 60 * SECOND);
    let (late, _) = pair.looks();
    pair.watches.cancel(&id(0), pair.now);
    pair.ends();
    pair.watches.watch(id(0), 60 * SECOND, pair.now);
    let (looks, _) = pair.looks();
    assert_eq!(ids(&late), ids(&looks));
    pair.answer(&late[0], "failed");
    pair.watches.handle_failure(pair.now, &late[0], Failure::Stays);
    assert!(pair.ends().is_empty());
    pair.answer(&looks[0], "success");
    assert!(matches!(&pair.ends()[..], [(_, Ok(End::Succeeded(_)))]));
}

#[test]
fn what_was_given_up_counts_for_the_next_watch_of_that_import() {
    let mut pair = Pair::new(64, 1, 600 * SECOND);
    for _ in 0..30 {
        let (looks, _) = pair.looks();
        looks.iter().for_each(|look| pair.answer(look, "pending"));
        pair.pass();
    }
    assert_eq!(pair.looks().0.len(), 1, "one is under way");
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
fn a_token_from_elsewhere_counts_beside_what_is_known_here() {
    let mut pair = Pair::new(64, 1, 60 * SECOND);
    let (looks, _) = pair.looks();
    pair.answer(&looks[0], "pending");
    pair.watches.cancel(&id(0), pair.now);
    let (_, end) = pair.ends().remove(0);
    let token = end.expect("funded").resume().expect("not over").clone();

    let mut other = Pair::new(64, 1, 60 * SECOND);
    let (looks, _) = other.looks();
    other.answer(&looks[0], "pending");
    other.watches.resume(&token, None, other.now);
    assert_eq!(other.watches.len(), 1);
    assert_eq!(other.left(), [58, 1798]);
}

#[test]
fn a_deadline_without_a_free_slot_is_said_at_once() {
    let mut pair = Pair::new(64, 0, SECOND);
    pair.watches.settings = Arc::new(Settings { pacing: Pacing::fixed(LEAST_WAIT), ..Settings::default() });
    pair.watches.watch(id(0), 30 * SECOND, pair.now);
    for _ in 0..60 {
        let (looks, _) = pair.looks();
        pair.answer(&looks[0], "pending");
        pair.pass();
    }
    pair.watches.cancel_all(pair.now);
    pair.ends();
    pair.watches.watch(id(0), 30 * SECOND, pair.now);
    pair.watches.watch(id(1), 30 * SECOND, pair.now);
    assert!(matches!(&pair.ends()[..], [(id, Err(DeadlineTooSoon { .. }))] if id == "bir-0"));
    assert_eq!(ids(&pair.looks().0), ["bir-1"]);
}

#[test]
fn a_hundred_thousand_imports_have_their_turns_and_an_outcome_each() {
    let mut pair = Pair::new(64, 100_000, 1800 * SECOND);
    let mut under_way = VecDeque::new();
    let (mut ended, mut looks) = (0, HashMap::<String, u32>::new());
    loop {
        let (sent, next) = pair.looks();
        under_way.extend(sent);
        // Each takes 100 ms, so that one after the other waits for its turn.
        let Some(look) = under_way.pop_front() else {
            let Next::Wait(until) = next else { break };
            pair.now.instant = until;
            continue;
        };
        pair.now.instant += Duration::from_micros(1600);
        let nth = looks.entry(look.request().import_id.to_string()).or_default();
        *nth += 1;
        let status = if *nth < 3 { "pending" } else { "success" };
        pair.answer(&look, status);
        ended += pair.ends().iter().filter(|(_, end)| matches!(end, Ok(End::Succeeded(_)))).count();
    }
    assert_eq!(ended, 100_000);
    assert!(looks.values().all(|looks| *looks == 3));
}
