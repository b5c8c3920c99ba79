//! One watch against one platform.

use std::time::{Duration, Instant, SystemTime};

use kore_protocol::RequestLogs;
use kore_protocol::watch::{DeadlineTooSoon, End, Event, LAST_POLL, Next, Now, Pacing, Poll, PollError as _};
use kore_protocol::watch::{ResumeToken, Settings, Update, Watches};
use kore_types::{BotImportId, Outcome};

use crate::allowed::{Allowed, ROUNDING};
use crate::platform::{Platform, Reply};
use crate::random::Random;
use crate::{Failure, POLL_TIMEOUT};

/// An owner that comes later than that after the deadline was suspended.
const STOPPED: Duration = Duration::from_secs(1);

/// What is the same if the same seed gives the same run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) arrivals: usize,
    pub(crate) polls: usize,
    pub(crate) restarts: usize,
    /// How often the owner came later than it was asked to.
    pub(crate) oversleeps: usize,
    pub(crate) last_polls: usize,
    /// How many of them saw the end of the import.
    pub(crate) last_seen: usize,
    pub(crate) throttled: bool,
    /// `None` if the watch ended before its import.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) virtual_time: Duration,
}

/// A wall clock that is set forward and back, and a monotonic one.
struct Clocks {
    start: Instant,
    instant: Instant,
    wall: SystemTime,
}

impl Clocks {
    fn now(&self) -> Now {
        Now { instant: self.instant, wall: self.wall }
    }

    fn pass(&mut self, time: Duration) {
        self.instant += time;
        self.wall += time;
    }

    fn since_start(&self) -> Duration {
        self.instant - self.start
    }
}

/// A poll that is under way: when it is responded or given up, and with what.
struct UnderWay {
    poll: Poll<BotImportId>,
    at: Instant,
    sent: Duration,
    reply: Reply,
}

/// The time after the deadline.
struct Tail {
    until: Instant,
    /// Whether there is no further poll.
    polled: bool,
}

type Ended = Result<End<BotImportId, Failure>, DeadlineTooSoon>;

struct Simulation {
    seed: u64,
    random: Random,
    clocks: Clocks,
    platform: Platform,
    allowed: Allowed,
    pacing: Pacing,
    watches: Watches<BotImportId, Failure>,
    end: Option<Ended>,
    /// The rate limit allows no request before.
    throttled: Option<Instant>,
    deadline: Instant,
    tail: Option<Tail>,
    under_way: Option<UnderWay>,
    run: Run,
}

pub(crate) fn simulate(seed: u64, start: Instant) -> Run {
    let mut random = Random::new(seed);
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let clocks = Clocks { start, instant: start, wall };
    let platform = Platform::random(&mut random);
    // Half of the runs poll as often as the rate limits allow.
    let pacing =
        if random.chance(0.5) { Pacing::default() } else { Pacing::fixed(Duration::from_millis(200)) };
    let timeout = random.log_uniform(Duration::from_secs(10), Duration::from_secs(9000));
    let deadline = start + timeout;
    let id = BotImportId::new("bir-1").expect("valid");
    let settings = settings(pacing, &mut random);
    let mut watches = Watches::new(RequestLogs::default(), settings);
    watches.watch(id, timeout, clocks.now());
    Simulation {
        seed,
        random,
        clocks,
        platform,
        allowed: Allowed::default(),
        pacing,
        watches,
        end: None,
        throttled: None,
        deadline,
        tail: None,
        under_way: None,
        run: Run::default(),
    }
    .run()
}

fn settings(pacing: Pacing, random: &mut Random) -> Settings {
    let mut settings = Settings::default();
    settings.pacing = pacing;
    settings.poll_timeout = POLL_TIMEOUT;
    settings.seed = random.next();
    settings
}

