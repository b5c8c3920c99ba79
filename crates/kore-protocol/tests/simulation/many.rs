//! Many watches in one machine, each against a platform of its own.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant, SystemTime};

use kore_protocol::watch::{End, Ledger, Look, Next, Now, Settings, Update, Watches};
use kore_types::BotImportId;

use crate::platform::{Answer, Platform};
use crate::random::Random;
use crate::{Failure, LOOK_TIMEOUT};

/// A look that is under way, and what comes of it.
struct UnderWay {
    look: Look,
    answer: Answer,
}

/// What is the same if the same seed gives the same run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) imports: usize,
    pub(crate) arrivals: usize,
    /// How many saw the end of their import.
    pub(crate) ended: usize,
    /// How many were given up and watched again.
    pub(crate) again: usize,
    /// Whether all places for looks were taken at some time.
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
    settings.look_timeout = LOOK_TIMEOUT;
    settings.seed = random.next();
    let mut watches: Watches<Failure> = Watches::new(Ledger::default(), settings)
        .concurrency(NonZeroUsize::new(concurrency).expect("one at least"));
    ids.iter().for_each(|id| watches.watch(id.clone(), timeout, now));
    let deadline = start + timeout;
    // By when they are answered; the number keeps those of one time apart.
    let mut under_way: BTreeMap<(Instant, u64), UnderWay> = BTreeMap::new();
    let mut sent = 0;
    let mut ends = HashMap::new();
    loop {
        assert!(now.instant <= deadline, "seed {seed}: past the deadline");
        let next = watches.poll(now);
        while let Some(update) = watches.poll_update() {
            if let Update::Ended { id, end } = update {
                if let Ok(End::Cancelled(_)) = end {
                    // Someone else wants to know after all; the time that is left is the same.
                    watches.watch(id, deadline - now.instant, now);
                    run.again += 1;
                } else if let Some(end) = ends.insert(id, end) {
                    panic!("seed {seed}: it ended twice: {end:?}");
                }
            }
        }
        match next {
            Next::Look(look) => {
                assert!(watches.looking() <= concurrency, "seed {seed}: too many looks are under way");
                run.full |= watches.looking() == concurrency;
                sent += 1;
                let platform = platforms.get_mut(&look.request().import_id).expect("a platform each");
                let (answer, latency) = platform.look(now.instant - start, random, now.wall);
                under_way.insert((now.instant + latency, sent), UnderWay { look, answer });
            }
            Next::Wait(until) => {
                assert!(
                    until >= now.instant + Duration::from_millis(1) || until == deadline,
                    "seed {seed}: a wait until {:?} is spinning",
                    until - now.instant
                );
                let answered = under_way.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= until);
                let later = answered.unwrap_or(until).max(now.instant);
                now.wall += later - now.instant;
                now.instant = later;
                if answered.is_some() {
                    let (_, UnderWay { look, answer }) = under_way.pop_first().expect("it was there");
                    match answer {
                        Answer::Import(mut import) => {
                            import.id = look.request().import_id.clone().into();
                            watches.handle_import(now, &look, *import);
                        }
                        Answer::Refused(status, after) => {
                            watches.handle_failure(now, &look, Failure::Status(status, after));
                        }
                        Answer::Lost => watches.handle_failure(now, &look, Failure::Timeout),
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
            // A watch that was given up may leave no slot for another before the deadline.
            Ok(End::DeadlineReached(_)) | Err(_) => continue,
            other => panic!("seed {seed}: {other:?}"),
        };
        assert!(platform.has_said(outcome), "seed {seed}: {outcome}, which the platform did not say");
        run.ended += 1;
    }
    run.arrivals = platforms.values_mut().map(|platform| platform.check(seed)).sum();
    run
}
