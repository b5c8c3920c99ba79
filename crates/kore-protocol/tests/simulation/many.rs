//! Many watches at once, each against its own platform.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant, SystemTime};

use kore_protocol::RequestLogs;
use kore_protocol::watch::{End, LAST_POLL, Next, Now, Poll, Settings, Update, Watches};
use kore_types::BotImportId;

use crate::allowed::{Allowed, ROUNDING};
use crate::platform::{Platform, Reply};
use crate::random::Random;
use crate::{Failure, POLL_TIMEOUT};

/// A poll that is under way, and what becomes of it.
struct UnderWay {
    poll: Poll<BotImportId>,
    reply: Reply,
}

/// The requests of an import, and the number and times of the last one.
#[derive(Default)]
struct Polls {
    allowed: Allowed,
    number: u64,
    sent: Duration,
    responded: Duration,
}

/// The time after the deadline, and until when there was room for a poll.
struct Tail {
    until: Instant,
    free: Instant,
}

/// What is the same if the same seed gives the same run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) imports: usize,
    pub(crate) arrivals: usize,
    /// How many saw the end of their import.
    pub(crate) ended: usize,
    /// How many had a last poll and were not over.
    pub(crate) last: usize,
    /// How many were given up and watched again.
    pub(crate) again: usize,
    /// Whether as many polls as possible were under way at some time.
    pub(crate) full: bool,
}

pub(crate) fn simulate(seed: u64, start: Instant) -> Run {
    let random = &mut Random::new(seed);
    let concurrency = 1 + (random.next() % 16) as usize;
    let imports = 1 + (random.next() % 60) as usize;
    let timeout = random.log_uniform(Duration::from_secs(10), Duration::from_secs(1000));
    let mut run = Run { imports, ..Run::default() };
    let mut now = Now { instant: start, wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) };
    let mut platforms: HashMap<BotImportId, Platform> = (0..imports)
        .map(|n| (BotImportId::new(format!("bir-{n}")).expect("valid"), Platform::random(random)))
        .collect();
    let mut ids: Vec<_> = platforms.keys().cloned().collect();
    ids.sort();

    let mut settings = Settings::default();
    settings.poll_timeout = POLL_TIMEOUT;
    settings.seed = random.next();
    let mut watches: Watches<BotImportId, Failure> = Watches::new(RequestLogs::default(), settings)
        .concurrency(NonZeroUsize::new(concurrency).expect("one at least"));
    ids.iter().for_each(|id| watches.watch(id.clone(), timeout, now));
    let deadline = start + timeout;
    // By the time of their responses; the number is there since times may be equal.
    let mut under_way: BTreeMap<(Instant, u64), UnderWay> = BTreeMap::new();
    let mut sent = 0;
    let mut ends = HashMap::new();
    let mut polls: HashMap<BotImportId, Polls> = HashMap::new();
    let mut tail: Option<Tail> = None;
    loop {
        if tail.is_none() && deadline.saturating_duration_since(now.instant) < Duration::from_millis(1) {
            tail = Some(Tail { until: now.instant + LAST_POLL, free: now.instant });
        }
        let ends_at = tail.as_ref().map_or(deadline, |tail| tail.until);
        assert!(now.instant <= ends_at, "seed {seed}: past the deadline");
        match watches.poll(now) {
            Next::Tell(update) => {
                if let Update::Ended { job: id, end } = update {
                    if let Ok(End::Cancelled(_)) = end {
                        // The job is watched again, until the same deadline.
                        watches.watch(id, deadline - now.instant, now);
                        run.again += 1;
                        continue;
                    }
                    if let (Ok(End::DeadlineReached(_)), Some(polls)) = (&end, polls.get(&id)) {
                        let Some(tail) = &tail else { panic!("seed {seed}: before the deadline") };
                        let began = tail.until - LAST_POLL - start;
                        let is_under_way =
                            under_way.values().any(|under_way| under_way.poll.request().import_id == id);
                        let is_polled = polls.sent.max(polls.responded) >= began || is_under_way;
                        // There was room for a poll, or time in which there might have been.
                        let allowed = start + polls.allowed.first(began) + ROUNDING;
                        let is_early = now.instant + ROUNDING < tail.until && allowed < tail.until;
                        assert!(
                            is_polled || !(allowed < tail.free || is_early),
                            "seed {seed}: {id} is called not over, while a request was allowed"
                        );
                        run.last += usize::from(is_polled);
                    }
                    if let Some(end) = ends.insert(id, end) {
                        panic!("seed {seed}: it ended twice: {end:?}");
                    }
                }
            }
            Next::Send(poll) => {
                assert!(watches.polling() <= concurrency, "seed {seed}: too many polls are under way");
                run.full |= watches.polling() == concurrency;
                sent += 1;
                let platform = platforms.get_mut(&poll.request().import_id).expect("a platform each");
                let (reply, latency) = platform.poll(now.instant - start, random, now.wall);
                let id = poll.request().import_id.clone();
                let polls = polls.entry(id).or_default();
                (polls.number, polls.sent) = (sent, now.instant - start);
                under_way.insert((now.instant + latency, sent), UnderWay { poll, reply });
            }
            Next::Wait(until) => {
                assert!(
                    until >= now.instant + Duration::from_millis(1) || until == ends_at,
                    "seed {seed}: a wait until {:?} is spinning",
                    until - now.instant
                );
                let responded = under_way.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= until);
                let later = responded.unwrap_or(until).max(now.instant);
                now.wall += later - now.instant;
                now.instant = later;
                if let Some(tail) = tail.as_mut().filter(|_| watches.polling() < concurrency) {
                    tail.free = later;
                }
                if responded.is_some() {
                    let ((_, number), UnderWay { poll, reply }) =
                        under_way.pop_first().expect("it was there");
                    let polls = polls.entry(poll.request().import_id.clone()).or_default();
                    polls.responded = now.instant - start;
                    polls.allowed.count(polls.responded);
                    // Nobody reads the response of a watch that was cancelled.
                    if number == polls.number {
                        let asked = match &reply {
                            Reply::Refused(_, Some(after)) => polls.responded + after.delay(now.wall),
                            _ => Duration::ZERO,
                        };
                        polls.allowed.asked(asked);
                    }
                    match reply {
                        Reply::Import(mut import) => {
                            import.id = poll.request().import_id.clone().into();
                            watches.handle_response(now, &poll, *import);
                        }
                        Reply::Refused(status, after) => {
                            watches.handle_failure(now, &poll, Failure::Status(status, after));
                        }
                        Reply::Lost => watches.handle_failure(now, &poll, Failure::Timeout),
                    }
                }
                if random.chance(0.002) {
                    let id = &ids[(random.next() % imports as u64) as usize];
                    watches.cancel(id, now);
                }
            }
            Next::Idle if watches.is_empty() => break,
            Next::Idle => {}
        }
    }
    assert_eq!(ends.len(), imports, "seed {seed}: an outcome each");
    for (id, end) in ends {
        let platform = platforms.get_mut(&id).expect("a platform each");
        let outcome = match end {
            Ok(End::Succeeded(_)) => kore_types::Outcome::Succeeded,
            Ok(End::Failed(_)) => kore_types::Outcome::Failed,
            // The requests of a watch that was cancelled may allow no other one before the deadline.
            Ok(End::DeadlineReached(_)) | Err(_) => continue,
            other => panic!("seed {seed}: {other:?}"),
        };
        assert!(platform.has_said(outcome), "seed {seed}: {outcome}, which the platform did not say");
        run.ended += 1;
    }
    run.arrivals = platforms.values_mut().map(|platform| platform.check(seed)).sum();
    run
}
