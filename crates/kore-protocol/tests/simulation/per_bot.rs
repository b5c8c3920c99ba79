//! Jobs whose status calls name the bot alone: all runs of a bot count for one rate limit, while each
//! has a watch of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use kore_protocol::watch::{End, Job, Next, Now, Poll, Settings, Update, Watches};
use kore_protocol::{OutgoingRequest as _, RequestLogs, bot_export, bot_publish};
use kore_types::{BotExport, BotId, BotPublish, Outcome, Status};

use crate::platform::{Platform, Reply};
use crate::random::Random;
use crate::{Failure, POLL_TIMEOUT};

/// A kind of job, as the scripted platform knows it.
pub(crate) trait OfBot: Job {
    fn new(bot: BotId, run: usize) -> Self;
    fn response(&self, status: Status) -> Self::Response;
}

impl OfBot for bot_export::ExportRun {
    fn new(bot: BotId, run: usize) -> Self {
        let mut export = Self::last(bot);
        export.export_id = format!("ber-{run}").parse().ok();
        export
    }

    fn response(&self, status: Status) -> Self::Response {
        let mut export = BotExport::default();
        (export.id, export.status) = (self.export_id.clone(), Some(status));
        bot_export::get_status::Response::new(export)
    }
}

impl OfBot for bot_publish::PublishRun {
    fn new(bot: BotId, run: usize) -> Self {
        let mut before = bot_publish::PublishMark::default();
        before.id = Some(format!("ds-{run}"));
        Self::after(bot, before)
    }

    fn response(&self, status: Status) -> Self::Response {
        let before = self.before.as_ref().and_then(|before| before.id.as_deref());
        let mut publish = BotPublish::default();
        publish.id = format!("{}-next", before.unwrap_or_default()).parse().ok();
        publish.status = Some(status);
        bot_publish::get_status::Response::new(publish)
    }
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) arrivals: usize,
    pub(crate) ended: usize,
    /// How many saw the end of their job in time.
    pub(crate) seen: usize,
    /// Whether the rate limit made someone wait.
    pub(crate) throttled: bool,
}

pub(crate) fn simulate<J: OfBot>(seed: u64, start: Instant) -> Run {
    let random = &mut Random::new(seed);
    let bots: Vec<BotId> = (0..2).map(|n| format!("st-{n}").parse().expect("valid")).collect();
    // All runs of a bot ask one platform, which counts what arrives for it.
    let mut platforms: Vec<_> = bots.iter().map(|_| Platform::random(random)).collect();
    let jobs: Vec<J> = (0..8).map(|run| J::new(bots[run % bots.len()].clone(), run)).collect();
    let mut now = Now { instant: start, wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) };
    let mut settings = Settings::default();
    settings.poll_timeout = POLL_TIMEOUT;
    settings.seed = random.next();
    let timeout = random.log_uniform(Duration::from_secs(60), Duration::from_secs(4000));
    let mut watches: Watches<J, Failure> = Watches::new(RequestLogs::default(), settings);
    jobs.iter().for_each(|job| watches.watch(job.clone(), timeout, now));

    let mut under_way: BTreeMap<(Instant, u64), (Poll<J>, Reply)> = BTreeMap::new();
    let (mut sent, mut run) = (0, Run::default());
    loop {
        match watches.poll(now) {
            Next::Send(poll) => {
                sent += 1;
                let key = poll.request().rate_limit_key().expect("the bot");
                let bot = bots.iter().position(|bot| bot.as_str() == key).expect("one of them");
                let (reply, latency) = platforms[bot].poll(now.instant - start, random, now.wall);
                under_way.insert((now.instant + latency, sent), (poll, reply));
            }
            Next::Tell(Update::Ended { job, end }) => {
                run.ended += 1;
                let at = bots.iter().position(|bot| job.request().path_values()[0] == bot.as_str());
                let platform = &platforms[at.expect("one of them")];
                match end {
                    Ok(End::Succeeded(_)) => assert!(platform.has_said(Outcome::Succeeded), "seed {seed}"),
                    Ok(End::Failed(_)) => assert!(platform.has_said(Outcome::Failed), "seed {seed}"),
                    Ok(End::DeadlineReached(_)) => continue,
                    other => panic!("seed {seed}: {other:?}"),
                }
                run.seen += 1;
            }
            Next::Tell(Update::Event { event: kore_protocol::watch::Event::Throttled { .. }, .. }) => {
                run.throttled = true;
            }
            Next::Tell(_) => {}
            Next::Wait(until) => {
                let answered = under_way.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= until);
                let later = answered.unwrap_or(until).max(now.instant);
                now.wall += later - now.instant;
                now.instant = later;
                if answered.is_some() {
                    let (_, (poll, reply)) = under_way.pop_first().expect("it was there");
                    match reply {
                        Reply::Import(import) => {
                            let status = import.status.expect("it has one");
                            let response = poll.job().response(status);
                            watches.handle_response(now, &poll, response);
                        }
                        Reply::Refused(status, after) => {
                            watches.handle_failure(now, &poll, Failure::Status(status, after));
                        }
                        Reply::Lost => watches.handle_failure(now, &poll, Failure::Timeout),
                    }
                }
            }
            Next::Idle => break,
        }
    }
    assert_eq!(run.ended, jobs.len(), "seed {seed}: an end each");
    run.arrivals = platforms.iter_mut().map(|platform| platform.check(seed)).sum();
    run
}