impl Simulation {
    fn run(mut self) -> Run {
        let seed = self.seed;
        let restarts = if self.random.chance(0.3) { 0.01 } else { 0.0 };
        let oversleeps = if self.random.chance(0.3) { 0.02 } else { 0.0 };
        loop {
            self.set_wall_clock();
            self.see_deadline();
            match self.watches.poll(self.clocks.now()) {
                Next::Tell(update) => self.take(update),
                Next::Idle => break,
                Next::Wait(until) => {
                    self.check_wait(until);
                    // More often if no request is allowed now.
                    let is_throttled = self.throttled.is_some_and(|until| until > self.clocks.instant);
                    let often = if is_throttled { 20.0 } else { 1.0 };
                    if self.random.chance(restarts * often) {
                        self = self.restart(until);
                    } else {
                        self.wait(until, oversleeps);
                    }
                }
                Next::Send(poll) => self.poll(poll),
            }
        }
        let end = self.end.expect("it ended").expect("a poll was allowed");
        self.run.outcome = match end {
            End::Succeeded(_) => Some(Outcome::Succeeded),
            End::Failed(_) => Some(Outcome::Failed),
            End::DeadlineReached(_) => None,
            other => panic!("seed {seed}: {other:?}"),
        };
        match (self.run.outcome, &self.tail) {
            (Some(outcome), tail) => {
                assert!(self.platform.has_said(outcome), "seed {seed}: {outcome}, which was not said");
                self.run.last_seen = usize::from(tail.is_some());
            }
            (None, None) => panic!("seed {seed}: it ended before its deadline"),
            (None, Some(tail)) if tail.polled || self.under_way.is_some() => {}
            (None, Some(tail)) => {
                let allowed = self.clocks.start + self.allowed.first(self.clocks.since_start());
                assert!(
                    allowed + ROUNDING >= tail.until,
                    "seed {seed}: called not over, while a request was allowed {:?} before the end",
                    tail.until - allowed
                );
            }
        }
        self.run.arrivals = self.platform.check(seed);
        self.run.virtual_time = self.clocks.since_start();
        self.run
    }

    fn take(&mut self, update: Update<BotImportId, Failure>) {
        match update {
            Update::Event { event: Event::Throttled { until }, .. } => {
                self.throttled = Some(until);
                self.run.throttled = true;
            }
            Update::Ended { end, .. } => self.end = Some(end),
            _ => {}
        }
    }

    /// Someone sets the wall clock.
    fn set_wall_clock(&mut self) {
        if self.random.chance(0.001) {
            let by = self.random.log_uniform(Duration::from_secs(1), Duration::from_secs(86_400));
            let wall = self.clocks.wall;
            self.clocks.wall = if self.random.chance(0.5) { wall + by } else { wall - by };
        }
    }

    /// The watch is about to learn the time.
    fn see_deadline(&mut self) {
        let now = self.clocks.instant;
        if self.tail.is_none() && self.deadline.saturating_duration_since(now) < Duration::from_millis(1) {
            let was_stopped = now.saturating_duration_since(self.deadline) > STOPPED;
            let polled = self.under_way.is_some() && !was_stopped;
            self.tail = Some(Tail { until: now + LAST_POLL, polled });
        }
    }

    fn check_wait(&self, until: Instant) {
        let (seed, now) = (self.seed, self.clocks.instant);
        let ends = self.tail.as_ref().map_or(self.deadline, |tail| tail.until);
        assert!(until <= ends, "seed {seed}: it waits for longer than it may");
        let wait = until - now;
        assert!(
            wait >= Duration::from_millis(1) || until == ends,
            "seed {seed}: a wait of {wait:?} is spinning"
        );
        if let Some(Tail { polled: false, .. }) = self.tail
            && self.under_way.is_none()
        {
            let allowed = self.clocks.start + self.allowed.first(self.clocks.since_start());
            assert!(
                until <= allowed + ROUNDING,
                "seed {seed}: a last poll was allowed, and it waits for {wait:?}"
            );
        }
    }

    /// Waits until then or until the response, or for longer.
    fn wait(&mut self, until: Instant, oversleeps: f64) {
        let mut until = match &self.under_way {
            Some(under_way) => until.min(under_way.at),
            None => until,
        };
        if self.random.chance(oversleeps) {
            until += self.random.log_uniform(Duration::from_millis(10), Duration::from_secs(600));
            self.run.oversleeps += 1;
        }
        self.clocks.pass(until.saturating_duration_since(self.clocks.instant));
        if self.under_way.as_ref().is_some_and(|under_way| under_way.at <= self.clocks.instant) {
            self.see_deadline();
            self.respond();
        }
    }

    fn poll(&mut self, poll: Poll<BotImportId>) {
        self.run.polls += 1;
        if let Some(tail) = &mut self.tail {
            assert!(!tail.polled, "seed {}: more than one last poll", self.seed);
            tail.polled = true;
            self.run.last_polls += 1;
        }
        let sent = self.clocks.since_start();
        let (reply, latency) = self.platform.poll(sent, &mut self.random, self.clocks.wall);
        self.under_way =
            Some(UnderWay { poll, at: self.clocks.instant + latency.min(POLL_TIMEOUT), sent, reply });
    }

    fn respond(&mut self) {
        let UnderWay { poll, reply, .. } = self.under_way.take().expect("it is under way");
        let (now, since) = (self.clocks.now(), self.clocks.since_start());
        self.allowed.count(since);
        self.allowed.asked(Duration::ZERO);
        let failure = match reply {
            Reply::Import(import) => return self.watches.handle_response(now, &poll, *import),
            Reply::Refused(status, after) => Failure::Status(status, after),
            Reply::Lost => Failure::Timeout,
        };
        if let Some(after) = failure.retry_after() {
            self.allowed.asked(since + after.delay(now.wall));
        }
        self.watches.handle_failure(now, &poll, failure);
    }

    /// The process ends before that time, perhaps with a poll under way. Another one resumes later.
    fn restart(mut self, until: Instant) -> Self {
        let seed = self.seed;
        let until = self.under_way.as_ref().map_or(until, |under_way| until.min(under_way.at));
        let wait = until.saturating_duration_since(self.clocks.instant);
        self.clocks.pass(wait.mul_f64(self.random.part()));
        self.watches.cancel_all(self.clocks.now());
        let token = token_of(&mut self.watches, self.clocks.now(), seed);
        if let Some(UnderWay { sent, .. }) = self.under_way.take() {
            self.allowed.count(sent + POLL_TIMEOUT);
        }
        let before = self.clocks.wall;
        let pause = self.random.log_uniform(Duration::from_millis(1), Duration::from_secs(7200));
        self.clocks.pass(pause);
        if self.random.chance(0.2) {
            // Set back, by more than the pause or less.
            let by = self.random.log_uniform(Duration::from_secs(1), Duration::from_secs(86_400));
            self.clocks.wall -= by;
        }
        let known = self.clocks.wall.duration_since(before).unwrap_or_default();
        self.allowed.resumed(pause.saturating_sub(known) + ROUNDING);
        let now = self.clocks.now();
        let settings = || settings(self.pacing, &mut Random::new(seed));
        // Some want another deadline, which may be too soon.
        let (least, most) = (Duration::from_millis(100), Duration::from_secs(60));
        let asked = self.random.chance(0.3).then(|| self.random.log_uniform(least, most));
        let resume = |timeout| {
            let mut watches = Watches::new(RequestLogs::default(), settings());
            watches.resume(&token, timeout, now);
            watches
        };
        let mut left = asked.unwrap_or(token.left());
        self.watches = resume(asked);
        if self.watches.is_empty() {
            // The deadline is too soon. With the time that the token says it is not.
            left = token.free_in() + LAST_POLL;
            self.watches = resume(Some(left));
        }
        assert_eq!(self.watches.len(), 1, "seed {seed}: the deadline is too soon");
        self.throttled = None;
        self.deadline = now.instant + left;
        self.tail = None;
        self.run.restarts += 1;
        self
    }
}

/// The token of a cancelled watch, written and read as it goes from one process to the next.
fn token_of(watches: &mut Watches<BotImportId, Failure>, now: Now, seed: u64) -> ResumeToken<BotImportId> {
    let unended = loop {
        match watches.poll(now) {
            Next::Tell(Update::Ended { end: Ok(End::Cancelled(unended)), .. }) => break unended,
            Next::Tell(Update::Event { .. }) => {}
            other => panic!("seed {seed}: it was cancelled, and says {other:?}"),
        }
    };
    let json = serde_json::to_string(&unended.resume).expect("a token is JSON");
    assert!(json.len() < 4096, "seed {seed}: a token of {} bytes", json.len());
    serde_json::from_str(&json).expect("a token is read back")
}
